"""What is watched of one run: its limits, and whether it stops when it is asked to."""

import math
from dataclasses import dataclass
from enum import Enum, auto

from queuebit.store.records import Limits

STOP_GRACE_S = 0.5
"""How long a run that is asked to stop has for it, before its process is ended."""

# A process that will be ended needs a successor, and that some time to start. A run that listens stops before.
_SUCCESSOR_S = 0.1

_MEMORY_LOOK_S = 0.05


TIME_LIMIT_ERROR = "TimeLimitError"


def took_too_long(limit_s: float) -> str:
    """Return what to say of a run that has reached its time limit.

    Args:
        limit_s: the limit.
    """
    return f"the run took longer than its time limit of {limit_s:g} s; give it more time, or less to do"


class Step(Enum):
    """What the watch calls for."""

    STOP = auto()  # ask the run to stop: its time is over
    SUCCESSOR = auto()  # it doesn't listen: start a process that can take its process's place
    KILL = auto()  # end its process: it didn't listen, or took too much memory


@dataclass(slots=True)
class RunWatch:
    """Watches one run.

    Attributes:
        limits: the job's limits.
        begun: when the run began, in seconds of the executor's clock.
        broken_limit: which limit it broke, as the error's type and message; None while it hasn't.
        stop_asked: when it was asked to stop, or None.
        has_successor: whether its process has a successor already.
    """

    limits: Limits
    begun: float
    broken_limit: tuple[str, str] | None = None
    stop_asked: float | None = None
    has_successor: bool = False
    peak_memory_bytes: int = 0
    _next_look: float = 0.0

    def look(self, now: float, memory_bytes: int | None) -> Step | None:
        """Return what is to be done now, if anything.

        Args:
            now: the time.
            memory_bytes: the process's resident memory, or None when it wasn't asked for.
        """
        if memory_bytes is not None:
            self._next_look = now + _MEMORY_LOOK_S
            self.peak_memory_bytes = max(self.peak_memory_bytes, memory_bytes)
            if self._takes_too_much(memory_bytes):
                return Step.KILL
        if self.stop_asked is None:
            return Step.STOP if self._took_too_long(now) else None
        if now >= self.stop_asked + STOP_GRACE_S:
            return Step.KILL
        if now >= self.stop_asked + _SUCCESSOR_S and not self.has_successor:
            return Step.SUCCESSOR
        return None

    def wants_memory(self, now: float) -> bool:
        """Tell whether it is time to look at the memory."""
        return self.limits.memory_limit_bytes is not None and now >= self._next_look

    def next_look(self) -> float:
        """Return when to look again; infinity when there is nothing to watch."""
        next_look = math.inf if self.limits.memory_limit_bytes is None else self._next_look
        if self.stop_asked is not None:
            return min(next_look, self.stop_asked + (STOP_GRACE_S if self.has_successor else _SUCCESSOR_S))
        if self.limits.time_limit_s is not None:
            return min(next_look, self.begun + self.limits.time_limit_s)
        return next_look

    def _took_too_long(self, now: float) -> bool:
        limit_s = self.limits.time_limit_s
        if limit_s is None or now < self.begun + limit_s:
            return False
        self.broken_limit = (
            TIME_LIMIT_ERROR,
            took_too_long(limit_s),
        )
        return True

    def _takes_too_much(self, memory_bytes: int) -> bool:
        limit_bytes = self.limits.memory_limit_bytes
        if limit_bytes is None or memory_bytes <= limit_bytes:
            return False
        self.broken_limit = (
            "MemoryLimitError",
            f"the run's process used {_mib(memory_bytes)} of memory, its memory limit is {_mib(limit_bytes)}; "
            "give it more, or a smaller circuit (Python and Qiskit alone take about 150 MiB)",
        )
        return True


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MiB"
