"""Sets the clock that a Python process sees, at once and again whenever a test wants it.

A process that finds this folder in its ``PYTHONPATH`` imports this before all else. The file that the variable names
holds the shift in nanoseconds, as 8 bytes; it stays mapped, so that what a test writes there is seen at the next look.
What doesn't depend on the clock of the day stays as it is, as on a machine whose clock is set.
"""

import mmap
import os
import struct
import time

_PATH = os.environ.get("QUEUEBIT_TEST_CLOCK_SHIFT")

if _PATH:
    with open(_PATH, "rb") as _file:  # noqa: PTH123  # each Python process starts with this
        _shift = mmap.mmap(_file.fileno(), 8, access=mmap.ACCESS_READ)
    _time, _time_ns = time.time, time.time_ns

    def _shifted_ns() -> int:
        shift: int = struct.unpack_from("q", _shift)[0]
        return _time_ns() + shift

    time.time_ns = _shifted_ns
    time.time = lambda: _shifted_ns() / 1e9
