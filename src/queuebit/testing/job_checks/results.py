"""`result()`: the same object each time, within a timeout, and the error of a job that has none."""

from __future__ import annotations

import concurrent.futures
import math
import warnings
from collections.abc import Callable

import pytest
import qiskit.providers
from qiskit.providers import JobError, JobStatus, JobV1
from qiskit.result import Result

from queuebit.providers import JobCancelledError, JobFailedError
from queuebit.testing.patience import in_background
from queuebit.testing.scenario_fixtures import ScenarioFixtures

TIMEOUT_S = 0.02
"""A timeout that a check waits for to pass."""

LONG_S = 60.0
"""A timeout that no check can sit through."""


class ResultChecks(ScenarioFixtures):
    """`result(timeout=None)` waits and returns the same object every time."""

    def test_result_is_qiskits_result(self, finished: JobV1) -> None:
        """`qiskit.result.Result` is Qiskit's own class, and that of a job that is DONE is successful."""
        result = self.result_of(finished)
        assert isinstance(result, Result)
        assert result.success

    def test_result_is_the_same_object_each_time(self, finished: JobV1) -> None:
        """`result()` returns the same object every time."""
        first = self.result_of(finished)
        assert all(self.result_of(finished) is first for _ in range(3))

    def test_result_takes_a_timeout(self, finished: JobV1) -> None:
        """`result(timeout)` of a finished job returns at once, by position and by name, without a warning."""
        first = self.result_of(finished)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert self.promptly(lambda: finished.result(LONG_S)) is first
            assert self.promptly(lambda: finished.result(timeout=LONG_S)) is first
            assert self.promptly(lambda: finished.result(timeout=0)) is first

    def test_result_waits_for_the_work(self, running: JobV1, release: Callable[[], None]) -> None:
        """`result()` waits, and wakes at once when the work ends."""
        waiting = in_background(running.result)
        release()
        result = self.promptly(waiting.result, "result() of a job that was let go")
        assert isinstance(result, Result)
        assert running.status() is JobStatus.DONE

    def test_result_timeout_is_the_builtin(self, running: JobV1) -> None:
        """A result that isn't there in time raises what `except TimeoutError` catches."""
        with pytest.raises(TimeoutError):
            self.result_of(running, timeout=TIMEOUT_S)

    def test_result_timeout_is_qiskits(self, running: JobV1) -> None:
        """A result that isn't there in time raises Qiskit's `JobTimeoutError`, which names the job."""
        with pytest.raises(qiskit.providers.JobTimeoutError) as raised:
            self.result_of(running, timeout=TIMEOUT_S)
        assert running.job_id() in str(raised.value)

    def test_result_timeout_leaves_the_job_running(self, running: JobV1, release: Callable[[], None]) -> None:
        """A `result` that timed out changes nothing about the job: its result can still be had."""
        with pytest.raises(TimeoutError):
            self.result_of(running, timeout=0)
        assert running.status() is JobStatus.RUNNING
        release()
        assert self.result_of(running).success

    def test_infinite_result_timeout_is_none(self, running: JobV1, release: Callable[[], None]) -> None:
        """An infinite `timeout` is no error: the result is waited for as long as it takes."""
        waiting = in_background(lambda: running.result(timeout=math.inf))
        release()
        assert self.promptly(waiting.result, "result() of a job that was let go").success

    def test_negative_result_timeout_is_refused(self, finished: JobV1) -> None:
        """A negative `timeout` raises `ValueError` that names it."""
        with pytest.raises(ValueError, match="timeout"):
            self.result_of(finished, timeout=-1)

    def test_nan_result_timeout_is_refused(self, finished: JobV1) -> None:
        """A NaN `timeout` raises `ValueError` that names it."""
        with pytest.raises(ValueError, match="timeout"):
            self.result_of(finished, timeout=math.nan)

    def test_result_timeout_that_is_no_number_is_refused(self, finished: JobV1) -> None:
        """A `timeout` that is no number raises `TypeError` or `ValueError` that names it."""
        self.result_of(finished, timeout=LONG_S)
        with pytest.raises((TypeError, ValueError), match="timeout"):
            self.result_of(finished, timeout="soon")

    def test_result_of_an_unsubmitted_job_raises_job_error(self, unsubmitted: JobV1) -> None:
        """`result()` raises `JobError` when the job was never submitted, instead of waiting for ever."""
        with pytest.raises(JobError):
            self.result_of(unsubmitted)


class FailureChecks(ScenarioFixtures):
    """`result()` of a job that is ERROR or CANCELLED raises an error that says so."""

    def test_result_of_a_failed_job_raises_job_error(self, failing: JobV1) -> None:
        """The error of a failed job is a `JobError` of Qiskit's."""
        with pytest.raises(JobError):
            self.result_of(failing)

    def test_result_of_a_failed_job_raises_job_failed_error(self, failing: JobV1) -> None:
        """`result()` raises `JobFailedError` each time."""
        for _ in range(2):
            with pytest.raises(JobFailedError):
                self.result_of(failing)

    def test_failure_says_why(self, failing: JobV1) -> None:
        """The error of a failed job passes on what its work said."""
        assert self.failure_text in str(self.error_of(failing.result)), f"see {type(self).__name__}.failure_text"

    def test_failure_carries_its_cause(self, failing: JobV1) -> None:
        """`JobFailedError` is raised from the original exception, or carries its traceback from elsewhere."""
        with pytest.raises(JobFailedError) as raised:
            self.result_of(failing)
        assert raised.value.__cause__ is not None or raised.value.remote_traceback

    def test_result_of_an_unsuccessful_run_raises_job_failed_error(self, unsuccessful: JobV1) -> None:
        """A run whose `Result.success` is false raises `JobFailedError`."""
        with pytest.raises(JobFailedError):
            self.result_of(unsuccessful)

    def test_result_of_a_cancelled_job_raises_job_error(self, cancelled: JobV1) -> None:
        """The error of a cancelled job is a `JobError` of Qiskit's."""
        with pytest.raises(JobError):
            self.result_of(cancelled)

    def test_result_of_a_cancelled_job_raises_the_builtin(self, cancelled: JobV1) -> None:
        """The error of a cancelled job is a `concurrent.futures.CancelledError`."""
        with pytest.raises(concurrent.futures.CancelledError):
            self.result_of(cancelled)

    def test_result_of_a_cancelled_job_raises_job_cancelled_error(self, cancelled: JobV1) -> None:
        """`result()` raises `JobCancelledError` when the job is cancelled."""
        with pytest.raises(JobCancelledError):
            self.result_of(cancelled)

    def test_result_wakes_when_the_job_is_cancelled(self, running: JobV1, cancel: Callable[[JobV1], bool]) -> None:
        """A `result()` that waits raises at once when the job is cancelled."""
        waiting = in_background(running.result)
        cancel(running)
        with pytest.raises(concurrent.futures.CancelledError):
            self.promptly(waiting.result, "result() of a job that was cancelled")
