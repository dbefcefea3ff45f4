"""A run's results as tables."""

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from queuebit.cli.consoles import visible_rows
from queuebit.cli.counts_table import counts_table
from queuebit.cli.figures import duration, plural
from queuebit.cli.printable import printable
from queuebit.cli.rows import NARROWEST
from queuebit.cli.run_report import CircuitReport, RunReport
from queuebit.cli.statevector_table import statevector_table
from queuebit.cli.unitary_table import unitary_table

# Lines of a circuit besides its rows: title, heading, rule, what is left out, and an empty one.
_AROUND_ROWS = 5

# Lines of a run besides its circuits: the last line, and the prompt.
_AROUND_CIRCUITS = 2

_FEWEST_ROWS = 4

# Without a terminal: all that the default number of shots can give.
_ROWS_WITHOUT_TERMINAL = 1024
_FEWEST_MEMORY_LINES = 2


def print_tables(report: RunReport, console: Console) -> None:
    """Print each circuit's results, cut so that they fit on the terminal together, and how to repeat the run.

    Args:
        report: what came out of the run.
        console: standard output.
    """
    for circuit, most_lines in zip(report.circuits, _lines_for_each(report.circuits, console), strict=True):
        console.print(_title(circuit), soft_wrap=True)
        for part in _results(circuit, console, most_lines):
            console.print(part)
        console.print()
    console.print(_summary(report), soft_wrap=True)


def _lines_for_each(circuits: Sequence[CircuitReport], console: Console) -> list[int]:
    """Share the terminal's lines out: what a circuit doesn't need is left to the others."""
    height = visible_rows(console)
    if height is None:
        return [_ROWS_WITHOUT_TERMINAL] * len(circuits)
    free = height - _AROUND_CIRCUITS - _AROUND_ROWS * len(circuits)
    shares = [0] * len(circuits)
    needs = sorted((_lines_wanted(circuit), index) for index, circuit in enumerate(circuits))
    for served, (need, index) in enumerate(needs):
        shares[index] = min(need, max(free // (len(circuits) - served), _FEWEST_ROWS))
        free -= shares[index]
    return shares


def _lines_wanted(circuit: CircuitReport) -> int:
    rows = [len(found) for found in (circuit.counts, circuit.statevector, circuit.unitary) if found is not None]
    bits = max(map(len, circuit.counts or ()), default=0)
    return sum(rows) * (1 + bits // NARROWEST) + len(circuit.memory or ())


def _title(circuit: CircuitReport) -> Text:
    gap = "  "
    title = Text.assemble((printable(circuit.name), "heading"), gap, (printable(circuit.file), "file"))
    if circuit.status != "DONE":
        title.append(f"{gap}{circuit.status}", "bad")
        title.append(f"{gap}{printable(circuit.message or '')}")
        return title
    facts = [plural(len(circuit.counts), "outcome")] if circuit.counts and circuit.shots > 1 else []
    if circuit.time_taken_s is not None:
        facts.append(duration(circuit.time_taken_s))
    if circuit.engine:
        facts.append(f"{circuit.engine} engine")
    if circuit.metadata.get("precision") == "single":
        facts.append("single precision")
    return title.append(gap + gap.join(facts), "fact")


def _results(circuit: CircuitReport, console: Console, most_lines: int) -> Iterator[RenderableType]:
    if circuit.status != "DONE":
        return
    if circuit.statevector is not None:
        yield statevector_table(circuit.statevector, console, most_lines)
    if circuit.unitary is not None:
        yield unitary_table(circuit.unitary, console, most_lines)
    if circuit.counts:
        memory_lines = 0 if circuit.memory is None else max(most_lines // 4, _FEWEST_MEMORY_LINES)
        yield counts_table(circuit.counts, circuit.registers, console, max(most_lines - memory_lines, _FEWEST_ROWS))
        if circuit.memory is not None:
            yield _memory(circuit.memory, console, memory_lines)
    elif circuit.counts is not None:
        yield Text("no measurements, so there are no counts", style="fact")


def _memory(memory: list[str], console: Console, most_lines: int) -> Text:
    """Return the first shots' outcomes, as many as fit, and how many are left out."""
    label = "shot by shot: "
    room = console.width * most_lines - len(label) - len("... 1,000,000 more, --json has all")
    # An outcome of several registers has spaces of its own.
    gap = "  " if " " in memory[0] else " "
    fitting = max(room // (len(memory[0]) + len(gap)), 1)
    text = Text.assemble((label, "fact"), gap.join(memory[:fitting]))
    if len(memory) > fitting:
        text.append(f" ... {len(memory) - fitting:,} more, --json has all", "fact")
    return text


def _summary(report: RunReport) -> Text:
    """Return what it takes to repeat the run; without shots and seed if nothing in it was left to chance."""
    first, number = report.circuits[0], len(report.circuits)
    if not any(circuit.counts or circuit.status != "DONE" for circuit in report.circuits):
        return Text(f"{report.backend}: {plural(number, 'circuit')}", "fact")
    circuits = "" if number == 1 else f"{plural(number, 'circuit')} x "
    facts = f"{report.backend}: {circuits}{plural(first.shots, 'shot')}"
    if first.seed is None:
        return Text(facts, "fact")
    return Text.assemble((f"{facts}; repeat with ", "fact"), f"--seed {first.seed}")
