"""The durable queue: how fast jobs go through it, what it uses while it waits, and how it bears a million of them.

Run it with ``make bench-queue``, or ``python -m benchmarks.queue``.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.durable import idleness, speed
from benchmarks.goals import at_least_times, at_most
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
        prepare=lambda: (speed.one_job(),),
    )
    yield Comparison(
        name="wake-up",
        work="from a job's end, before its commit, to the end of a wait",
        peer="",
        goal=at_most(5, "ms"),
        prepare=lambda: (speed.wake_up(),),
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
            prepare=partial(_alone, measure),
            unit="%",
            pace=ONCE,
        )


def _beside_aer(ours: Callable[[int], Measure]) -> tuple[Measure, Measure]:
    return ours(_MANY), speed.aer_loop(_MANY)


def _alone(measure: Measure) -> tuple[Measure]:
    return (measure,)


if __name__ == "__main__":
    sys.exit(main())
