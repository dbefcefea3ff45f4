"""The values that options take, checked while the command line is read."""

import json
import math
import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from click.shell_completion import CompletionItem

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

# Older than any job, and more than a calendar has.
_MOST_DAYS = 100_000


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


class PointInTime(click.ParamType):  # type: ignore[type-arg]
    """A date, a date and time, or how long ago, as microseconds since 1970.

    Attributes:
        name: how help shows the value.
    """

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the time that ``value`` spells; without a time zone it is the local time."""
        if isinstance(value, int):
            return value
        ago = re.fullmatch(r"(\d{1,6})([smhdw])", value)
        if ago is not None:
            return time.time_ns() // 1000 - int(ago[1]) * _UNITS_S[ago[2]] * 1_000_000
        try:
            return int(datetime.fromisoformat(value).timestamp() * 1_000_000)
        except (ValueError, OverflowError):
            self.fail(f"must be a time, such as 2026-03-31T12:00, or 30m, 2h, 7d ago; got {value!r}", param, ctx)


class Assignment(click.ParamType):  # type: ignore[type-arg]
    """A name and its value, as in ``method=matrix_product_state`` or ``noise=[0.1, 0.2]``.

    Attributes:
        name: how help shows the value.
    """

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return name and value; the value is JSON if it reads as such, else the text itself."""
        if isinstance(value, tuple):
            return value
        name, sign, text = value.partition("=")
        if not sign or not name.isidentifier():
            self.fail(f"must be NAME=VALUE, such as method=automatic; got {value!r}", param, ctx)
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


class Days(click.ParamType):  # type: ignore[type-arg]
    """A number of days, 0 or more.

    Attributes:
        name: how help shows the value.
    """

    name = "DAYS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the days that ``value`` spells."""
        try:
            days = float(value)
        except ValueError:
            days = math.nan
        if not 0 <= days <= _MOST_DAYS:
            self.fail(f"must be a number of days, from 0 to {_MOST_DAYS:,}; got {value!r}", param, ctx)
        return days
