"""Counts as a picture, drawn with matplotlib."""

import importlib.util
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.figures import percent, plural
from queuebit.cli.printable import printable

if TYPE_CHECKING:
    from queuebit.cli.run_report import CircuitReport, RunReport

_FORMATS = (".png", ".svg", ".pdf")

# Bars of a circuit. More can't be told apart.
_MOST_BARS = 24

# Fewer bars than this leave room at both sides, instead of growing.
_FEWEST_PLACES = 8

# More numbers above bars would overlap, and so would more characters below them.
_MOST_NUMBERED_BARS = 16
_WIDEST_LABELS = 60
_LONGEST_LABEL = 25

_SIZE_IN = (8.0, 3.2)
_DOTS_PER_IN = 150
_COLOR, _NOTE_COLOR = "#1192a8", "#5c6a70"


class _Bars(NamedTuple):
    """What is drawn of a circuit: outcomes in their order, and what is said of the others."""

    values: dict[str, float]
    not_drawn: str
    unit: str
    number_format: str


def require_plotting(path: Path) -> None:
    """Refuse early what can't be drawn.

    Args:
        path: the picture to write.

    Raises:
        BadInputError: if matplotlib isn't installed, or the file's suffix isn't a format it can draw.
    """
    if path.suffix.lower() not in _FORMATS:
        message = f"--plot {path.name}: the name must end in {', '.join(_FORMATS)}"
        raise BadInputError(message, cure=f"For instance: --plot {path.stem or 'counts'}.png")
    if importlib.util.find_spec("matplotlib") is None:
        raise BadInputError("--plot needs matplotlib, which isn't installed", cure="pip install 'queuebit[plot]'")


def draw_counts(report: "RunReport", suffix: str) -> bytes:
    """Return a picture with a bar chart for each circuit that has counts or a statevector.

    Args:
        report: what came out of the run.
        suffix: ``.png``, ``.svg`` or ``.pdf``.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    columns = math.ceil(math.sqrt(len(report.circuits) / 6))
    rows = math.ceil(len(report.circuits) / columns)
    figure = Figure(
        figsize=(_SIZE_IN[0] * columns, _SIZE_IN[1] * rows), layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12)
    )
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for circuit, axis in zip(report.circuits, axes, strict=False):
        _draw(circuit, axis)
    for axis in axes[len(report.circuits) :]:
        axis.set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format=suffix.lower().removeprefix("."), dpi=_DOTS_PER_IN)
    return picture.getvalue()


def _draw(circuit: "CircuitReport", axis: Any) -> None:
    bars = _bars(circuit)
    drawn = axis.bar(range(len(bars.values)), list(bars.values.values()), color=_COLOR)
    labels = [_shortened(label) for label in bars.values]
    axis.set_xticks(range(len(labels)), labels)
    if len(bars.values) <= _MOST_NUMBERED_BARS:
        axis.bar_label(drawn, fmt=bars.number_format, fontsize=8, padding=2)
    axis.set_title(_title(circuit), loc="left", fontsize=10, parse_math=False)
    axis.set_title(bars.not_drawn, loc="right", fontsize=8, color=_NOTE_COLOR)
    axis.set_ylabel(bars.unit)
    axis.margins(y=0.14)
    axis.spines[["top", "right"]].set_visible(False)
    places = max(len(bars.values), 1)
    empty = max(_FEWEST_PLACES - places, 0) / 2
    axis.set_xlim(-0.7 - empty, places - 0.3 + empty)
    upright = sum(map(len, labels)) <= _WIDEST_LABELS
    axis.tick_params(axis="x", labelrotation=0 if upright else 90, labelsize=8, labelfontfamily="monospace")


def _bars(circuit: "CircuitReport") -> _Bars:
    if circuit.statevector is None:
        ranked = sorted((circuit.counts or {}).items(), key=lambda entry: (-entry[1], entry[0]))
        rest = ranked[_MOST_BARS:]
        not_drawn = _not_drawn(len(rest), plural(sum(number for _, number in rest), "shot"))
        return _Bars(dict(sorted(ranked[:_MOST_BARS])), not_drawn, "shots", "{:,.0f}")
    import numpy as np

    from queuebit.cli.statevector_table import most_probable

    probabilities = np.abs(circuit.statevector) ** 2
    present = int((probabilities > 0).sum())
    indices = sorted(most_probable(probabilities, min(present, _MOST_BARS)).tolist())
    width = max((circuit.statevector.size - 1).bit_length(), 1)
    values = {format(index, f"0{width}b"): float(probabilities[index]) for index in indices}
    left_out = percent(max(0.0, float(probabilities.sum()) - sum(values.values())))
    return _Bars(values, _not_drawn(present - len(indices), left_out), "probability", "{:.3f}")


def _shortened(label: str) -> str:
    if len(label) <= _LONGEST_LABEL:
        return label
    half = (_LONGEST_LABEL - 3) // 2
    return f"{label[:half]}...{label[-half:]}"


def _not_drawn(number: int, what: str) -> str:
    return f"{plural(number, 'more outcome')} with {what} not drawn" if number else ""


def _title(circuit: "CircuitReport") -> str:
    title = f"{printable(circuit.name)} ({printable(circuit.file)})"
    return title if circuit.status == "DONE" else f"{title}: {circuit.status}"
