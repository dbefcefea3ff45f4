"""What a job's run may use, checked."""

import math
import numbers
import re

from queuebit.engines.choosing import MAX_THREADS
from queuebit.store.records import Limits

_UNITS = {
    "": 1,
    "B": 1,
    **{unit: 1000**power for power, unit in enumerate(("KB", "MB", "GB", "TB"), start=1)},
    **{unit: 1024**power for power, unit in enumerate(("KIB", "MIB", "GIB", "TIB"), start=1)},
}
_MOST_ATTEMPTS = 2**31 - 1
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


def checked_limits(
    *, time_limit: float | None, memory_limit: int | str | None, threads: int | None, max_attempts: int
) -> Limits:
    """Return limits for the store.

    Args:
        time_limit: seconds, more than 0; None for no limit.
        memory_limit: bytes, or a text such as ``"2 GiB"``, more than 0; None for no limit.
        threads: 1 to 1024; None for as many as the worker gives.
        max_attempts: 1 or more.

    Raises:
        ValueError: if one is zero, negative, out of range, or no size.
        TypeError: if one is of the wrong type.
    """
    return Limits(
        time_limit_s=None if time_limit is None else _seconds(time_limit),
        memory_limit_bytes=None if memory_limit is None else size_bytes(memory_limit),
        threads=None if threads is None else _count("threads", threads, MAX_THREADS),
        max_attempts=_count("max_attempts", max_attempts, _MOST_ATTEMPTS),
    )


def size_bytes(size: int | str) -> int:
    """Return a size of memory in bytes.

    Args:
        size: bytes, or a number and one of the units B, kB, MB, GB, TB, KiB, MiB, GiB, TiB.

    Raises:
        ValueError: if it is zero, negative, or no size.
        TypeError: if it is neither a whole number nor a text.

    Example:
        >>> size_bytes("1.5 GiB")
        1610612736
    """
    if isinstance(size, str):
        found = _SIZE.fullmatch(size)
        if found is None or found[2].upper() not in _UNITS:
            raise ValueError(f"memory_limit must be bytes or a text such as '2 GiB' or '500 MB', got {size!r}")
        number = int(float(found[1]) * _UNITS[found[2].upper()])
    elif isinstance(size, numbers.Integral) and not isinstance(size, bool):
        number = int(size)
    else:
        raise TypeError(f"memory_limit must be bytes or a text such as '2 GiB', got {type(size).__name__}: {size!r}")
    if not 0 < number < 2**63:
        raise ValueError(f"memory_limit must be more than 0 bytes and less than 2**63, got {size!r}")
    return number


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"time_limit must be a number of seconds, got {type(value).__name__}: {value!r}")
    try:
        seconds = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        seconds = math.inf
    if not 0 < seconds < math.inf:
        raise ValueError(f"time_limit must be finite and more than 0 seconds, got {value!r}")
    return seconds


def _count(name: str, value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}: {value!r}")
    if int(value) < 1:
        raise ValueError(f"{name} must be 1 or more, got {value!r}")
    if int(value) > most:
        raise ValueError(f"{name} must be {most} or less, got {value!r}")
    return int(value)
