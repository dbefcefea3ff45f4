"""Jobs with the wrong result, or the wrong error."""

import asyncio
import math
import warnings
from typing import Any

import qiskit.providers
from qiskit.result import Result

from queuebit.providers import JobCancelledError, JobError, JobFailedError, JobTimeoutError
from queuebit.providers.basic_provider import BasicProviderJob
from queuebit.testing.work import succeed

from .catalogue import found_by


@found_by(
    "result_is_the_same_object_each_time",
    "result_takes_a_timeout",
    "await_returns_the_result",
    "cancel_of_a_finished_job_is_false",
)
class BuildsItsResultAnew(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        if timeout is not None:
            warnings.warn("a timeout has no meaning here", UserWarning, stacklevel=2)
        super().result(timeout)
        return succeed()


@found_by(
    "result_is_qiskits_result", "result_waits_for_the_work", "submit_starts_the_job", "infinite_result_timeout_is_none"
)
class ReturnsADict(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Any:
        return super().result(timeout).to_dict()


@found_by(
    "result_timeout_is_qiskits",
    "result_of_a_failed_job_raises_job_error",
    "result_of_a_failed_job_raises_job_failed_error",
    "result_of_an_unsuccessful_run_raises_job_failed_error",
    "result_of_a_cancelled_job_raises_job_error",
    "result_of_a_cancelled_job_raises_job_cancelled_error",
    "result_of_an_unsubmitted_job_raises_job_error",
    "await_of_a_failed_job_raises",
    "await_of_a_cancelled_job_raises",
    "await_of_an_unsubmitted_job_raises_job_error",
    "failure_carries_its_cause",
)
class RaisesTheBuiltins(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        try:
            return super().result(timeout)
        except JobTimeoutError as error:
            raise TimeoutError(*error.args) from None
        except JobError as error:
            raise asyncio.InvalidStateError(*error.args) from None


@found_by(
    "result_timeout_is_the_builtin",
    "result_timeout_leaves_the_job_running",
    "result_of_a_cancelled_job_raises_the_builtin",
    "result_wakes_when_the_job_is_cancelled",
    "await_wakes_when_the_job_is_cancelled",
)
class RaisesQiskitsErrors(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        try:
            return super().result(timeout)
        except JobTimeoutError as error:
            self.cancel()
            raise qiskit.providers.JobTimeoutError(*error.args) from None
        except JobCancelledError as error:
            raise JobError(*error.args) from None


@found_by(
    "negative_result_timeout_is_refused",
    "nan_result_timeout_is_refused",
    "result_timeout_that_is_no_number_is_refused",
    "infinite_result_timeout_is_none",
)
class TakesAnyTimeout(BasicProviderJob):
    def result(self, timeout: Any = None) -> Result:
        if timeout == math.inf:
            raise OverflowError("timestamp too large")
        return super().result(timeout if isinstance(timeout, float) and timeout > 0 else None)


@found_by("failure_says_why", "failure_carries_its_cause", "error_message_of_a_failed_job_says_why")
class KeepsTheReasonToItself(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        try:
            return super().result(timeout)
        except JobFailedError:
            raise JobFailedError("failed") from None

    def error_message(self) -> str | None:
        return "failed"
