"""A worker that has lost a job can't write for it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queuebit.store import Claim, JobRecord, JobState, JobStore, LostClaimError, StoredResult, Usage
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures, new_worker

STALE = StoredResult(index=0, content=b"stale")

Write = Callable[[JobStore, Claim], object]
WRITES: dict[str, Write] = {
    "keep_results": lambda store, claim: store.keep_results(claim, [STALE]),
    "report": lambda store, claim: store.report(claim, progress_done=9, progress_total=9, log="stale"),
    "fail": lambda store, claim: store.fail(claim, {"type": "Stale", "message": "stale"}, [STALE]),
    "cancelled": lambda store, claim: store.cancelled(claim, [STALE]),
    "release": lambda store, claim: store.release(claim, "stale"),
    "lose": lambda store, claim: store.lose(claim, "stale", Usage(cpu_s=9.0)),
    "lose_part": lambda store, claim: store.lose_part(claim, "stale", Usage(cpu_s=9.0)),
}


class FencingChecks(StoreFixtures):
    """Each write of a worker names its claim, and is refused when that doesn't hold any more."""

    def take_over(self, claim: Claim) -> Claim:
        """Let another worker have the job, as when the first one was thought dead."""
        self.store.recover(lambda worker: False)
        other = new_worker()
        self.store.register_worker(other)
        (taken,) = self.store.claim(other.worker_id, 1)
        assert taken.job.job_id == claim.job.job_id
        return taken

    @pytest.mark.parametrize("write", WRITES)
    def test_a_job_that_another_has_taken_is_left_alone(self, write: str) -> None:
        """After another worker has taken the job, each write raises `LostClaimError` and changes nothing."""
        claim = self.running()
        self.take_over(claim)
        before = self.all_of(claim)
        with pytest.raises(LostClaimError, match=claim.job.job_id):
            WRITES[write](self.store, claim)
        assert self.all_of(claim) == before

    @pytest.mark.parametrize("write", WRITES)
    def test_an_earlier_attempt_of_the_same_worker_is_lost(self, write: str) -> None:
        """A claim is an attempt's: the worker that has the job again can't write for the attempt before."""
        claim = self.running()
        self.store.release(claim, "stopping")
        assert self.claim().job.job_id == claim.job.job_id
        before = self.all_of(claim)
        with pytest.raises(LostClaimError, match="attempt 1"):
            WRITES[write](self.store, claim)
        assert self.all_of(claim) == before

    @pytest.mark.parametrize("write", WRITES)
    def test_a_job_that_is_queued_again_is_lost(self, write: str) -> None:
        """A worker that gave a job back can't write for it, also while nobody has taken it."""
        claim = self.running()
        self.store.release(claim, "stopping")
        before = self.all_of(claim)
        with pytest.raises(LostClaimError):
            WRITES[write](self.store, claim)
        assert self.all_of(claim) == before

    @pytest.mark.parametrize("write", WRITES)
    def test_a_job_that_has_ended_is_left_alone(self, write: str) -> None:
        """A final job never changes."""
        claim = self.running()
        self.finish(claim)
        before = self.all_of(claim)
        with pytest.raises(LostClaimError):
            WRITES[write](self.store, claim)
        assert self.all_of(claim) == before

    @pytest.mark.parametrize("write", WRITES)
    def test_a_job_that_is_deleted_is_lost(self, write: str) -> None:
        """A worker of a job that isn't there any more is told so."""
        claim = self.running()
        self.finish(claim)
        self.store.delete([claim.job.job_id])
        with pytest.raises(LostClaimError):
            WRITES[write](self.store, claim)

    def test_finish_of_a_lost_claim_is_none(self) -> None:
        """`finish()` answers None for a claim that another has now, and changes nothing."""
        claim = self.running()
        taken = self.take_over(claim)
        before = self.all_of(claim)
        assert self.store.finish([(claim, [STALE], Usage())]) == [None]
        assert self.all_of(claim) == before
        assert self.finish(taken).state is JobState.DONE
        assert self.store.results(claim.job.job_id) == [RESULT]

    def all_of(self, claim: Claim) -> tuple[JobRecord, object, object, str]:
        """Return all there is of a job."""
        job_id = claim.job.job_id
        store = self.store
        return store.get(job_id), store.results(job_id), store.events(job_id), store.logs(job_id)
