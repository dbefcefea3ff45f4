"""The job contract on Aer's job class, with what it does otherwise declared."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, ClassVar

import pytest
from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobV1

from queuebit.testing import JobContract
from queuebit.testing.work import Work, hold, succeed

qiskit_aer = pytest.importorskip("qiskit_aer")
aer_jobs = pytest.importorskip("qiskit_aer.jobs")


def wide() -> QuantumCircuit:
    circuit = QuantumCircuit(20, name="wide")
    circuit.h(range(20))
    circuit.measure_all()
    return circuit


class TestAerJob(JobContract):
    deviations: ClassVar = {
        **dict.fromkeys(
            (
                "test_callback_of_a_finished_job_is_called_once",
                "test_callback_sees_the_final_status",
                "test_callback_sees_the_query_before_the_timeout",
            ),
            "Qiskit's wait calls back only before it sleeps: not for the last query",
        ),
        **dict.fromkeys(
            (
                "test_every_wait_wakes_when_the_job_ends",
                "test_timeout_cuts_the_pause",
                "test_wait_wakes_when_the_job_ends",
            ),
            "Qiskit's wait sleeps through its `wait`, whatever happens",
        ),
        **dict.fromkeys(
            (
                "test_nan_timeout_is_refused",
                "test_nan_wait_is_refused",
                "test_negative_timeout_is_refused",
                "test_negative_wait_is_refused",
                "test_timeout_that_is_no_number_is_refused",
                "test_wait_that_is_no_number_is_refused",
            ),
            "Qiskit's wait takes any `timeout` and `wait`",
        ),
        "test_deadline_ignores_the_wall_clock": "Qiskit's wait measures with time.time()",
        "test_wait_timeout_is_the_builtin_too": "Qiskit's JobTimeoutError is no TimeoutError",
        "test_base_cancel_says_that_it_is_not_supported": "Qiskit's cancel() raises without a sentence",
        **dict.fromkeys(
            (
                "test_infinite_result_timeout_is_none",
                "test_nan_result_timeout_is_refused",
                "test_negative_result_timeout_is_refused",
                "test_result_timeout_that_is_no_number_is_refused",
            ),
            "its result() hands any timeout to the future",
        ),
        "test_result_timeout_is_qiskits": "its result() raises the future's TimeoutError",
        **dict.fromkeys(
            (
                "test_await_of_an_unsubmitted_job_raises_job_error",
                "test_cancel_of_an_unsubmitted_job_is_true",
                "test_cancelled_unsubmitted_job_can_not_be_submitted",
                "test_unsubmitted_job_is_initializing",
            ),
            "its methods raise before submit(), and Qiskit's JobV1 can't be awaited",
        ),
        "test_pending_job_is_queued": "it says INITIALIZING while it waits for its turn",
        **dict.fromkeys(
            (
                "test_cancel_of_a_running_job_is_true",
                "test_cancel_stops_a_running_job",
                "test_cancel_twice_is_no_error",
                "test_cancelling_one_job_leaves_the_others",
                "test_result_wakes_when_the_job_is_cancelled",
                "test_wait_wakes_when_the_job_is_cancelled",
            ),
            "its cancel() can't stop work that runs",
        ),
        **dict.fromkeys(
            (
                "test_failure_carries_its_cause",
                "test_result_of_a_failed_job_raises_job_error",
                "test_result_of_a_failed_job_raises_job_failed_error",
            ),
            "its result() raises what the work raised",
        ),
        **dict.fromkeys(
            (
                "test_result_of_a_cancelled_job_raises_job_cancelled_error",
                "test_result_of_a_cancelled_job_raises_job_error",
            ),
            "its result() raises the future's CancelledError",
        ),
        **dict.fromkeys(
            ("test_result_of_an_unsuccessful_run_raises_job_failed_error", "test_unsuccessful_job_is_error"),
            "it is DONE when a simulation failed",
        ),
        **dict.fromkeys(
            (
                "test_cancelled_job_can_be_pickled",
                "test_failed_job_can_be_pickled",
                "test_finished_job_can_be_copied_deeply",
                "test_finished_job_can_be_pickled",
            ),
            "it holds its executor",
        ),
        "test_backend_none_raises": "its backend() returns None",
        "test_metadata_is_the_keyword_arguments": "its constructor takes no metadata",
        **dict.fromkeys(
            (
                "test_await_leaves_the_event_loop_free",
                "test_await_of_a_cancelled_job_raises",
                "test_await_of_a_failed_job_raises",
                "test_await_returns_the_result",
                "test_await_wakes_when_the_job_is_cancelled",
                "test_cancelled_job_has_a_time_of_its_end",
                "test_done_callback_after_the_end_is_called_at_once",
                "test_done_callback_finds_the_job_final",
                "test_done_callback_is_called_when_the_job_is_cancelled",
                "test_done_callback_is_called_when_the_work_ends",
                "test_done_callback_of_a_cancelled_job_is_called",
                "test_done_callback_of_a_failed_job_is_called",
                "test_end_is_stamped_when_it_happens",
                "test_error_message_of_a_cancelled_job_is_none_or_text",
                "test_error_message_of_a_failed_job_says_why",
                "test_error_message_of_a_finished_job_is_none",
                "test_error_message_of_a_running_job_is_none",
                "test_error_message_of_an_unsuccessful_job_is_text",
                "test_failed_job_has_a_time_of_its_end",
                "test_finished_job_has_a_time_of_its_end",
                "test_html_repr_escapes_the_id",
                "test_progress_has_names",
                "test_progress_is_done_total_and_unit",
                "test_progress_never_goes_back",
                "test_progress_of_a_finished_job_is_complete",
                "test_repr_is_short_and_names_the_job",
                "test_repr_of_a_failed_job_never_raises",
                "test_repr_of_a_running_job_does_not_wait",
                "test_times_are_aware_or_none",
                "test_times_are_in_order",
                "test_times_of_a_queued_job_say_submitted",
                "test_times_of_an_unsubmitted_job_are_none",
                "test_times_of_what_has_not_happened_are_none",
                "test_waiting_costs_no_thread_a_job",
            ),
            "Qiskit's JobV1 has no such thing",
        ),
    }

    @pytest.fixture(autouse=True)
    def _executors(self) -> Iterator[None]:
        with ThreadPoolExecutor() as executor, ThreadPoolExecutor(max_workers=1) as one_by_one:
            self.executor, self.one_by_one = executor, one_by_one
            yield

    def make_job(
        self,
        work: Work,
        backend: BackendV2 | None,
        job_id: str,
        executor: ThreadPoolExecutor | None = None,
        **metadata: Any,
    ) -> JobV1:
        return aer_jobs.AerJob(backend, job_id, lambda *_: work(), executor=executor or self.executor, **metadata)

    def queued_job(self, release: Event) -> JobV1:
        self.one_by_one.submit(hold(release))
        job = self.make_job(succeed, None, "queued", executor=self.one_by_one)
        job.submit()
        return job

    def cancelled_job(self, release: Event) -> JobV1:
        job = self.queued_job(release)
        job.cancel()
        return job

    def unsuccessful_job(self) -> JobV1:
        return qiskit_aer.AerSimulator(method="statevector", max_memory_mb=1).run(wide())
