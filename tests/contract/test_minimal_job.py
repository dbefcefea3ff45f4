"""The job contract on the least that an author can write: what the base class does for it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, ClassVar

import pytest
from qiskit.providers import BackendV2
from qiskit.result import Result

from queuebit.providers import JobError, JobFailedError, JobStatus, JobV1
from queuebit.testing import JobContract
from queuebit.testing.work import Work, hold


class MinimalJob(JobV1):
    """A job with `submit`, `result` and `status` and nothing else."""

    def __init__(self, backend: BackendV2 | None, job_id: str, work: Work, pool: ThreadPoolExecutor, **tags: Any):
        super().__init__(backend, job_id, **tags)
        self.work, self.pool = work, pool
        self.future: Future[Result] | None = None

    def submit(self) -> None:
        if self.future is not None:
            raise JobError(f"Job {self.job_id()} has been submitted before.")
        self.future = self.pool.submit(self.work)

    def result(self) -> Result:
        if self.future is None:
            raise JobError(f"Job {self.job_id()} has not been submitted.")
        error = self.future.exception()
        if error is not None:
            raise JobFailedError(str(error)) from error
        if not self.future.result().success:
            raise JobFailedError(self.future.result().status)
        return self.future.result()

    def status(self) -> JobStatus:
        if self.future is None:
            return JobStatus.INITIALIZING
        if not self.future.done():
            return JobStatus.RUNNING if self.future.running() else JobStatus.QUEUED
        well = self.future.exception() is None and self.future.result().success
        return JobStatus.DONE if well else JobStatus.ERROR


class TestMinimalJob(JobContract):
    unavailable: ClassVar = dict.fromkeys(("cancel", "cancelled"), "it doesn't override cancel()")
    deviations: ClassVar = {
        **dict.fromkeys(
            ("test_every_wait_wakes_when_the_job_ends", "test_wait_wakes_when_the_job_ends"),
            "it can't know of a change, so the base class sleeps between two queries",
        ),
        **dict.fromkeys(
            (
                "test_infinite_result_timeout_is_none",
                "test_nan_result_timeout_is_refused",
                "test_negative_result_timeout_is_refused",
                "test_result_takes_a_timeout",
                "test_result_timeout_is_qiskits",
                "test_result_timeout_is_the_builtin",
                "test_result_timeout_leaves_the_job_running",
                "test_result_timeout_error_can_be_pickled",
                "test_result_timeout_that_is_no_number_is_refused",
            ),
            "its result() takes no timeout, as the JobV1 of the documents",
        ),
        **dict.fromkeys(
            (
                "test_end_is_stamped_when_it_happens",
                "test_failed_job_has_a_time_of_its_end",
                "test_finished_job_has_a_time_of_its_end",
                "test_times_are_in_order",
                "test_times_of_a_queued_job_say_submitted",
                "test_times_of_what_has_not_happened_are_none",
            ),
            "it doesn't stamp what happens to it",
        ),
        **dict.fromkeys(
            (
                "test_failed_job_can_be_pickled",
                "test_finished_job_can_be_copied_deeply",
                "test_finished_job_can_be_pickled",
            ),
            "it holds its executor",
        ),
        "test_await_of_an_unsubmitted_job_raises_job_error": "the base class waits until it is submitted",
        "test_error_message_of_a_failed_job_says_why": "the base class knows its status and no more",
    }

    @pytest.fixture(autouse=True)
    def _executors(self) -> Iterator[None]:
        with ThreadPoolExecutor() as executor, ThreadPoolExecutor(max_workers=1) as one_by_one:
            self.executor, self.one_by_one = executor, one_by_one
            yield

    def make_job(self, work: Work, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return MinimalJob(backend, job_id, work, self.executor, **metadata)

    def queued_job(self, release: Event) -> JobV1:
        self.one_by_one.submit(hold(release))
        job = MinimalJob(None, "queued", hold(release), self.one_by_one)
        job.submit()
        return job
