"""Jobs that wait for the wrong thing, too long, or not at all."""

import time
from typing import Any

import qiskit.providers

from queuebit.providers import JobStatus, JobTimeoutError
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


@found_by(
    "callback_sees_the_final_status",
    "callback_of_a_finished_job_is_called_once",
    "callback_sees_the_query_before_the_timeout",
    "wait_timeout_is_the_builtin_too",
    "timeout_cuts_the_pause",
    "deadline_ignores_the_wall_clock",
    "wait_wakes_when_the_job_ends",
    "wait_wakes_when_the_job_is_cancelled",
    "every_wait_wakes_when_the_job_ends",
    "negative_timeout_is_refused",
    "nan_timeout_is_refused",
    "negative_wait_is_refused",
    "nan_wait_is_refused",
    "timeout_that_is_no_number_is_refused",
    "wait_that_is_no_number_is_refused",
)
class WaitsLikeQiskit(BasicProviderJob):
    _async = True
    wait_for_final_state = qiskit.providers.JobV1.wait_for_final_state


@found_by(
    "wait_queries_until_the_status_is_final",
    "wait_takes_its_arguments_in_the_documented_order",
    "wait_ends_at_each_final_status",
    "wait_zero_queries_without_a_pause",
    "wait_is_the_longest_gap_between_queries",
    "exception_of_status_propagates",
    "exception_of_the_callback_propagates",
    "callback_follows_each_query",
    "callback_gets_id_status_and_job",
    "wait_times_out",
    "timeout_leaves_the_job_running",
    "timeout_zero_queries_once",
    "timeout_error_can_be_pickled",
    "infinite_timeout_is_none",
)
class NeverWaits(BasicProviderJob):
    def wait_for_final_state(self, timeout: Any = None, wait: Any = 5, callback: Any = None) -> None:
        return


@found_by(
    "wait_returns_none",
    "wait_of_a_finished_job_returns_at_once",
    "wait_returns_when_the_job_failed",
    "wait_returns_when_the_job_is_cancelled",
    "timeout_zero_of_a_finished_job_returns",
)
class WaitsForNothing(BasicProviderJob):
    def wait_for_final_state(self, timeout: Any = None, wait: Any = 5, callback: Any = None) -> Any:
        if timeout == 0:
            raise JobTimeoutError("no time at all")
        if self.status() is JobStatus.DONE and wait > 5:
            time.sleep(wait)
        return self.result()


@found_by("wait_is_the_longest_gap_between_queries", "wait_times_out", "timeout_cuts_the_pause")
class PausesUntilTheEnd(BasicProviderJob):
    def _wait_for_change(self, status: JobStatus, timeout_s: float) -> None:
        super()._wait_for_change(status, 60)
