"""The time that goes into records."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time in microseconds since 1970, in UTC."""


def wall_clock_us() -> int:
    """Return the time that the system shows, in microseconds since 1970, in UTC."""
    return time.time_ns() // 1000
