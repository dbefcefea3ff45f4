"""The job of the local providers: a result, a future of one, or a callable that gives one."""

import copyreg
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any

from qiskit.providers.backend import Backend
from qiskit.result import Result

from queuebit.providers.exceptions import JobCancelledError, JobError, JobTimeoutError
from queuebit.providers.job import JobV1, Progress, checked_seconds
from queuebit.providers.jobstatus import JOB_FINAL_STATES, JobStatus
from queuebit.providers.local_executor import LOCAL_EXECUTOR
from queuebit.providers.local_run import FutureRun, LocalRun, as_job_failed, cause_of, describe
from queuebit.providers.local_work import PlainWork, SteerableWork


class LocalJob(JobV1):
    """A job that runs in this process, in the background.

    The handle holds the work: when nobody holds the handle any more, nobody can ask for the result, and the work is
    cancelled. A done callback counts as holding it, and so does an ``await`` until it is given up.
    """

    def __init__(
        self,
        backend: Backend | None,
        job_id: str,
        result: Result | Future[Result] | Callable[[], Result],
        **kwargs: Any,
    ) -> None:
        """Create the job.

        Args:
            backend: the backend used to run the job.
            job_id: a unique id in the context of that backend.
            result: a Result (the job is finished), a ``concurrent.futures.Future`` of one (it runs elsewhere), or a
                callable without arguments that returns one (:meth:`submit` starts it).
            kwargs: any metadata to keep with the job.

        Raises:
            TypeError: if ``result`` is none of these.
        """
        super().__init__(backend, job_id, **kwargs)
        self._run = _run_of(result)
        self._startable = not isinstance(result, (Result, Future))

    def submit(self) -> None:
        """Start the job in the background; a simulation that takes less time than that is over at once.

        Raises:
            JobError: if the job was submitted already, or was built with a result or a future.
        """
        if not self._startable:
            raise JobError(
                f"Job {self._job_id} was created with its result or a future of it; there is nothing to submit."
            )
        self._run.submit()
        if self._run.is_brief and LOCAL_EXECUTOR.has_room():
            self._run.execute(passing_on=(KeyboardInterrupt, SystemExit))
            return
        weakref.finalize(self, _cancel_unheld, self._run).atexit = False
        LOCAL_EXECUTOR.submit(self._run)

    def status(self) -> JobStatus:
        """Return the status of the job now; never waits and never raises because the work failed."""
        return self._run.status()

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the job and return its result, the same object every time.

        Args:
            timeout: seconds to wait at most; None waits for ever.

        Raises:
            JobTimeoutError: if the job isn't final after ``timeout`` seconds; it goes on.
            JobFailedError: if the job failed; its cause is the original exception.
            JobCancelledError: if the job was cancelled.
            JobError: if the job was never submitted.
            TypeError: if ``timeout`` isn't a number.
            ValueError: if ``timeout`` is negative or NaN.
        """
        limit_s = None if timeout is None else checked_seconds("timeout", timeout)
        status = self._run.status()
        if status is JobStatus.INITIALIZING:
            raise JobError(f"Job {self._job_id} was never submitted, so it has no result; call submit() first.")
        try:
            ended = status in JOB_FINAL_STATES or self._run.wait(limit_s)
        except KeyboardInterrupt:
            # The interrupt's traceback lives on at the prompt: it must not hold a job that nobody else holds.
            del self
            raise
        if not ended:
            raise JobTimeoutError(
                f"Job {self._job_id} is still {self._run.status().name} after {timeout} s; it goes on, ask again."
            )
        return self._outcome()

    def partial_result(self) -> Result | None:
        """Return what is there now, without waiting and whatever the status.

        Returns:
            The whole result of a finished job. Of a running, failed or cancelled one, a Result with an entry for
            each circuit in order, in which ``results[i].success`` tells which are there. None if nothing is known.
        """
        return self._run.partial_result()

    def cancel(self) -> bool:
        """Cancel the job, also when it runs.

        The job is CANCELLED at once. A backend's simulation stops within 100 ms and the time of one gate; a callable at
        its next Python instruction; work behind a future is cancelled if it hasn't started, else its result is thrown
        away.

        Returns:
            True when the job was or is now cancelled before its end, False when it was final already.
        """
        ended = self._run.cancel()
        LOCAL_EXECUTOR.forget(self._run)
        return ended

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Have ``fn(job)`` called once when the job is final, at once if it is already.

        Args:
            fn: called with the job, on the thread that ended it; what it raises is reported to the ``queuebit`` logger.
                It may wait for other jobs. It is not called when the interpreter ends or a process forks.

        Raises:
            TypeError: if ``fn`` can't be called.
        """
        if not callable(fn):
            raise TypeError(f"a done callback must be callable, got {fn!r}")
        self._run.call_when_ended(partial(fn, self))

    def _wake_when_final(self, wake: Callable[[], object]) -> None:
        self._run.call_when_ended(wake)

    def __await__(self) -> Generator[Any, None, Result]:
        """Wait for the job in an asyncio event loop and return its result.

        Raises:
            JobFailedError: if the job failed; its cause is the original exception.
            JobCancelledError: if the job was cancelled.
            JobError: if the job was never submitted.
        """
        if self.status() is JobStatus.INITIALIZING:
            return self.result()  # which says so, where waiting would never end
        waiting = super().__await__()
        del self  # as in result()
        return (yield from waiting)

    def error_message(self) -> str | None:
        """Return why the job is in ``ERROR``, or None when it isn't."""
        error = self._run.error if self.status() is JobStatus.ERROR else None
        return None if error is None else describe(error)

    def progress(self) -> Progress:
        """Return how far the job is; a backend's job counts the instructions of all its circuits."""
        return self._run.progress()

    @property
    def time_submitted(self) -> datetime | None:
        """When the job was submitted, in UTC, or None if it wasn't or was built with its result."""
        return self._run.time_submitted

    @property
    def time_started(self) -> datetime | None:
        """When the work started, in UTC, or None if it didn't; behind a future, when it was first seen running."""
        return self._run.time_started

    @property
    def time_finished(self) -> datetime | None:
        """When the job became final, in UTC, or None if it isn't."""
        return self._run.time_finished

    def _wait_for_change(self, status: JobStatus, timeout_s: float) -> None:
        run = self._run
        # As in result(): a frame of an interrupt's traceback must not hold the job. Our caller holds it meanwhile.
        del self
        run.wait_for_change(status, timeout_s)

    def _outcome(self) -> Result:
        run = self._run
        if run.result is not None:
            return run.result
        if run.error is None:
            raise JobCancelledError(f"Job {self._job_id} was cancelled, so it has no result.")
        # A new error each time: callers must not share one with a growing traceback.
        raise as_job_failed(run.error, f"Job {self._job_id} failed: ") from cause_of(run.error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._job_id} on {self._backend_name()}: {self.status().name}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.status() not in JOB_FINAL_STATES:
            raise TypeError(
                f"Job {self._job_id} is {self.status().name} in this process, so it can't be pickled or copied; "
                "a finished job can."
            )
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]


def _run_of(result: Result | Future[Result] | Callable[[], Result]) -> LocalRun:
    if isinstance(result, Result):
        run = LocalRun()
        run.finish(result)
        return run
    if isinstance(result, Future):
        return FutureRun(result)
    if isinstance(result, SteerableWork):
        return LocalRun(result)
    if callable(result):
        return LocalRun(PlainWork(result))
    raise TypeError(
        "a job is created with a qiskit.result.Result, a concurrent.futures.Future of one, or a callable without "
        f"arguments that returns one; got {type(result).__name__}: {result!r}"
    )


def _cancel_unheld(run: LocalRun) -> None:
    run.cancel()
    LOCAL_EXECUTOR.forget(run)
