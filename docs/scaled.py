"""The tables of the page on scale, from what the simulation wrote into the repository."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SCALE = Path(__file__).parent.parent / "benchmarks" / "scale.json"
BEGIN, END = "<!-- simulated: made from benchmarks/scale.json by docs/fresh.py -->\n", "<!-- simulated: end -->\n"

_JOBS = 100_000
_CIRCUIT_S = 1.0

Row = dict[str, Any]


def with_tables(page: str) -> str:
    """Return a page with its tables made anew.

    Raises:
        ValueError: if the page has no place for them.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/scale-out.md has lost the lines {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + "\n" + "\n".join(_tables(json.loads(SCALE.read_text()))) + "\n\n" + END + after


def _tables(found: dict[str, Any]) -> Iterator[str]:
    one = [row for row in found["rows"] if row["circuits_per_job"] == 1]
    yield f"{_JOBS:,} jobs of one circuit each: jobs a second, how much of the workers' time is simulation, the limit."
    yield ""
    yield from _by_circuit([row for row in one if row["jobs"] == _JOBS])
    yield ""
    yield f"How long jobs of one circuit of {_seconds(_CIRCUIT_S)} take, all submitted at once."
    yield ""
    yield from _by_jobs([row for row in one if row["circuit_s"] == _CIRCUIT_S])
    yield ""
    yield from _by_circuits(found["rows"])
    yield ""
    yield _checked(found)


def _by_circuit(rows: list[Row]) -> Iterator[str]:
    lengths = sorted({row["circuit_s"] for row in rows})
    yield from _heading("workers", [f"circuits of {_seconds(length)}" for length in lengths])
    for workers in sorted({row["workers"] for row in rows}):
        cells = {row["circuit_s"]: _cell(row) for row in rows if row["workers"] == workers}
        yield f"| {workers:,} | {' | '.join(cells[length] for length in lengths)} |"


def _by_jobs(rows: list[Row]) -> Iterator[str]:
    numbers = sorted({row["jobs"] for row in rows})
    yield from _heading("workers", [f"{number:,} jobs" for number in numbers])
    for workers in sorted({row["workers"] for row in rows}):
        cells = {row["jobs"]: _seconds(row["whole_s"]) for row in rows if row["workers"] == workers}
        yield f"| {workers:,} | {' | '.join(cells[number] for number in numbers)} |"


def _by_circuits(rows: list[Row]) -> Iterator[str]:
    larger = [row for row in rows if row["circuits_per_job"] > 1]
    workers, circuits = larger[0]["workers"], larger[0]["jobs"] * larger[0]["circuits_per_job"]
    same = [row for row in rows if row["workers"] == workers and row["jobs"] * row["circuits_per_job"] == circuits]
    lengths = sorted({row["circuit_s"] for row in larger})
    yield f"{circuits:,} circuits on {workers:,} workers, in jobs of several: circuits a second, likewise."
    yield ""
    yield from _heading("circuits in a job", [f"circuits of {_seconds(length)}" for length in lengths])
    for number in sorted({row["circuits_per_job"] for row in same}):
        cells = {row["circuit_s"]: _cell(row, number) for row in same if row["circuits_per_job"] == number}
        yield f"| {number:,} | {' | '.join(cells[length] for length in lengths)} |"


def _heading(first: str, others: Iterable[str]) -> Iterator[str]:
    names = list(others)
    yield f"| {first} | {' | '.join(names)} |"
    yield "|---:|" + "---|" * len(names)


def _cell(row: Row, circuits: int = 1) -> str:
    return f"{_figure(row['jobs_per_s'] * circuits)}/s, {100 * row['utilisation']:.0f} %, {row['bottleneck']}"


def _checked(found: dict[str, Any]) -> str:
    formulas = [row["ratio"] for row in found["formulas_beside_simulation"]]
    machine = found["machine"]
    real = "; ".join(
        f"{row['work']} through {row['transport']}: {row['predicted_s']:.2f} s predicted, {row['real_s']:.2f} s real "
        f"({min(row['ratios']):.2f} to {max(row['ratios']):.2f} times in {len(row['ratios'])} runs)"
        for row in found["predicted_beside_real"]
    )
    return (
        f"Simulated on {machine['date'][:10]} by `make scale`, with the times of a machine with {machine['cpu']}, "
        f"{machine['cores']} cores; workers by way of {found['transport']}. The formulas gave {min(formulas):.2f} to "
        f"{max(formulas):.2f} times what the simulation event by event gave. Two real workers on that machine: {real}."
    )


def _seconds(seconds: float) -> str:
    for limit, unit, factor in ((1, "ms", 1e3), (120, "s", 1), (7200, "min", 1 / 60), (172_800, "h", 1 / 3600)):
        if seconds < limit:
            return f"{_figure(seconds * factor)} {unit}"
    return f"{_figure(seconds / 86_400)} days"


def _figure(value: float) -> str:
    digits = 0 if value >= 10 or value == int(value) else 1 if value >= 1 else 2
    return f"{value:,.{digits}f}"
