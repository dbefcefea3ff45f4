"""Deleting jobs."""

from __future__ import annotations

import pytest

from queuebit.store import JobFilter, StoredResult, StoreError, UnknownJobError
from queuebit.testing.store_checks.fixtures import StoreFixtures
from queuebit.testing.store_checks.results import names, put


class DeleteChecks(StoreFixtures):
    """`delete()` forgets final jobs and all that belongs to them, all or none."""

    def test_nothing_of_a_deleted_job_is_left(self) -> None:
        """Every call for it raises `UnknownJobError`, no list has it, and its files are gone."""
        claim = self.running(name="n", tags=("t",), circuits=(b"a", b"b"))
        job_id = claim.job.job_id
        put(self.store, "one.npy", "two.npy", "other.npy")
        self.store.report(claim, progress_done=0, progress_total=0, log="hello")
        self.store.keep_results(claim, [StoredResult(index=1, content=b"", files=("two.npy",))])
        self.finish(claim, [StoredResult(index=0, content=b"", files=("one.npy",))])
        assert self.store.delete([job_id]) == 1
        store = self.store
        for read in (store.get, store.find, store.circuits, store.results, store.parts, store.events, store.logs):
            with pytest.raises(UnknownJobError):
                read(job_id)
        assert store.jobs(JobFilter(name="n")) == store.jobs(JobFilter(tags=("t",))) == store.jobs() == []
        assert names(store) == ["other.npy"]

    def test_deleting_counts_each_job_once(self) -> None:
        """The number of jobs comes back, whatever their end and however often they were named."""
        done, failed = self.done(), self.store.fail(self.running(), {"type": "E", "message": "m"})
        (cancelled,) = self.store.request_cancel([self.submit().job_id])
        wanted = [done.job_id, failed.job_id, cancelled.job_id, done.job_id]
        assert self.store.delete(iter(wanted)) == 3
        assert self.store.delete([]) == 0
        assert self.store.count() == 0

    @pytest.mark.parametrize("running", [True, False])
    def test_a_job_that_is_not_final_is_refused(self, running: bool) -> None:
        """It raises `StoreError` that names the job and its state, and none is deleted."""
        done = self.done()
        job = self.running().job if running else self.submit()
        with pytest.raises(StoreError, match=f"{job.job_id} is {job.state}.*cancel it first"):
            self.store.delete([done.job_id, job.job_id])
        assert self.store.get(done.job_id) == done

    def test_an_unknown_job_deletes_none(self) -> None:
        """An id that isn't there raises `UnknownJobError`, and none is deleted."""
        done = self.done()
        with pytest.raises(UnknownJobError, match="nobody"):
            self.store.delete([done.job_id, "nobody"])
        assert self.store.get(done.job_id) == done

    def test_circuits_that_others_have_stay(self) -> None:
        """Equal circuits of other jobs are still there, and a deleted one can be submitted again."""
        first, second = self.done(circuits=(b"same", b"own")), self.done(circuits=(b"same",))
        self.store.delete([first.job_id])
        assert self.store.circuits(second.job_id) == (b"same",)
        assert self.store.circuits(self.submit(circuits=(b"own", b"same")).job_id) == (b"own", b"same")

    def test_others_keep_their_files(self) -> None:
        """Only the deleted job's files go; one that isn't there any more is no error."""
        put(self.store, "first.npy", "second.npy")
        first = self.finish(self.running(), [StoredResult(index=0, content=b"", files=("first.npy", "gone.npy"))])
        self.finish(self.running(), [StoredResult(index=0, content=b"", files=("second.npy",))])
        self.store.delete([first.job_id])
        assert names(self.store) == ["second.npy"]
