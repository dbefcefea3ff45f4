"""The state of one local job, shared by its handle and the thread that runs it."""

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime
from typing import Any

from qiskit.result import Result

from queuebit.providers.exceptions import JobError, JobFailedError
from queuebit.providers.job import LONGEST_BLOCK_S, Progress
from queuebit.providers.jobstatus import JOB_FINAL_STATES, JobStatus
from queuebit.providers.local_executor import LOCAL_EXECUTOR
from queuebit.providers.local_work import SteerableWork

_logger = logging.getLogger("queuebit")

_UNFINISHED = Progress(0, 1, "jobs")


class LocalRun:
    """Holds the status, the times and the outcome of a run, and tells who waits for them.

    The first of :meth:`finish`, :meth:`fail` and :meth:`cancel` decides the end; the later ones change nothing. With
    the end, the work is let go, and with it the circuits and states that it holds.

    Attributes:
        result: the result when the run was successful, else None.
        error: what was raised when the run failed, else None.
        partial_result: what is there of a run that didn't succeed, else None.
        time_submitted: when the run was submitted, or None.
        time_started: when it started, or None.
        time_finished: when it ended, or None.
    """

    def __init__(self, work: SteerableWork | None = None, status: JobStatus = JobStatus.INITIALIZING) -> None:
        """Create a run that hasn't started.

        Args:
            work: what to run; None when somebody else runs it.
            status: the status to begin with.
        """
        self._work = work
        self._status = status
        self._progress: Progress | None = None
        self._callbacks: list[Callable[[], object]] = []
        self._changed = threading.Condition()
        self.result: Result | None = None
        self.error: BaseException | None = None
        self._partial_result: Result | None = None
        self.time_submitted: datetime | None = None
        self.time_started: datetime | None = None
        self.time_finished: datetime | None = None

    def status(self) -> JobStatus:
        """Return the status now."""
        return self._status

    def progress(self) -> Progress:
        """Return how far the run is."""
        work = self._work
        if self._progress is not None:
            return self._progress
        return work.progress() if work is not None else _UNFINISHED

    def partial_result(self) -> Result | None:
        """Return the result as far as it is there."""
        work = self._work
        if self.result is not None or self._partial_result is not None:
            return self.result or self._partial_result
        return work.partial_result() if work is not None else None

    # What happens to a run, in order.

    def submit(self) -> None:
        """Note that the run waits for its turn.

        Raises:
            JobError: if it was submitted before.
        """
        with self._changed:
            if self._status is not JobStatus.INITIALIZING:
                was = "cancelled before it was submitted" if self.time_submitted is None else "submitted already"
                raise JobError(f"The job was {was} and is {self._status.name}; a job is submitted once.")
            self._status = JobStatus.QUEUED
            self.time_submitted = datetime.now(UTC)
            self._changed.notify_all()

    def start(self) -> bool:
        """Note that the run has begun; False when it has ended before it could."""
        with self._changed:
            if self._status in JOB_FINAL_STATES:
                return False
            if self._status is not JobStatus.RUNNING:
                self._status = JobStatus.RUNNING
                self.time_started = datetime.now(UTC)
                self._changed.notify_all()
            return True

    @property
    def is_brief(self) -> bool:
        """Whether the work takes less time than handing it to another thread."""
        return self._work is not None and self._work.is_brief

    def execute(self, passing_on: tuple[type[BaseException], ...] = ()) -> None:
        """Run the work to its end, on the calling thread.

        Args:
            passing_on: what is raised on to the caller and cancels the run, such as its Ctrl-C; nothing on a thread of
                the pool, which must not end.
        """
        work = self._work
        if work is None or not self.start():
            return
        try:
            self.finish(work())
        except passing_on:
            self.cancel()
            raise
        except BaseException as error:
            self.fail(error)  # when the run was cancelled this changes nothing

    def finish(self, result: object) -> bool:
        """End with a result, in DONE if it is a successful one, else in ERROR.

        Returns:
            True if this decided the end.
        """
        if not isinstance(result, Result):
            return self.fail(
                TypeError(f"the job's work must return a qiskit.result.Result, it returned {type(result).__name__}")
            )
        if result.success:
            return self._end(JobStatus.DONE, result=result)
        return self._end(JobStatus.ERROR, error=_failure_of(result), partial_result=result)

    def fail(self, error: BaseException) -> bool:
        """End in ERROR because of ``error``.

        Returns:
            True if this decided the end.
        """
        release_frames(error)
        return self._end(JobStatus.ERROR, error=error)

    def cancel(self) -> bool:
        """End in CANCELLED now, and have the work stop.

        Returns:
            True if this decided the end, False if it was decided already.
        """
        return self._end(JobStatus.CANCELLED)

    def abandon(self) -> None:
        """End a run whose thread doesn't exist in this process, after a fork."""
        self._changed = threading.Condition()
        # Who is told of the end is told in the parent: a child must not do it a second time.
        self.silence()
        self.fail(JobError("The job runs in the process that submitted it, not in its forked child."))

    def silence(self) -> None:
        """Drop the callbacks."""
        self._callbacks = []

    def _end(
        self,
        status: JobStatus,
        result: Result | None = None,
        error: BaseException | None = None,
        partial_result: Result | None = None,
    ) -> bool:
        with self._changed:
            if self._status in JOB_FINAL_STATES:
                return False
            work, self._work = self._work, None
            self._progress = work.progress() if work else _UNFINISHED
            if status is JobStatus.DONE:
                self._progress = self._progress._replace(done=self._progress.total)
            if work and not result and not partial_result:
                partial_result = work.partial_result()
            self.result, self.error, self._partial_result = result, error, partial_result
            self.time_finished = datetime.now(UTC)
            self._status = status
            callbacks, self._callbacks = self._callbacks, []
            self._changed.notify_all()
        if status is JobStatus.CANCELLED:
            # Before the callbacks: the work must not go on for as long as they take.
            self._stop(work)
        _call_all(callbacks)
        return True

    def _stop(self, work: SteerableWork | None) -> None:
        """Have the work stop, after the end was decided."""
        if work is not None:
            work.cancel()

    # Waiting for it.

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until the run has ended, for ``timeout_s`` seconds at most; True if it has."""
        return self._wait_until(lambda: self._status in JOB_FINAL_STATES, timeout_s)

    def wait_for_change(self, status: JobStatus, timeout_s: float) -> None:
        """Wait until the status isn't ``status`` any more, for ``timeout_s`` seconds at most."""
        self._wait_until(lambda: self._status is not status, timeout_s)

    def _wait_until(self, condition: Callable[[], bool], timeout_s: float | None) -> bool:
        deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
        if condition():
            return True
        with LOCAL_EXECUTOR.waiting_for_others(), self._changed:
            while not condition():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return False
                self._changed.wait(min(left_s, LONGEST_BLOCK_S))
        return True

    def call_when_ended(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called once when the run has ended, at once if it has already."""
        with self._changed:
            if self._status not in JOB_FINAL_STATES:
                self._callbacks.append(callback)
                return
        _call(callback)

    # A run that has ended can be pickled: a lock can't, nor can every exception, so its text goes.

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            LocalRun,
            (),
            {
                "_status": self._status,
                "_progress": self._progress,
                "_partial_result": self._partial_result,
                "result": self.result,
                "error": self.error and as_job_failed(self.error),
                "time_submitted": self.time_submitted,
                "time_started": self.time_started,
                "time_finished": self.time_finished,
            },
        )


class FutureRun(LocalRun):
    """A run that somebody else executes behind a ``concurrent.futures.Future``."""

    def __init__(self, future: Future[Result]) -> None:
        """Follow the future; cancelling the run cancels the future too, as far as it can be.

        Args:
            future: gives a Result, or raises.
        """
        super().__init__(status=JobStatus.QUEUED)
        self._future: Future[Result] | None = future
        self.time_submitted = datetime.now(UTC)
        future.add_done_callback(self._follow)

    def status(self) -> JobStatus:
        """Return the status, asking the future."""
        future = self._future
        if future is not None and future.done():
            self._follow(future)
        elif future is not None and future.running():
            self.start()
        return super().status()

    def cancel(self) -> bool:
        """Cancel the future; if it runs already and can't be stopped, its result is thrown away."""
        self.status()
        return super().cancel()

    def _stop(self, work: SteerableWork | None) -> None:
        future, self._future = self._future, None
        if future is not None:
            future.cancel()

    def _follow(self, future: Future[Result]) -> None:
        try:
            result = future.result(timeout=0)
        except CancelledError:
            super().cancel()
        except BaseException as error:
            self.fail(error)
        else:
            self.finish(result)
        self._future = None


def release_frames(error: BaseException) -> None:
    """Clear the local variables of the frames that an exception passed, and of those that led to it.

    The traceback stays printable, but no longer keeps circuits and state arrays alive.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        traceback.clear_frames(current.__traceback__)
        pending += [current.__cause__, current.__context__]


def cause_of(error: BaseException) -> BaseException | None:
    """Return the original exception: what a :class:`JobFailedError` was raised from, or the error itself."""
    return error.__cause__ if isinstance(error, JobFailedError) else error


def as_job_failed(error: BaseException, prefix: str = "") -> JobFailedError:
    """Return a new :class:`JobFailedError` that says what ``error`` says, with its traceback as text.

    Args:
        error: what the work raised.
        prefix: what to put before the message.
    """
    cause = cause_of(error)
    trace = "".join(traceback.format_exception(cause)) if cause is not None else None
    if isinstance(error, JobFailedError):
        return JobFailedError(
            f"{prefix}{error}",
            circuit_index=error.circuit_index,
            circuit_name=error.circuit_name,
            remote_traceback=error.remote_traceback or trace,
        )
    return JobFailedError(f"{prefix}{describe(error)}", remote_traceback=trace)


def describe(error: BaseException) -> str:
    """Return the type and the message of an error; of a job's own errors the message alone."""
    message = str(getattr(error, "message", error))
    if isinstance(error, JobError):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _failure_of(result: Result) -> JobFailedError:
    """Return the error that an unsuccessful result stands for, naming the first circuit that failed."""
    for index, experiment in enumerate(result.results or []):
        if not experiment.success:
            name = (getattr(experiment, "header", None) or {}).get("name")
            status = getattr(experiment, "status", None) or "no reason given"
            return JobFailedError(f"circuit {index} ({name!r}): {status}", circuit_index=index, circuit_name=name)
    return JobFailedError(f"the result says that the run wasn't successful: {result.status or 'no reason given'}")


def _call_all(callbacks: list[Callable[[], object]]) -> None:
    """Call each, also behind one that asks the interpreter to leave; that request goes on afterwards."""
    leaving: BaseException | None = None
    for callback in callbacks:
        try:
            _call(callback)
        except BaseException as request:
            leaving = leaving or request
    if leaving is not None:
        raise leaving


def _call(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:
        _logger.exception("a done callback raised")
