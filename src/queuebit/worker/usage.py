"""What a run in this process has used."""

import contextlib
import os
import resource
import sys
import time
from pathlib import Path

_PAGE_BYTES = resource.getpagesize()
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc_pid_clear_refs(5)

# macOS counts in bytes.
_PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024

# A peak of an earlier run that is no further away is taken for this run's: resetting it costs more than that is worth.
_PEAK_TOLERANCE_BYTES = 8 * 2**20


class Usage:
    """Measures one run after another."""

    def __init__(self) -> None:
        """Measure from now on."""
        self._memory = _open_memory()
        self.begin()

    def begin(self) -> None:
        """Begin a run."""
        if _peak_bytes() - self.memory_bytes() > _PEAK_TOLERANCE_BYTES:
            # Where it can't be reset, the peak is that of the process.
            with contextlib.suppress(OSError):
                _CLEAR_REFS.write_text(_RESET_PEAK, encoding="ascii")
        self._cpu_s = time.process_time()

    def memory_bytes(self) -> int:
        """Return the resident memory now; where the system doesn't tell, the most that it has been."""
        if self._memory is None:
            return _peak_bytes()
        return int(os.pread(self._memory, 256, 0).split()[1]) * _PAGE_BYTES

    def of_run(self) -> dict[str, float]:
        """Return what the run has used: the fields of :class:`queuebit.worker.messages.Ended`."""
        process_cpu_s, memory_bytes = time.process_time(), self.memory_bytes()
        return {
            "cpu_s": process_cpu_s - self._cpu_s,
            "process_cpu_s": process_cpu_s,
            # The system counts in several places that it adds up now and then.
            "peak_memory_bytes": max(_peak_bytes(), memory_bytes),
            "memory_bytes": memory_bytes,
        }


def _open_memory() -> int | None:
    """Return the descriptor of what Linux tells of this process's memory: reading takes 2 us, opening 10."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return None


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT_BYTES
