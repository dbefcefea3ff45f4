"""Jobs in parts: what a second worker gives, what Dask costs, beside a bare loop over the engine.

Run it with ``make bench-parts``, or ``python -m benchmarks.parts``.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.durable import splitting
from benchmarks.goals import Goal, at_least_times, at_most, at_most_times
from benchmarks.suite import Suite
from benchmarks.timing import Measure, Pace

_ROUNDS = Pace(seconds=0.0, least_turns=9, turn_seconds=0.0, warm_up=False)
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
    ways = _Rounds(
        {
            "one worker": splitting.by_one_worker,
            "two workers": splitting.by_two_workers,
            "a bare loop": splitting.by_one_bare_loop,
            "bare loops in two processes": splitting.by_bare_loops,
            "Dask, two workers": splitting.by_dask,
        }
    )
    row = partial(_row, ways)
    yield row("second-worker", "two workers", "one worker", at_least_times(1.8))
    # What a second core can give here: some are halves of one, or share their way to the memory.
    yield row("second-core", "bare loops in two processes", "a bare loop", at_least_times(1))
    yield row("bare", "two workers", "bare loops in two processes", at_most_times(1.1))
    yield row("dask", "Dask, two workers", "two workers", at_most_times(1.15))
    yield row("dask-bare", "Dask, two workers", "bare loops in two processes", at_most_times(1.1))
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


class _Rounds:
    """The ways to do the job, each once in every round, so that all rows tell of the same minutes."""

    def __init__(self, ways: Mapping[str, Callable[[], Measure]]) -> None:
        self._ways = ways
        self._measures: dict[str, Measure] = {}
        self._rounds: list[dict[str, float]] = []

    def measure(self, way: str) -> Measure:
        """Return a measure that gives the way's figures, round by round."""
        numbers = itertools.count()
        return lambda: self._figure(way, next(numbers))

    def _figure(self, way: str, number: int) -> float:
        if not self._measures:
            self._measures = {name: prepare() for name, prepare in self._ways.items()}
            for warm_up in self._measures.values():
                warm_up()
        while len(self._rounds) <= number:
            self._rounds.append({name: measure() for name, measure in self._measures.items()})
        return self._rounds[number][way]


def _row(ways: _Rounds, name: str, ours: str, theirs: str, goal: Goal) -> Comparison:
    return Comparison(
        name=name,
        work=f"{_WORK}, {ours}",
        peer=theirs,
        goal=goal,
        prepare=lambda: (ways.measure(ours), ways.measure(theirs)),
        is_heavy=True,
        pace=_ROUNDS,
    )


if __name__ == "__main__":
    sys.exit(main())
