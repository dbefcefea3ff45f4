"""A `status` that follows a script and counts its queries, alone or put on a real job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from qiskit.providers import JobStatus, JobV1


class ScriptedStatus:
    """A stand-in for a job's `status`: each query takes the next step of a script, and the last step stays.

    Attributes:
        queries: How often the status has been asked for.

    Example:
        >>> status = ScriptedStatus([JobStatus.RUNNING, JobStatus.DONE])
        >>> [status().name for _ in range(3)], status.queries
        (['RUNNING', 'DONE', 'DONE'], 3)
    """

    def __init__(self, steps: Iterable[JobStatus | BaseException]) -> None:
        """Take the script.

        Args:
            steps: The statuses in their order; an exception among them is raised by its query.

        Raises:
            ValueError: The script is empty.
        """
        self._steps = tuple(steps)
        if not self._steps:
            raise ValueError("a scripted status needs one step at least, for example [JobStatus.DONE]")
        self._lock = threading.Lock()
        self.queries = 0

    def __call__(self) -> JobStatus:
        """Return the next status of the script, or raise the exception that stands there."""
        with self._lock:
            step = self._steps[min(self.queries, len(self._steps) - 1)]
            self.queries += 1
        if isinstance(step, BaseException):
            raise step
        return step

    def peek(self) -> JobStatus | BaseException:
        """Return the step that was reached last (the first one before any query), without a query."""
        with self._lock:
            return self._steps[min(max(self.queries - 1, 0), len(self._steps) - 1)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _continued, (self._steps, self.queries)


def _continued(steps: tuple[JobStatus | BaseException, ...], queries: int) -> ScriptedStatus:
    status = ScriptedStatus(steps)
    status.queries = queries
    return status


class StatusProbe:
    """A job's own `status` with a count of its queries.

    Attributes:
        queries: How often the status has been asked for.
    """

    def __init__(self, status: Callable[[], JobStatus]) -> None:
        """Take the status to pass through.

        Args:
            status: The job's bound `status` method.
        """
        self._status = status
        self._lock = threading.Lock()
        self.queries = 0

    def __call__(self) -> JobStatus:
        """Return the job's status and count the query."""
        with self._lock:
            self.queries += 1
        return self._status()


def put_status(job: JobV1, status: Callable[[], JobStatus]) -> None:
    """Make one job answer `status()` with another callable, by giving it a subclass of its own.

    Args:
        job: The job to change; other jobs of its class stay as they are.
        status: Called without arguments at each `job.status()`.
    """
    cls = type(job)
    namespace = {"__slots__": (), "__module__": cls.__module__, "status": lambda _job: status()}
    job.__class__ = type(cls.__name__, (cls,), namespace)
