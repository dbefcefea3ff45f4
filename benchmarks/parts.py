"""Jobs in parts: what a second worker gives, what Dask costs, beside a bare loop over the engine.

Run it with ``make bench-parts``, or ``python -m benchmarks.parts``.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.durable import splitting
from benchmarks.goals import Goal, at_least_times, at_most, at_most_times
from benchmarks.suite import Suite
from benchmarks.timing import Measure, Pace

_FEW_TURNS = Pace(seconds=0.0, least_turns=5, turn_seconds=0.0, warm_up=True)
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
    two, dask, bare = splitting.by_two_workers, splitting.by_dask, splitting.by_bare_loops
    yield _row("second-worker", "two workers", "one", at_least_times(1.8), two, splitting.by_one_worker)
    # What a second core can give here: some are halves of one, or share their way to the memory.
    yield _row(
        "second-core", "bare loops in two processes", "in one", at_least_times(1), bare, splitting.by_one_bare_loop
    )
    yield _row("bare", "two workers", "bare loops in two processes", at_most_times(1.1), two, bare)
    yield _row("dask", "Dask, two workers", "two workers of our own", at_most_times(1.15), dask, two)
    yield _row("dask-bare", "Dask, two workers", "bare loops in two processes", at_most_times(1.1), dask, bare)
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


def _row(
    name: str, ours: str, theirs: str, goal: Goal, our_way: Callable[[], Measure], their_way: Callable[[], Measure]
) -> Comparison:
    return Comparison(
        name=name,
        work=f"{_WORK}, {ours}",
        peer=theirs,
        goal=goal,
        prepare=partial(_both, our_way, their_way),
        is_heavy=True,
        pace=_FEW_TURNS,
    )


def _both(ours: Callable[[], Measure], theirs: Callable[[], Measure]) -> tuple[Measure, Measure]:
    return ours(), theirs()


if __name__ == "__main__":
    sys.exit(main())
