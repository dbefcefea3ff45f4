"""What a figure should be."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a row should reach.

    Attributes:
        text: the goal for a table.
        is_met: tells from our figure and the peer's whether it is reached.
        ratio: the goal for the peer's figure over ours, if it is one; where a chart marks it.
    """

    text: str
    is_met: Callable[[float, float], bool]
    ratio: float | None = None


def at_least_times(ratio: float) -> Goal:
    """Return the goal that the peer's figure is at least so many times ours."""
    return Goal(text=f"≥ {ratio:,g}", is_met=lambda ours, theirs: theirs / ours >= ratio, ratio=ratio)


def at_most(limit: float, unit: str) -> Goal:
    """Return the goal that our figure is at most so much, whatever the peer's."""
    return Goal(text=f"≤ {limit:g} {unit}", is_met=lambda ours, _: ours <= limit)


def at_most_above(margin: float, unit: str) -> Goal:
    """Return the goal that our figure is at most so much above the peer's."""
    return Goal(text=f"≤ peer + {margin:g} {unit}", is_met=lambda ours, theirs: ours <= theirs + margin)


def at_most_times(factor: float) -> Goal:
    """Return the goal that our figure is at most so many times the peer's."""
    return Goal(text=f"≤ {factor:g} x peer", is_met=lambda ours, theirs: ours <= factor * theirs)
