"""Cancelling."""

from __future__ import annotations

import pytest

from queuebit.store import JobState, UnknownJobError
from queuebit.testing.store_checks.fixtures import StoreFixtures

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class CancelChecks(StoreFixtures):
    """`request_cancel()` cancels QUEUED jobs at once, and RUNNING ones by their worker."""

    def test_a_queued_job_is_cancelled_at_once(self) -> None:
        """It is CANCELLED when the call returns, and nobody gets it."""
        (job,) = self.store.request_cancel([self.submit().job_id])
        assert (job.state, job.cancel_requested) == (JobState.CANCELLED, True)
        assert job.finished_us is not None
        assert job == self.store.get(job.job_id)
        assert self.store.claim(self.worker_id, 1) == []

    def test_a_running_job_is_marked(self) -> None:
        """It still runs, with the wish noted, and its worker can ask for it."""
        claim = self.running()
        (job,) = self.store.request_cancel([claim.job.job_id])
        assert (job.state, job.cancel_requested, job.worker_id) == (JobState.RUNNING, True, self.worker_id)
        assert self.store.cancel_requests(self.worker_id) == [job.job_id]

    def test_a_final_job_stays_as_it_is(self) -> None:
        """What has ended can't be cancelled."""
        done = self.done()
        assert self.store.request_cancel([done.job_id]) == [done]

    def test_cancelling_twice_changes_nothing(self) -> None:
        """A second request finds what the first has done, and adds nothing to the story."""
        running = self.running().job.job_id
        queued = self.submit().job_id
        first = self.store.request_cancel([running, queued])
        stories = [self.store.events(running), self.store.events(queued)]
        assert self.store.request_cancel([running, queued, running]) == [*first, first[0]]
        assert [self.store.events(running), self.store.events(queued)] == stories

    def test_jobs_come_back_in_order(self) -> None:
        """The jobs are returned in the order in which they were named."""
        wanted = [self.submit().job_id for _ in range(3)][::-1]
        assert [job.job_id for job in self.store.request_cancel(iter(wanted))] == wanted

    def test_an_unknown_job_cancels_none(self) -> None:
        """An id that isn't there raises `UnknownJobError`, and the others are left."""
        job = self.submit()
        with pytest.raises(UnknownJobError, match=UNKNOWN):
            self.store.request_cancel([job.job_id, UNKNOWN])
        assert self.store.get(job.job_id) == job

    def test_requests_are_for_the_worker_that_has_the_job(self) -> None:
        """A worker is told of its own RUNNING jobs, as long as they run."""
        first, second = self.running(), self.running()
        self.running()
        self.store.request_cancel([second.job.job_id, first.job.job_id])
        assert self.store.cancel_requests(self.worker_id) == [first.job.job_id, second.job.job_id]
        assert self.store.cancel_requests("another") == []
        self.store.cancelled(first)
        assert self.store.cancel_requests(self.worker_id) == [second.job.job_id]
