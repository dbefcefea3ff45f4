"""A chart of how time and memory grow: a panel for each, a line for each circuit and number of threads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import machine

_COLORS = {"volume": "#3b6fb6", "qft": "#d9822b"}
_NAMES = {"volume": "quantum volume, 10 layers", "qft": "QFT"}
_BYTES_PER_AMPLITUDE = 16


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw what ``scaling.json`` holds.

    Args:
        results: the document.
        path: where to write the chart, as PNG.
    """
    figure = Figure(figsize=(10, 4.6), facecolor="white")
    times, memory = figure.subplots(1, 2)
    _lines(times, results["runs"], lambda run: run["ms"])
    _lines(memory, results["runs"], lambda run: run["peak_bytes"] / 2**20)
    widths = sorted({run["num_qubits"] for run in results["runs"]})
    state = [_BYTES_PER_AMPLITUDE * 2**width / 2**20 for width in widths]
    memory.plot(widths, state, color="#222222", linewidth=1, linestyle=":", label="the state alone")
    memory.set_ylim(bottom=1)
    _frame(times, "time of a whole run, 1024 shots, ms")
    _frame(memory, "memory above the import, MiB")
    figure.supxlabel(machine.line(results["machine"]), fontsize=6, color="#666666", wrap=True)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def _lines(axes: Axes, runs: list[dict[str, Any]], value: Callable[[dict[str, Any]], float]) -> None:
    for circuit, threads in dict.fromkeys((run["circuit"], run["threads"]) for run in runs):
        line = [run for run in runs if (run["circuit"], run["threads"]) == (circuit, threads)]
        axes.plot(
            [run["num_qubits"] for run in line],
            [value(run) for run in line],
            color=_COLORS[circuit],
            linestyle="--" if threads == 1 else "-",
            label=f"{_NAMES[circuit]}, {threads} thread" + ("s" if threads > 1 else ""),
        )


def _frame(axes: Axes, label: str) -> None:
    axes.set_yscale("log")
    axes.set_xlabel("qubits")
    axes.set_title(label, fontsize=10)
    axes.grid(color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
