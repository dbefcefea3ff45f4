"""Taking jobs from the queue."""

from __future__ import annotations

import pytest

from queuebit.store import JobState, StoreError, Usage
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures, new_job, new_worker


class QueuePositionChecks(StoreFixtures):
    """`queue_position()` says how many jobs will be taken before one."""

    def test_positions_are_the_order_of_claims(self) -> None:
        """Greater priority comes first, then the older."""
        jobs = self.store.submit([new_job(priority=priority) for priority in (0, 5, 0, -1, 5)])
        assert [self.store.queue_position(job.job_id) for job in jobs] == [2, 0, 3, 4, 1]

    def test_a_job_that_is_not_queued_has_no_position(self) -> None:
        """A job that was taken, or has ended, has none; those behind it move up."""
        claim = self.running()
        behind = self.submit()
        assert self.store.queue_position(claim.job.job_id) is None
        assert self.store.queue_position(behind.job_id) == 0
        self.finish(claim)
        assert self.store.queue_position(claim.job.job_id) is None


class ClaimChecks(StoreFixtures):
    """`claim()` gives jobs to a worker."""

    def test_a_claimed_job_is_running(self) -> None:
        """A claim makes the job RUNNING in its next attempt, with the worker's name and the time."""
        submitted = self.submit()
        job = self.claim().job
        assert (job.state, job.attempt, job.worker_id) == (JobState.RUNNING, 1, self.worker_id)
        assert job.started_us is not None
        assert job.started_us >= submitted.created_us
        assert job == self.store.get(submitted.job_id)

    def test_a_claim_has_the_circuits(self) -> None:
        """What is to be run comes with the claim."""
        self.store.submit([new_job(circuits=(b"a", b"b")), new_job(circuits=(b"b",)), new_job(circuits=(b"c", b"c"))])
        claims = self.store.claim(self.worker_id, 3)
        assert [claim.circuits for claim in claims] == [(b"a", b"b"), (b"b",), (b"c", b"c")]
        assert [claim.finished for claim in claims] == [frozenset()] * 3

    def test_greater_priority_comes_first_then_the_older(self) -> None:
        """Jobs are taken by priority, and among equal ones in the order of their submission."""
        self.store.submit([new_job(name=str(priority), priority=priority) for priority in (0, 5, 0, -1, 5)])
        taken = [claim.job for claim in self.store.claim(self.worker_id, 10)]
        assert [job.priority for job in taken] == [5, 5, 0, 0, -1]
        assert taken == sorted(taken, key=lambda job: (-job.priority, job.sequence))

    def test_no_more_than_asked_for_are_taken(self) -> None:
        """`limit` bounds how many; the rest waits."""
        self.store.submit([new_job() for _ in range(5)])
        assert [len(self.store.claim(self.worker_id, limit)) for limit in (0, 2, -1, 10, 10)] == [0, 2, 0, 3, 0]

    def test_a_job_is_taken_once(self) -> None:
        """What one worker has taken, no other gets."""
        self.store.submit([new_job() for _ in range(4)])
        other = new_worker()
        self.store.register_worker(other)
        mine, theirs = self.store.claim(self.worker_id, 2), self.store.claim(other.worker_id, 4)
        assert len({claim.job.job_id for claim in mine + theirs}) == 4
        assert {claim.job.worker_id for claim in theirs} == {other.worker_id}

    def test_only_a_registered_worker_may_take_jobs(self) -> None:
        """A worker that isn't registered is refused, because nobody could tell whether it lives."""
        self.submit()
        with pytest.raises(StoreError, match="stranger"):
            self.store.claim("stranger", 1)
        assert self.store.statistics()[JobState.QUEUED] == 1

    def test_a_second_attempt_knows_what_is_finished(self) -> None:
        """A claim says which circuits have results from earlier attempts."""
        claim = self.running(circuits=(b"a", b"b", b"c"))
        self.store.keep_results(claim, [RESULT])
        self.store.release(claim, "stopping")
        again = self.claim()
        assert again.finished == {0}
        assert (again.job.attempt, again.circuits) == (2, claim.circuits)

    def test_an_attempt_begins_without_progress(self) -> None:
        """Progress is an attempt's: a job that was given back has none."""
        claim = self.running()
        self.store.report(claim, progress_done=5, progress_total=10)
        released = self.store.release(claim, "stopping")
        assert (released.progress_done, released.progress_total) == (0, 0)
        assert self.claim().job.progress_total == 0

    def test_progress_is_seen(self) -> None:
        """What a worker reports is there for everybody, also at the end."""
        claim = self.running()
        self.store.report(claim, progress_done=5, progress_total=10)
        job = self.store.get(claim.job.job_id)
        assert (job.progress_done, job.progress_total) == (5, 10)
        (ended,) = self.store.finish([(claim, [RESULT], Usage())])
        assert ended is not None
        assert (ended.progress_done, ended.progress_total) == (5, 10)
