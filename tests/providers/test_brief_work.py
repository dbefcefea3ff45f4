"""Work that takes less time than handing it to another thread is done where it is submitted."""

import threading

import pytest
from qiskit.result import Result

from queuebit.providers import JobStatus
from queuebit.providers.basic_provider import BasicProviderJob
from queuebit.providers.job import Progress
from queuebit.providers.local_work import SteerableWork
from queuebit.testing.work import succeed


class BriefWork(SteerableWork):
    is_brief = True

    def __init__(self, raising: BaseException | None = None) -> None:
        self.raising = raising
        self.thread: threading.Thread | None = None
        self.cancelled = False

    def __call__(self) -> Result:
        self.thread = threading.current_thread()
        if self.raising is not None:
            raise self.raising
        return succeed()

    def cancel(self) -> None:
        self.cancelled = True

    def progress(self) -> Progress:
        return Progress(0, 1, "jobs")

    def partial_result(self) -> None:
        return


def test_brief_work_runs_on_the_thread_that_submits_it():
    work = BriefWork()
    job = BasicProviderJob(None, "brief", work)
    job.submit()
    assert job.status() is JobStatus.DONE
    assert work.thread is threading.current_thread()
    assert None not in (job.time_submitted, job.time_started, job.time_finished)
    assert job.progress() == (1, 1, "jobs")


@pytest.mark.parametrize("request_", [KeyboardInterrupt(), SystemExit(3)], ids=["ctrl-c", "exit"])
def test_a_request_to_leave_cancels_brief_work_and_goes_on(request_):
    work = BriefWork(request_)
    job = BasicProviderJob(None, "brief", work)
    with pytest.raises(type(request_)):
        job.submit()
    assert job.status() is JobStatus.CANCELLED
    assert work.cancelled


def test_brief_work_that_fails_fails_its_job():
    job = BasicProviderJob(None, "brief", BriefWork(ValueError("no good")))
    job.submit()
    assert job.status() is JobStatus.ERROR
    assert "no good" in job.error_message()


def test_a_small_circuit_is_done_when_run_returns(backend, bell):
    job = backend.run(bell, shots=100)
    assert job.status() is JobStatus.DONE


def test_many_shots_or_circuits_or_a_loop_are_not_brief(backend, bell, endless):
    assert not backend.run(bell, shots=10_000_000).in_final_state()
    assert not backend.run([bell] * 20, shots=100_000).in_final_state()
    looping = backend.run(endless)
    assert not looping.in_final_state()
    looping.cancel()
