"""A chart of a document's ratios: a bar for each row, a mark for its goal."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from benchmarks import machine
from benchmarks.figures import times

_COLORS = ("#3b6fb6", "#d9822b", "#4f9d69", "#8a63a8")
_INK, _MISSED, _GRID = "#222222", "#c0392b", "#dddddd"
_ROW_INCHES, _FRAME_INCHES, _WIDTH_INCHES = 0.3, 1.7, 10.0


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw a document's rows that have a ratio.

    Args:
        results: the document.
        path: where to write the chart, as PNG.
    """
    rows = [row for row in results["rows"] if row["ratio"] is not None]
    if not rows:
        return
    with mpl.rc_context({"font.size": 9, "text.color": _INK, "axes.labelcolor": _INK}):
        figure = Figure(figsize=(_WIDTH_INCHES, _FRAME_INCHES + _ROW_INCHES * len(rows)), facecolor="white")
        axes = figure.add_subplot()
        _bars(axes, rows)
        _frame(axes, rows)
        figure.suptitle(results["title"], fontweight="bold")
        figure.supxlabel(machine.line(results["machine"]), fontsize=6.5, color="#666666", wrap=True)
        figure.tight_layout()
        figure.savefig(path, dpi=150)


def _simulator(row: dict[str, Any]) -> str:
    """Return whose row it is, without what sets the peer's run apart."""
    return str(row["peer"]).partition(",")[0]


def _colors(rows: list[dict[str, Any]]) -> dict[str, str]:
    peers = dict.fromkeys(map(_simulator, rows))
    return {peer: _COLORS[number % len(_COLORS)] for number, peer in enumerate(peers)}


def _bars(axes: Axes, rows: list[dict[str, Any]]) -> None:
    colors = _colors(rows)
    axes.barh(range(len(rows)), [row["ratio"] for row in rows], color=[colors[_simulator(row)] for row in rows])
    for place, row in enumerate(rows):
        axes.vlines(row["goal_ratio"], place - 0.45, place + 0.45, color=_INK, linewidth=2)
        text = times(row["ratio"])
        axes.annotate(
            text if row["met"] else f"{text} (goal {row['goal_ratio']:,g}x)",
            (max(row["ratio"], row["goal_ratio"]), place),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=_INK if row["met"] else _MISSED,
        )


def _frame(axes: Axes, rows: list[dict[str, Any]]) -> None:
    ratios = [value for row in rows for value in (row["ratio"], row["goal_ratio"])]
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, min(ratios) / 1.5), max(ratios) * 8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [row["work"] for row in rows])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}x")
    axes.axvline(1, color=_INK, linewidth=0.8)
    axes.grid(axis="x", color=_GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("the peer's time over queuebit's, logarithmic: right of 1x queuebit is faster")
    legend = [Patch(color=color, label=peer) for peer, color in _colors(rows).items()]
    goal = Line2D([], [], color=_INK, linewidth=2, label="goal")
    handles = [*legend, goal]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(handles), frameon=False)
