"""Measuring in turns: ours, the peer's, ours, the peer's, so that what slows the machine for a while slows both.

A turn of something short is many calls. A call right after another program's begins with that program's data in the
caches and its threads still spinning, so a single one would tell of the neighbour.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[], float]
"""Does something once and returns its figure, in the unit of its row."""

# Whose first call takes longer isn't called again: that call is the figure.
_ONCE_S = 30.0


@dataclass(frozen=True)
class Samples:
    """The figures of all calls of one measure.

    Attributes:
        values: the figures in the order of the calls, at least one.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure that is told."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The bounds of the middle half of the figures."""
        low, _, high = (
            statistics.quantiles(self.values, n=4, method="inclusive") if self.values[1:] else 3 * self.values
        )
        return low, high


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long to measure.

    Attributes:
        seconds: turns are taken until this time is over.
        least_turns: but at least so many, 1 or more.
        turn_seconds: how long a turn lasts at least, so that the call after a change of sides is one of many; the
            default is a guess.
        warm_up: whether the first call of each measure doesn't count.
    """

    seconds: float = 6.0
    least_turns: int = 3
    turn_seconds: float = 0.02
    warm_up: bool = True


ONCE = Pace(seconds=0.0, least_turns=1, turn_seconds=0.0, warm_up=False)
"""A single call, for what takes long and hardly varies."""


def timed(action: Callable[[], object]) -> Measure:
    """Return a measure of an action's time in milliseconds. What the action returns is let go after the clock stops."""

    def measure() -> float:
        started = time.perf_counter()
        kept = action()
        elapsed_ms = 1e3 * (time.perf_counter() - started)
        del kept
        return elapsed_ms

    return measure


def in_turns(measures: Sequence[Measure], pace: Pace) -> list[Samples]:
    """Call the measures in turns and return the figures of each."""
    gc.collect()
    contenders = [_Contender(measure) for measure in measures]
    if pace.warm_up:
        for contender in contenders:
            contender.warm_up()
    ends, turns = time.perf_counter() + pace.seconds, 0
    while turns < pace.least_turns or time.perf_counter() < ends:
        for contender in contenders:
            contender.take_turn(pace.turn_seconds)
        turns += 1
    return [Samples(tuple(contender.values)) for contender in contenders]


def fastest(measures: Sequence[Measure], pace: Pace) -> Measure:
    """Return the measure with the smallest median: a peer's best way to do the work."""
    tried = in_turns(measures, pace)
    return min(zip(tried, measures, strict=True), key=lambda pair: pair[0].median)[1]


class _Contender:
    def __init__(self, measure: Measure) -> None:
        self.values: list[float] = []
        self._measure = measure
        self._is_over = False

    def warm_up(self) -> None:
        started = time.perf_counter()
        value = self._measure()
        self._is_over = time.perf_counter() - started > _ONCE_S
        if self._is_over:
            self.values.append(value)

    def take_turn(self, seconds: float) -> None:
        ends = time.perf_counter() + seconds
        while not self._is_over:
            self.values.append(self._measure())
            if time.perf_counter() >= ends:
                return
