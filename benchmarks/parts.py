"""Jobs in parts: what a second worker gives, what Dask costs, beside a bare loop over the engine.

Run it with ``make bench-parts``, or ``python -m benchmarks.parts``.
"""

import itertools
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.durable import splitting
from benchmarks.goals import Goal, at_least_times, at_most, at_most_times
from benchmarks.suite import Suite
from benchmarks.timing import Measure, Pace, in_turns

_ROUNDS = Pace(seconds=0.0, least_turns=9, turn_seconds=0.0, warm_up=True)
_EACH_ROUND = Pace(seconds=0.0, least_turns=_ROUNDS.least_turns, turn_seconds=0.0, warm_up=False)
_WORK = f"a job of {splitting.CIRCUITS} circuits of {splitting.QUBITS} qubits"


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    suite = Suite(
        program="python -m benchmarks.parts",
        title="queuebit's jobs in parts",
        comparisons=tuple(rows()),
        results=Path(__file__).with_name("parts.json"),
    )
    return suite.main()


def rows() -> Iterator[Comparison]:
    """Return all rows, in the order of the table."""
    yield _row("second-worker", "two workers", "one worker", at_least_times(1.8))
    # What a second core can give here: some are halves of one, or share their way to the memory.
    yield _row("second-core", "bare loops in two processes", "a bare loop", at_least_times(1))
    yield _row("bare", "two workers", "bare loops in two processes", at_most_times(1.1))
    yield _row("dask", "Dask, two workers", "two workers", at_most_times(1.15))
    yield _row("dask-bare", "Dask, two workers", "bare loops in two processes", at_most_times(1.1))
    yield Comparison(
        name="dask-bell",
        work=f"{splitting.BELL_JOBS:,} Bell jobs through Dask, each",
        peer="",
        goal=at_most(1e3 / 300, "ms"),
        prepare=lambda: (splitting.bell_jobs_by_dask(),),
        is_heavy=True,
        pace=Pace(seconds=0.0, least_turns=3, turn_seconds=0.0, warm_up=False),
    )
    yield Comparison(
        name="merge",
        work=f"{splitting.MERGED_PARTS:,} parts of a circuit put together",
        peer="",
        goal=at_most(50, "ms"),
        prepare=lambda: (splitting.merging(),),
    )


_WAYS = {
    "one worker": splitting.by_one_worker,
    "two workers": splitting.by_two_workers,
    "a bare loop": splitting.by_one_bare_loop,
    "bare loops in two processes": splitting.by_bare_loops,
    "Dask, two workers": splitting.by_dask,
}


@cache
def _rounds() -> dict[str, tuple[float, ...]]:
    """Do the job in each way, once in every round, so that all rows tell of the same minutes; return the figures."""
    samples = in_turns([prepare() for prepare in _WAYS.values()], _ROUNDS)
    return {way: each.values for way, each in zip(_WAYS, samples, strict=True)}


def _figures(way: str) -> Measure:
    """Return a measure that gives a way's figures, round by round."""
    return itertools.cycle(_rounds()[way]).__next__


def _row(name: str, ours: str, theirs: str, goal: Goal) -> Comparison:
    return Comparison(
        name=name,
        work=f"{_WORK}, {ours}",
        peer=theirs,
        goal=goal,
        prepare=lambda: (_figures(ours), _figures(theirs)),
        is_heavy=True,
        pace=_EACH_ROUND,
    )


if __name__ == "__main__":
    sys.exit(main())
