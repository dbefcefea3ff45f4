"""The job contract on the job class of Qiskit's own simulator, with what it does otherwise declared."""

from typing import Any, ClassVar

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobV1
from qiskit.providers.basic_provider import BasicProviderJob, BasicSimulator

from queuebit.testing import JobContract
from queuebit.testing.work import end_unsuccessfully, succeed


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


class TestQiskitBasicProviderJob(JobContract):
    unavailable: ClassVar = dict.fromkeys(
        ("unsubmitted", "queued", "running", "cancelled", "failing"), "it is finished when run() returns"
    )
    deviations: ClassVar = {
        **dict.fromkeys(
            (
                "test_callback_follows_each_query",
                "test_callback_gets_id_status_and_job",
                "test_callback_of_a_finished_job_is_called_once",
                "test_callback_sees_the_final_status",
                "test_exception_of_status_propagates",
                "test_exception_of_the_callback_propagates",
                "test_nan_timeout_is_refused",
                "test_nan_wait_is_refused",
                "test_negative_timeout_is_refused",
                "test_negative_wait_is_refused",
                "test_timeout_that_is_no_number_is_refused",
                "test_wait_ends_at_each_final_status",
                "test_wait_queries_until_the_status_is_final",
                "test_wait_takes_its_arguments_in_the_documented_order",
                "test_wait_that_is_no_number_is_refused",
                "test_wait_zero_queries_without_a_pause",
            ),
            "its wait_for_final_state() returns at once, without a query",
        ),
        **dict.fromkeys(
            (
                "test_nan_result_timeout_is_refused",
                "test_negative_result_timeout_is_refused",
                "test_result_takes_a_timeout",
                "test_result_timeout_that_is_no_number_is_refused",
            ),
            "its result() warns that a timeout has no meaning, and takes any",
        ),
        **dict.fromkeys(
            ("test_result_of_an_unsuccessful_run_raises_job_failed_error", "test_unsuccessful_job_is_error"),
            "it is DONE whatever the result says",
        ),
        **dict.fromkeys(
            (
                "test_await_returns_the_result",
                "test_done_callback_after_the_end_is_called_at_once",
                "test_error_message_of_a_finished_job_is_none",
                "test_error_message_of_an_unsuccessful_job_is_text",
                "test_finished_job_has_a_time_of_its_end",
                "test_html_repr_escapes_the_id",
                "test_progress_has_names",
                "test_progress_of_a_finished_job_is_complete",
                "test_repr_is_short_and_names_the_job",
                "test_times_are_aware_or_none",
            ),
            "Qiskit's JobV1 has no such thing",
        ),
        "test_backend_none_raises": "its backend() returns None",
        "test_base_cancel_says_that_it_is_not_supported": "Qiskit's cancel() raises without a sentence",
        "test_cancel_of_a_finished_job_is_false": "it doesn't override cancel()",
        "test_metadata_is_the_keyword_arguments": "its constructor takes no keyword arguments",
        "test_submit_of_a_finished_job_raises_job_error": "its submit() does nothing, against its documents",
    }

    def finished_job(self) -> JobV1:
        return BasicSimulator().run(bell(), shots=10)

    def unsuccessful_job(self) -> JobV1:
        return BasicProviderJob(None, "unsuccessful", end_unsuccessfully())

    def constructed_job(self, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return BasicProviderJob(backend, job_id, succeed(), **metadata)
