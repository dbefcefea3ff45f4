"""A row of a benchmark: a piece of work, who does it beside us, and what should come out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import significant
from benchmarks.goals import Goal
from benchmarks.timing import Measure, Pace, Samples, in_turns


@dataclass(frozen=True, kw_only=True)
class Row:
    """A measured comparison.

    Attributes:
        comparison: what was measured.
        ours: our figures.
        theirs: the peer's; None where there is no peer.
    """

    comparison: "Comparison"
    ours: Samples
    theirs: Samples | None

    @property
    def ratio(self) -> float | None:
        """The peer's figure over ours; None where the goal isn't a ratio."""
        return self.theirs.median / self.ours.median if self.theirs and self.comparison.goal.ratio else None

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        theirs = self.theirs.median if self.theirs else float("nan")
        return self.comparison.goal.is_met(self.ours.median, theirs)

    def document(self) -> dict[str, Any]:
        """Return the row as JSON can hold it."""
        goal = self.comparison.goal
        return {
            "name": self.comparison.name,
            "work": self.comparison.work,
            "peer": self.comparison.peer,
            "unit": self.comparison.unit,
            "ours": significant(self.ours.median),
            "theirs": significant(self.theirs.median) if self.theirs else None,
            "ratio": significant(self.ratio) if self.ratio else None,
            "goal": goal.text,
            "goal_ratio": goal.ratio,
            "met": self.is_met,
            "ours_spread": _spread(self.ours),
            "theirs_spread": _spread(self.theirs) if self.theirs else None,
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A row to measure.

    Attributes:
        name: a short name, to choose the row by.
        work: what is done.
        peer: who does it beside us, with what sets it apart; empty where nobody else can.
        goal: what should come out.
        prepare: makes everything that isn't measured, and returns our measure and the peer's, if there is one.
        unit: of the figures; less is better.
        is_heavy: whether it takes more than a few seconds.
        pace: how long to measure, where the usual time won't do.
    """

    name: str
    work: str
    peer: str
    goal: Goal
    prepare: Callable[[], Sequence[Measure]]
    unit: str = "ms"
    is_heavy: bool = False
    pace: Pace | None = None

    def measure(self, pace: Pace) -> Row:
        """Prepare and measure, at the given pace where the row has none of its own."""
        ours, *theirs = in_turns(self.prepare(), self.pace or pace)
        return Row(comparison=self, ours=ours, theirs=theirs[0] if theirs else None)


def _spread(samples: Samples) -> dict[str, Any]:
    low, high = samples.quartiles
    return {
        "calls": len(samples.values),
        "lower_quartile": significant(low),
        "upper_quartile": significant(high),
        "slowest": significant(max(samples.values)),
    }
