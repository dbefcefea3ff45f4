"""The durable queue: how fast jobs go through it, what it uses while it waits, and how it bears a million of them.

Run it with ``make bench-queue``, or ``python -m benchmarks.queue``.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.durable import endings, growth, idleness, lists, looking, million, speed
from benchmarks.goals import at_least_times, at_most, at_most_times
from benchmarks.suite import Suite
from benchmarks.timing import ONCE, Measure, Pace

_MANY = 2_000

# A turn takes seconds, and what has to be warm is before the first.
_FEW_TURNS = Pace(seconds=0.0, least_turns=3, turn_seconds=0.0, warm_up=False)


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    suite = Suite(
        program="python -m benchmarks.queue",
        title="queuebit's durable queue",
        comparisons=tuple(rows()),
        results=Path(__file__).with_name("queue.json"),
    )
    return suite.main()


def rows() -> Iterator[Comparison]:
    """Return all rows, in the order of the table."""
    yield from _speed_rows()
    yield from _idle_rows()
    yield from _look_rows()
    yield from _cancel_rows()
    yield from _million_rows()
    yield _growth_row()


def _speed_rows() -> Iterator[Comparison]:
    ways = {"run": ("each by its own run()", speed.each_by_run, 1), "run-many": ("by run_many", speed.by_run_many, 2)}
    for name, (way, ours, goal) in ways.items():
        yield Comparison(
            name=name,
            work=f"{_MANY:,} Bell jobs, {way}, each",
            peer="Aer in a loop",
            goal=at_least_times(goal),
            prepare=partial(_beside_aer, ours),
            pace=_FEW_TURNS,
        )
    yield Comparison(
        name="one",
        work="a Bell job from run() to its result",
        peer="",
        goal=at_most(10, "ms"),
        prepare=partial(_alone, speed.one_job),
    )
    yield Comparison(
        name="wake-up",
        work="from a job's end, before its commit, to the end of a wait",
        peer="",
        goal=at_most(5, "ms"),
        prepare=partial(_alone, speed.wake_up),
    )
    yield Comparison(
        name="cold",
        work="first result of a new queue, no service running",
        peer="",
        goal=at_most(3_000, "ms"),
        prepare=lambda: (speed.first_result,),
        pace=_FEW_TURNS,
    )


def _idle_rows() -> Iterator[Comparison]:
    watched = {
        "idle-wait": ("a program that waits for a job, of a core", idleness.waiting_program),
        "idle-service": ("a service without jobs and its children, of a core", idleness.idle_service),
    }
    for name, (what, measure) in watched.items():
        yield Comparison(
            name=name,
            work=what,
            peer="",
            goal=at_most(1, "%"),
            prepare=partial(_alone, partial(_as_it_is, measure)),
            unit="%",
            pace=ONCE,
        )


def _look_rows() -> Iterator[Comparison]:
    programs = {
        "look": ("a verb that only looks, as `queuebit jobs`, in a process of its own", looking.looking, 2),
        "help": ("`queuebit --help`, a process", looking.helping, 4),
    }
    for name, (work, prepare, goal) in programs.items():
        yield Comparison(
            name=name, work=work, peer='`python -c "import qiskit"`', goal=at_least_times(goal), prepare=prepare
        )


def _cancel_rows() -> Iterator[Comparison]:
    aer = f"Aer's {endings.AER_QUBITS} qubits"
    measured = {
        "cancel": (f"cancel() of quantum volume {endings.NATIVE_QUBITS}", endings.cancelling_native, 200),
        "cancel-wide": (
            f"cancel() of a ladder of {endings.WIDE_QUBITS} qubits that has just begun",
            endings.cancelling_wide,
            200,
        ),
        "cancel-aer": (f"cancel() of {aer}", endings.cancelling_aer, 1_500),
        "next": (f"from the end of {aer}, cancelled, to the next result", endings.next_after_aer, 1_000),
    }
    for name, (work, prepare, limit_ms) in measured.items():
        yield Comparison(
            name=name,
            work=work,
            peer="",
            goal=at_most(limit_ms, "ms"),
            prepare=partial(_alone, prepare),
            is_heavy=True,
            pace=_FEW_TURNS,
        )


def _million_rows() -> Iterator[Comparison]:
    yield Comparison(
        name="million-open",
        work="open a store of 1,000,000 finished jobs",
        peer="",
        goal=at_most(100, "ms"),
        prepare=lambda: (lists.opening,),
        is_heavy=True,
    )
    for name, (call, _) in lists.LISTS.items():
        yield Comparison(
            name=f"million-{name}",
            work=f"{call} of 1,000,000",
            peer="",
            goal=at_most(30, "ms"),
            prepare=partial(_alone, partial(lists.listing, name)),
            is_heavy=True,
        )
    yield Comparison(
        name="million-submit",
        work="run() with 1,000,000 jobs in the store",
        peer="an empty store",
        goal=at_most_times(2),
        prepare=lists.submitting,
        is_heavy=True,
    )
    yield Comparison(
        name="million-size",
        work="size of a store of 1,000,000 Bell jobs, each",
        peer="",
        goal=at_most(2, "KB"),
        prepare=lambda: (million.bytes_per_job,),
        unit="KB",
        is_heavy=True,
        pace=ONCE,
    )


def _growth_row() -> Comparison:
    return Comparison(
        name="memory",
        work=f"memory of a service and its children after {growth.MANY:,} jobs",
        peer=f"after {growth.FEW:,}",
        goal=at_most_times(1.1),
        prepare=growth.memory_after_jobs,
        unit="MiB",
        is_heavy=True,
        pace=ONCE,
    )


def _beside_aer(ours: Callable[[int], Measure]) -> tuple[Measure, Measure]:
    return ours(_MANY), speed.aer_loop(_MANY)


def _as_it_is(measure: Measure) -> Measure:
    return measure


def _alone(make: Callable[[], Measure]) -> tuple[Measure]:
    return (make(),)


if __name__ == "__main__":
    sys.exit(main())
