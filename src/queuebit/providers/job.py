"""The job contract: ``Job``, and ``JobV1``, which every job of every provider derives from."""

import contextlib
import html
import math
import numbers
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import qiskit.providers.job
from qiskit.exceptions import QiskitError
from qiskit.providers.backend import Backend
from qiskit.result import Result

from queuebit.providers.exceptions import JobTimeoutError
from queuebit.providers.jobstatus import JOB_FINAL_STATES, JobStatus
from queuebit.providers.status_poller import STATUS_POLLER

LONGEST_BLOCK_S = 0.2
"""Longest time that a wait sleeps at a stretch. A Ctrl-C that comes in the moment before a thread falls asleep, and on
Windows any, is noticed only when the thread wakes; 0.5 s is what a person at the prompt is promised."""

# A day: longer pauses say nothing more, and the platform's sleep has a limit.
_LONGEST_PAUSE_S = 86_400.0


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        done: units finished; never decreases.
        total: units in all; ``done == total`` when everything ran.
        unit: what is counted, in the plural, such as ``"instructions"``.
    """

    done: int
    total: int
    unit: str


class Job(qiskit.providers.job.Job):
    """Common type of all versioned jobs, for type checks only: derive from :class:`JobV1`."""

    version = 0


class JobV1(Job, ABC):
    """A run of circuits on a backend: submitted, watched, waited for, and cancelled.

    A subclass provides :meth:`submit`, :meth:`result` and :meth:`status`, and :meth:`cancel` when its work can be
    stopped. One that can know of a change as it happens also overrides :meth:`_wait_for_change` and
    :meth:`add_done_callback`; everything else follows from those.

    Attributes:
        version: 1.
        metadata: the keyword arguments that the job was created with.
        time_created: when the object was created.
        time_submitted: when the job was handed to its backend, or None.
        time_started: when the work started, or None.
        time_finished: when the job reached its final state, or None.
    """

    version = 1

    def __init__(self, backend: Backend | None, job_id: str, **kwargs: Any) -> None:
        """Keep what identifies the job.

        Args:
            backend: the backend used to run the job, or None.
            job_id: an id that is unique at that backend.
            kwargs: any metadata to keep with the job.
        """
        self._backend = backend
        self._job_id = job_id
        self.metadata = kwargs
        self._time_created = datetime.now(UTC)

    def job_id(self) -> str:
        """Return the id of the job, unique at its backend."""
        return self._job_id

    def backend(self) -> Backend:
        """Return the backend that runs the job.

        Raises:
            QiskitError: if the job was created without one.
        """
        if self._backend is None:
            raise QiskitError("The job does not have any backend.")
        return self._backend

    @abstractmethod
    def submit(self) -> None:
        """Submit the job to the backend for execution."""

    @abstractmethod
    def result(self) -> Result:
        """Return the result of the job, waiting for it when necessary."""

    @abstractmethod
    def status(self) -> JobStatus:
        """Return the status of the job now, without waiting for the work."""

    def cancel(self) -> bool:
        """Attempt to cancel the job.

        Returns:
            True when the job is or will be cancelled, False when it was already final.

        Raises:
            NotImplementedError: always here; a subclass that can stop its work overrides this method.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot be cancelled: it does not implement cancel().")

    def done(self) -> bool:
        """Return whether the job has successfully run."""
        return self.status() is JobStatus.DONE

    def running(self) -> bool:
        """Return whether the job is actively running."""
        return self.status() is JobStatus.RUNNING

    def cancelled(self) -> bool:
        """Return whether the job has been cancelled."""
        return self.status() is JobStatus.CANCELLED

    def in_final_state(self) -> bool:
        """Return whether the job is in a final state: ``DONE``, ``CANCELLED`` or ``ERROR``."""
        return self.status() in JOB_FINAL_STATES

    def wait_for_final_state(
        self,
        timeout: float | None = None,
        wait: float = 5,
        callback: Callable[[str, JobStatus, Any], object] | None = None,
    ) -> None:
        """Query the status until it is final: ``DONE``, ``CANCELLED`` or ``ERROR``.

        Args:
            timeout: seconds to wait at most; None waits for ever, 0 queries once.
            wait: longest time in seconds between two queries. A job that knows of its changes is queried at once
                when it changes.
            callback: called after each query, the last one included, as ``callback(job_id, status, job)``.

        Raises:
            JobTimeoutError: if the job isn't final after ``timeout`` seconds.
            ValueError: if ``timeout`` or ``wait`` is negative or NaN.
            TypeError: if ``timeout`` or ``wait`` isn't a number, or ``callback`` can't be called.
        """
        pause_s = checked_seconds("wait", wait)
        deadline = math.inf if timeout is None else time.monotonic() + checked_seconds("timeout", timeout)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable or None, got {callback!r}")
        try:
            while True:
                status = self.status()
                if callback is not None:
                    callback(self.job_id(), status, self)
                if status in JOB_FINAL_STATES:
                    return
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    raise JobTimeoutError(
                        f"Job {self.job_id()} is still {status.name} after {timeout} s; it goes on, wait for it again."
                    )
                self._wait_for_change(status, min(pause_s, remaining_s, _LONGEST_PAUSE_S))
        except KeyboardInterrupt:
            # The interrupt's traceback lives on at the prompt: it must not hold a job that nobody else holds.
            del self
            raise

    def _wait_for_change(self, status: JobStatus, timeout_s: float) -> None:
        """Pause between two queries of the status.

        The one method to override by a job that can know of a change: return as soon as the status may differ from
        ``status``, at once if it differs already, and after ``timeout_s`` seconds in any case.

        Args:
            status: the status that the last query gave.
            timeout_s: the longest pause, in seconds.
        """
        time.sleep(timeout_s)

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Have ``fn(job)`` called once when the job is final, at once if it is already.

        It is called from another thread unless the job is final already. Jobs that don't override this share one
        thread that polls their status.

        Args:
            fn: called with the job; what it raises is reported to the ``queuebit`` logger.

        Raises:
            TypeError: if ``fn`` can't be called.
        """
        if not callable(fn):
            raise TypeError(f"a done callback must be callable, got {fn!r}")
        STATUS_POLLER.watch(self, fn)

    def _wake_when_final(self, wake: Callable[[], object]) -> None:
        """Have ``wake()`` called once when the job is final, at once if it is already.

        Unlike a done callback it need not hold the job: whoever waits holds it, until the wait is given up.

        Args:
            wake: returns at once, and can be called from any thread.
        """
        self.add_done_callback(lambda _: wake())

    def __await__(self) -> Generator[Any, None, Result]:
        """Wait for the job in an asyncio event loop and return its result."""
        import asyncio  # of no use to most programs, and slow to import

        loop = asyncio.get_running_loop()
        final = loop.create_future()

        def finish() -> None:
            if not final.done():
                final.set_result(None)

        def wake() -> None:
            # The loop may be closed when an abandoned job ends; then nobody is waiting.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(finish)

        self._wake_when_final(wake)
        try:
            yield from final
        except BaseException:
            # As in wait_for_final_state(): an await that is given up must not hold the job by its traceback.
            del self
            raise
        return self.result()

    def error_message(self) -> str | None:
        """Return why the job is in ``ERROR``, or None when it isn't."""
        status = self.status()
        return status.value if status is JobStatus.ERROR else None

    def progress(self) -> Progress:
        """Return how far the job is; without further knowledge, the job itself is the unit."""
        return Progress(int(self.in_final_state()), 1, "jobs")

    @property
    def time_created(self) -> datetime:
        """When the object was created, in UTC."""
        return self._time_created

    @property
    def time_submitted(self) -> datetime | None:
        """When the job was handed to its backend, in UTC, or None if unknown."""
        return None

    @property
    def time_started(self) -> datetime | None:
        """When the work started, in UTC, or None if unknown."""
        return None

    @property
    def time_finished(self) -> datetime | None:
        """When the job became final, in UTC, or None if it isn't or that is unknown."""
        return None

    def _backend_name(self) -> str:
        return str(getattr(self._backend, "name", None) or "no backend")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._job_id} on {self._backend_name()}>"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks."""
        rows = {
            "Job": self._job_id,
            "Backend": self._backend_name(),
            "Status": self.status().name,
            "Error": self.error_message(),
        }
        left = "style='text-align:left'"
        cells = (
            f"<tr><th {left}>{name}</th><td {left}>{html.escape(str(value))}</td></tr>"
            for name, value in rows.items()
            if value is not None
        )
        return f"<table>{''.join(cells)}</table>"


# Programs that ask isinstance(job, qiskit.providers.JobV1) get the answer they expect.
qiskit.providers.job.JobV1.register(JobV1)


def checked_seconds(name: str, value: object) -> float:
    """Return ``value`` as seconds.

    Args:
        name: the parameter's name, for the error.
        value: what the caller gave.

    Raises:
        TypeError: if it isn't a real number.
        ValueError: if it is negative or NaN.
    """
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, got {value!r}")
    seconds = float(value)
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"{name} must be 0 or more seconds, got {value!r}")
    return seconds
