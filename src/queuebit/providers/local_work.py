"""What a local job runs: work that can be stopped, asked how far it is, and for what is there already."""

import ctypes
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from qiskit.result import Result

from queuebit.providers.job import Progress


class SteerableWork(ABC):
    """A callable that knows how to stop itself, such as a backend's simulation.

    Attributes:
        is_brief: whether the call takes less time than handing it to another thread.
    """

    is_brief = False

    @abstractmethod
    def __call__(self) -> Result:
        """Run and return the result."""

    @abstractmethod
    def cancel(self) -> None:
        """Stop soon; called from another thread, before or during the run."""

    @abstractmethod
    def progress(self) -> Progress:
        """Return how far the run is; called from any thread at any time."""

    @abstractmethod
    def partial_result(self) -> Result | None:
        """Return what is there already, or None; called from any thread at any time."""


class WorkStoppedError(BaseException):
    """Raised inside a plain callable's thread when its job is cancelled.

    Not an ``Exception``, so that the callable's own error handling doesn't hold it up.
    """


class PlainWork(SteerableWork):
    """Makes any callable stoppable, by raising in its thread.

    It stops at the next Python instruction. A long call into C, such as one matrix product or ``time.sleep``, ends
    first.
    """

    def __init__(self, run: Callable[[], Result]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._thread_id: int | None = None
        self._stopped = False

    def __call__(self) -> Result:
        """Call the callable.

        Raises:
            WorkStoppedError: when it was cancelled meanwhile.
        """
        with self._lock:
            if self._stopped:
                raise WorkStoppedError
            self._thread_id = threading.get_ident()
        try:
            return self._run()
        finally:
            with self._lock:
                if self._stopped:
                    # Raised but perhaps not yet seen: it must not hit what this thread does next.
                    _raise_in_thread(self._thread_id, None)
                self._thread_id = None

    def cancel(self) -> None:
        """Stop the callable; when it doesn't run yet, it never will."""
        with self._lock:
            self._stopped = True
            if self._thread_id is not None:
                _raise_in_thread(self._thread_id, WorkStoppedError)

    def progress(self) -> Progress:
        """Return that the one call isn't over: nothing more is known."""
        return Progress(0, 1, "jobs")

    def partial_result(self) -> None:
        """Return None: a callable shows nothing before its end."""
        return


def _raise_in_thread(thread_id: int | None, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id or 0), ctypes.py_object(error) if error else None
    )
