"""The values that options take, checked while the command line is read."""

import math
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A whole number from a smallest one, perhaps to a largest one.

    Attributes:
        name: how help shows the value.
    """

    name = "N"

    def __init__(self, smallest: int, largest: int | None = None) -> None:
        """Create the type.

        Args:
            smallest: the smallest number that is taken.
            largest: the largest one; by default there is none.
        """
        self._smallest = smallest
        self._largest = largest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that ``value`` spells."""
        try:
            number = int(value)
        except ValueError:
            number = self._smallest - 1
        if number < self._smallest or (self._largest is not None and number > self._largest):
            wanted = (
                f", {self._smallest} or more" if self._largest is None else f" from {self._smallest} to {self._largest}"
            )
            self.fail(f"must be a whole number{wanted}; got {value!r}", param, ctx)
        return number


class OneOf(click.ParamType):  # type: ignore[type-arg]
    """One of some names.

    Attributes:
        name: how help shows the value.
    """

    name = "NAME"

    def __init__(self, names: Sequence[str]) -> None:
        """Create the type.

        Args:
            names: what is taken.
        """
        self._names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value`` if it is one of the names."""
        if value not in self._names:
            self.fail(f"must be one of {', '.join(self._names)}; got {value!r}", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin with what is typed so far."""
        return [CompletionItem(name) for name in self._names if name.startswith(incomplete)]


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
