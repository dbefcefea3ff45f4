"""The children: as many as there is work for, replaced when they end, the one that fits best for each job."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from queuebit.worker.executor import RunKey
from queuebit.worker.executors.child_process import ChildProcess
from queuebit.worker.executors.run_watch import RunWatch
from queuebit.worker.messages import Warm

_logger = logging.getLogger(__name__)

# So many are kept for the next jobs; more are started when jobs wait, and ended when they have been idle for long.
_FEWEST = 2
_LONGEST_IDLE_S = 60.0

# Importing Qiskit takes less than a second; on a machine that swaps, much more.
_LONGEST_START_S = 120.0

# When children end while they start, something is wrong with the installation or the machine: the next ones wait longer
# and longer, and at last there is no next one.
_MOST_FAILED_STARTS = 5
_FIRST_PAUSE_S = 0.1


class ChildStartError(Exception):
    """Children can't be started; the text has what they printed."""


@dataclass(slots=True, eq=False)
class ChildRun:
    """The run that a child has.

    Attributes:
        key: its name.
        backend: what makes its backend.
        watch: its limits.
        num_circuits: how many circuits it has.
        num_done: how many of them have run.
    """

    key: RunKey
    backend: Warm
    watch: RunWatch
    num_circuits: int
    num_done: int = 0


@dataclass(slots=True, eq=False)
class Child:
    """A child and what it is doing.

    Attributes:
        process: the process.
        born: when it was started.
        is_ready: whether it has imported everything.
        is_ending: whether it has been told to end.
        is_gone: whether it has ended, and its descriptors are closed.
        fault: why it had to be ended, if it did something that no child may.
        run: the run that it has, or None.
        awaits_room: whether there are messages that its socket has no room for.
        backends: what names the backends that it has made.
        closed_at: when its socket came to its end, or None.
        idle_since: when its last run ended.
        first_memory_bytes: its resident memory when it was ready.
        cpu_s: processor seconds that it had used when its last run ended.
    """

    process: ChildProcess
    born: float
    is_ready: bool = False
    is_ending: bool = False
    is_gone: bool = False
    fault: str = ""
    run: ChildRun | None = None
    awaits_room: bool = False
    backends: set[str] = field(default_factory=set)
    closed_at: float | None = None
    idle_since: float = 0.0
    first_memory_bytes: int = 0
    cpu_s: float = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether it can take a job now."""
        return self.is_ready and not self.is_ending and self.run is None

    @property
    def has_successor(self) -> bool:
        """Whether it will probably be ended, and another one has been started for that."""
        return self.run is not None and self.run.watch.has_successor


class ChildPool:
    """Holds the children.

    Attributes:
        most: the most children at a time.
        children: those that there are.
    """

    def __init__(
        self, files: Path, *, most: int, threads: int, module_path: Sequence[str], clock: Callable[[], float]
    ) -> None:
        """Create the pool; :meth:`fill` starts the children.

        Args:
            files: the folder where they write results' arrays.
            most: the most children at a time.
            threads: how many threads libraries in them use, where a job doesn't say.
            module_path: folders of the user's own modules.
            clock: seconds that only go forward.
        """
        self.most = most
        self.children: list[Child] = []
        self._files = files
        self._threads = threads
        self._module_path = module_path
        self._clock = clock
        self._wanted = min(most, _FEWEST)
        self._failed_starts = 0
        self._next_start = 0.0

    def want(self, num_waiting: int) -> None:
        """Have a child for each job that waits, as far as there may be more children."""
        busy = sum(child.run is not None for child in self._lasting())
        self._wanted = min(self.most, max(self._wanted, busy + num_waiting))

    def _lasting(self) -> list[Child]:
        return [child for child in self.children if not child.is_ending and not child.has_successor]

    def num_missing(self) -> int:
        """Return how many children shall be started now."""
        return max(0, self._wanted - len(self._lasting())) if self._clock() >= self._next_start else 0

    def start(self, *, threads: int | None = None) -> Child:
        """Start a child.

        Args:
            threads: how many threads libraries in it use, instead of the usual number.

        Raises:
            OSError: if the system gives no more.
        """
        process = ChildProcess(self._files, threads=threads or self._threads, module_path=self._module_path)
        child = Child(process, born=self._clock())
        self.children.append(child)
        return child

    def choose(self, backend: str, threads: int | None) -> Child | None:
        """Return the idle child that fits a job best, or None if none does.

        Args:
            backend: what names the job's backend: a child that has made it already is better.
            threads: how many threads libraries in the child must use; None if that doesn't matter.
        """
        fitting = [child for child in self.idle() if threads in (None, child.process.threads)]
        # Of equal ones the one that worked last: its memory is in the caches.
        return max(fitting, key=lambda child: (backend in child.backends, child.idle_since), default=None)

    def idle(self) -> list[Child]:
        """Return the children that can take a job now."""
        return [child for child in self.children if child.is_idle]

    def num_ready(self) -> int:
        """Return how many children there are that can run something, or do."""
        return sum(child.is_ready and not child.is_ending for child in self.children)

    def take_superfluous(self) -> list[Child]:
        """Give up the children that aren't needed: one too many, since a run stopped after all, or idle for long."""
        now, lasting = self._clock(), self._lasting()
        if len(lasting) > self._wanted:
            unused = [child for child in lasting if child.run is None]
            return sorted(unused, key=lambda child: (child.is_ready, len(child.backends)))[
                : len(lasting) - self._wanted
            ]
        idle = [child for child in lasting if child.is_idle and now >= child.idle_since + _LONGEST_IDLE_S]
        surplus = idle[: max(0, len(lasting) - _FEWEST)]
        self._wanted -= len(surplus)
        return surplus

    def stuck(self) -> list[Child]:
        """Return the children that have been starting for too long."""
        now = self._clock()
        return [child for child in self._starting() if now >= child.born + _LONGEST_START_S]

    def _starting(self) -> list[Child]:
        return [child for child in self.children if not (child.is_ready or child.is_ending or child.fault)]

    def next_change(self) -> float:
        """Return when one of these answers may become another one by the time alone."""
        times = [math.inf]
        if len(self._lasting()) < self._wanted:
            times.append(self._next_start)
        if len(self._lasting()) > _FEWEST:
            times += [child.idle_since + _LONGEST_IDLE_S for child in self.idle()]
        times += [child.born + _LONGEST_START_S for child in self._starting()]
        return min(times)

    def note_ready(self, child: Child, memory_bytes: int) -> None:
        """Note that a child has started."""
        child.is_ready, child.first_memory_bytes, child.idle_since = True, memory_bytes, self._clock()
        self._failed_starts = 0

    def note_failed_start(self, printed: str) -> None:
        """Note that the system gave no process, or that one ended before it was ready.

        Args:
            printed: what it printed, or what the system said.

        Raises:
            ChildStartError: if that happened too often and no child is left.
        """
        self._failed_starts += 1
        self._next_start = self._clock() + _FIRST_PAUSE_S * 2**self._failed_starts
        _logger.error("a child couldn't start: %s", printed.strip() or "it printed nothing")
        if self._failed_starts >= _MOST_FAILED_STARTS and not any(child.is_ready for child in self.children):
            raise ChildStartError(
                f"the worker's children can't start; {self._failed_starts} in a row ended before they were ready, "
                f"the last one with:\n{printed.strip() or '(it printed nothing)'}"
            )
