"""The README's table of measured figures, from what the benchmarks wrote into the repository."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
_DOCUMENTS = ("results.json", "local_jobs.json", "queue.json", "parts.json")
BEGIN, END = "<!-- measured: made from benchmarks/*.json by docs/fresh.py -->\n", "<!-- measured: end -->\n"


def with_figures(page: str) -> str:
    """Return a page with its table of figures made anew.

    Raises:
        ValueError: if the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has lost the lines {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + "\n" + "\n".join(_table()) + "\n\n" + END + after


def _table() -> Iterator[str]:
    yield "| | queuebit | beside | | |"
    yield "|---|---:|---|---:|---:|"
    documents = [json.loads((BENCHMARKS / name).read_text()) for name in _DOCUMENTS if (BENCHMARKS / name).exists()]
    for document in documents:
        for row in document["rows"]:
            ratio = "" if row["ratio"] is None else f"**{_figure(row['ratio'])}x**"
            theirs = "" if row["theirs"] is None else _with_unit(row["theirs"], row["unit"])
            ours = _with_unit(row["ours"], row["unit"])
            yield f"| {row['work']} | {ours} | {row['peer'] or ''} | {theirs} | {ratio} |"
    yield ""
    yield _machine(documents[0]["machine"])


def _with_unit(value: float, unit: str) -> str:
    return f"{_figure(value)} {unit}".rstrip()


def _figure(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"


def _machine(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {machine['date'][:10]} and later, by the targets `bench`, `bench-queue` and `bench-parts`: "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['simd']}, {machine['memory_gib']} GiB; "
        f"{machine['python']}, {versions}."
    )
