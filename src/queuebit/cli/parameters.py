"""The values that options take, checked while the command line is read."""

import math
from typing import Any

import click


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A whole number from a smallest one.

    Attributes:
        name: how help shows the value.
    """

    name = "N"

    def __init__(self, smallest: int) -> None:
        """Create the type.

        Args:
            smallest: the smallest number that is taken.
        """
        self._smallest = smallest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that ``value`` spells."""
        try:
            number = int(value)
        except ValueError:
            number = self._smallest - 1
        if number < self._smallest:
            self.fail(f"must be a whole number, {self._smallest} or more; got {value!r}", param, ctx)
        return number


class Seconds(click.ParamType):  # type: ignore[type-arg]
    """A time greater than 0.

    Attributes:
        name: how help shows the value.
    """

    name = "S"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds that ``value`` spells."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            self.fail(f"must be a number of seconds greater than 0; got {value!r}", param, ctx)
        return seconds
