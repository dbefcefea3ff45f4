"""What was measured, as a document that JSON can hold, and that document as a table for a terminal or a README.

``python -m benchmarks.report benchmarks/results.json`` prints the table in Markdown and draws the chart again.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import chart, machine
from benchmarks.comparison import Row
from benchmarks.figures import shown, times

_HEADINGS = ("work", "peer", "ours", "peer's", "peer's/ours", "goal", "met?")
_TEXT_COLUMNS = 2

# What a table for a terminal says once, above the figures.
_USUAL_UNIT = "ms"


def document(title: str, rows: Iterable[Row], busy_percent: Sequence[float]) -> dict[str, Any]:
    """Return the rows with the machine that they were measured on.

    Args:
        title: what the rows have in common.
        rows: the measured rows.
        busy_percent: how much of the machine others used before and after.
    """
    described = {**machine.describe(), "others_use_percent": list(busy_percent)}
    return {"title": title, "machine": described, "rows": [row.document() for row in rows]}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows of a document as a table for a terminal, times in milliseconds where no unit stands."""
    headings = [f"{name}, {_USUAL_UNIT}" if name in ("ours", "peer's") else name for name in _HEADINGS]
    lines = [headings, *(_cells(row, _USUAL_UNIT) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(cells, widths) for cells in lines)


def markdown(results: dict[str, Any]) -> str:
    """Return a document's rows as a table in Markdown, and the machine in a line below."""
    rows = [_cells(row, "") for row in results["rows"]]
    rule = ("---",) * _TEXT_COLUMNS + ("---:",) * (len(_HEADINGS) - _TEXT_COLUMNS)
    lines = ["| " + " | ".join(cells) + " |" for cells in (_HEADINGS, rule, *rows)]
    return "\n".join([*lines, "", machine.line(results["machine"])])


def _cells(row: dict[str, Any], unit_left_out: str) -> tuple[str, ...]:
    unit = "" if row["unit"] == unit_left_out else row["unit"]
    return (
        row["work"],
        row["peer"] or "-",
        shown(row["ours"], unit),
        shown(row["theirs"], unit),
        times(row["ratio"]),
        row["goal"],
        "yes" if row["met"] else "NO",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [cell.ljust(width) for cell, width in zip(cells[:_TEXT_COLUMNS], widths, strict=False)]
    figures = [cell.rjust(width) for cell, width in zip(cells[_TEXT_COLUMNS:], widths[_TEXT_COLUMNS:], strict=True)]
    return "  ".join(texts + figures)


def main() -> None:
    """Print the table in Markdown and draw the chart again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__.splitlines()[0])
    parser.add_argument("json", type=Path, help="what a benchmark wrote; its chart is drawn beside it")
    path = parser.parse_args().json
    results = json.loads(path.read_text())
    chart.draw(results, path.with_suffix(".png"))
    print(markdown(results))


if __name__ == "__main__":
    main()
