"""A scripted job shows its script, one step a query, and behaves as any job otherwise."""

import asyncio
import pickle
from threading import Event
from typing import Any, ClassVar

import pytest
from qiskit.providers import BackendV2, JobStatus
from qiskit.result import Result

from queuebit.providers import JobCancelledError, JobError, JobFailedError, JobTimeoutError, JobV1, Progress
from queuebit.testing import JobContract, ScriptedJob, ScriptedStatus, StatusProbe
from queuebit.testing.scripted_status import put_status
from queuebit.testing.work import FAILURE_TEXT

QUEUED, RUNNING, DONE = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE


class TestScriptedJob(JobContract):
    unavailable: ClassVar = {
        "unsubmitted": "its statuses come without a submit()",
        "queued": "nothing is ahead of it",
        "release": "its script goes on when it is asked",
        "unsuccessful": "it says ERROR when its script does",
    }
    deviations: ClassVar = dict.fromkeys(
        (
            "test_cancelled_job_has_a_time_of_its_end",
            "test_failed_job_has_a_time_of_its_end",
            "test_finished_job_has_a_time_of_its_end",
            "test_times_of_what_has_not_happened_are_none",
        ),
        "no time passes in a script",
    ) | {
        "test_failure_carries_its_cause": "its failure has none",
        "test_wait_wakes_when_the_job_is_cancelled": "it shows its script to queries only, so a wait sleeps",
    }

    def constructed_job(self, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return ScriptedJob([DONE], job_id=job_id, backend=backend, **metadata)

    def finished_job(self) -> JobV1:
        return ScriptedJob([DONE])

    def failing_job(self) -> JobV1:
        return ScriptedJob([JobStatus.ERROR], message=FAILURE_TEXT)

    def running_job(self, release: Event) -> JobV1:
        return ScriptedJob([RUNNING])


def test_each_query_takes_the_next_step_and_the_last_one_stays() -> None:
    job = ScriptedJob([QUEUED, RUNNING, DONE])
    assert [job.status() for _ in range(5)] == [QUEUED, RUNNING, DONE, DONE, DONE]
    assert job.queries == 5


def test_an_exception_in_the_script_is_raised_by_its_query() -> None:
    job = ScriptedJob([RUNNING, ConnectionError("no line"), DONE])
    assert job.status() is RUNNING
    with pytest.raises(ConnectionError, match="no line"):
        job.status()
    assert job.status() is DONE


def test_an_empty_script_is_refused() -> None:
    with pytest.raises(ValueError, match="one step at least"):
        ScriptedJob([])


def test_result_plays_the_script_to_its_end() -> None:
    result = Result(success=True, results=[])
    job = ScriptedJob([QUEUED, RUNNING, DONE], result=result)
    assert job.result() is result
    assert job.queries == 3


def test_result_of_a_script_that_ends_badly_raises() -> None:
    with pytest.raises(JobFailedError, match="the qubits left"):
        ScriptedJob([RUNNING, JobStatus.ERROR], message="the qubits left").result()
    with pytest.raises(JobCancelledError):
        ScriptedJob([RUNNING, JobStatus.CANCELLED]).result()


def test_result_of_an_endless_script_times_out() -> None:
    with pytest.raises(JobTimeoutError):
        ScriptedJob([RUNNING]).result(timeout=0.01)


def test_another_script_can_follow() -> None:
    job = ScriptedJob([RUNNING])
    assert job.status() is RUNNING
    job.play(QUEUED, DONE)
    assert [job.status(), job.status()] == [QUEUED, DONE]


def test_a_cancelled_script_stays_cancelled() -> None:
    job = ScriptedJob([QUEUED, RUNNING, DONE])
    assert job.status() is QUEUED
    assert job.cancel() is True
    assert job.cancel() is False
    assert job.cancelled()


def test_a_scripted_job_can_be_awaited() -> None:
    async def awaited(job: ScriptedJob) -> Result:
        return await job

    assert asyncio.run(awaited(ScriptedJob([QUEUED, RUNNING, DONE]))).success


def test_progress_is_read_from_its_list_and_the_last_one_stays() -> None:
    steps = [Progress(0, 9, "gates"), Progress(4, 9, "gates"), Progress(9, 9, "gates")]
    job = ScriptedJob([RUNNING], progress=steps)
    assert [job.progress() for _ in range(4)] == [*steps, steps[-1]]


def test_error_message_and_progress_ask_for_no_status() -> None:
    job = ScriptedJob([JobStatus.ERROR], message="the qubits left")
    assert job.error_message() == "the qubits left"
    assert job.progress() == Progress(1, 1, "jobs")
    assert job.queries == 0


def test_submit_is_refused() -> None:
    with pytest.raises(JobError, match="scripted"):
        ScriptedJob([QUEUED]).submit()


def test_a_script_is_pickled_where_it_is() -> None:
    status = ScriptedStatus([QUEUED, RUNNING, DONE])
    status()
    twin = pickle.loads(pickle.dumps(status))
    assert (twin.queries, twin(), twin.peek()) == (1, RUNNING, RUNNING)


def test_a_probe_counts_the_queries_of_a_real_status() -> None:
    job = ScriptedJob([RUNNING, DONE])
    probe = StatusProbe(job.status)
    put_status(job, probe)
    assert not job.done()
    assert job.done()
    assert probe.queries == 2


def test_a_status_is_put_on_one_job_only() -> None:
    scripted, other = ScriptedJob([RUNNING]), ScriptedJob([RUNNING])
    put_status(scripted, ScriptedStatus([DONE]))
    assert scripted.status() is DONE
    assert other.status() is RUNNING
    assert isinstance(scripted, ScriptedJob)
