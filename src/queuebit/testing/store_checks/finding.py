"""Finding a job by its id or the beginning of it."""

from __future__ import annotations

import pytest

from queuebit.store import JobState, UnknownJobError
from queuebit.testing.store_checks.fixtures import StoreFixtures, new_job

FIRST = "aaaa0000-0000-4000-8000-000000000001"
SECOND = "aaaa0000-0000-4000-8000-000000000002"
THIRD = "b0000000-0000-4000-8000-000000000003"


class ChangedChecks(StoreFixtures):
    """`changed()` tells which of many jobs aren't as they were, in one look."""

    def test_jobs_in_another_state_come_back(self) -> None:
        """A job that isn't in the state that is given for it comes back as it is; the others don't."""
        done, queued = self.done(), self.submit()
        known = {done.job_id: JobState.RUNNING, queued.job_id: JobState.QUEUED}
        assert self.store.changed(known) == {done.job_id: done}
        assert self.store.changed({done.job_id: JobState.DONE}) == {}
        assert self.store.changed({}) == {}

    def test_a_job_that_is_gone_is_none(self) -> None:
        """A job that isn't there is told, too."""
        done = self.done()
        self.store.delete([done.job_id])
        assert self.store.changed({done.job_id: JobState.DONE, FIRST: JobState.QUEUED}) == {
            done.job_id: None,
            FIRST: None,
        }


class FindChecks(StoreFixtures):
    """`get()` takes an id, `find()` the beginning of one."""

    def test_get_of_an_unknown_id_is_refused(self) -> None:
        """An id that no job has raises `UnknownJobError`, which names it and is a `KeyError`."""
        with pytest.raises(UnknownJobError, match=FIRST) as refused:
            self.store.get(FIRST)
        assert isinstance(refused.value, KeyError)

    def test_everything_of_an_unknown_job_is_refused(self) -> None:
        """Nothing can be read of a job that isn't there."""
        store = self.store
        for read in (store.circuits, store.results, store.parts, store.events, store.logs, store.queue_position):
            with pytest.raises(UnknownJobError, match=FIRST):
                read(FIRST)

    def test_find_takes_a_unique_prefix(self) -> None:
        """The beginning of an id that no other begins with will do, and so will the whole."""
        self.store.submit([new_job(job_id=job_id) for job_id in (FIRST, SECOND, THIRD)])
        assert self.store.find("b") == THIRD
        assert self.store.find(SECOND) == SECOND
        assert self.store.find(FIRST[:-1] + "1") == FIRST

    def test_an_ambiguous_prefix_names_the_jobs(self) -> None:
        """What several ids begin with raises `UnknownJobError` with those ids."""
        self.store.submit([new_job(job_id=job_id) for job_id in (FIRST, SECOND, THIRD)])
        with pytest.raises(UnknownJobError, match=f"{FIRST}, {SECOND}"):
            self.store.find("aaaa")

    def test_a_prefix_of_nothing_is_refused(self) -> None:
        """What no id begins with raises `UnknownJobError`; neither the middle of an id nor more than one will do."""
        self.store.submit([new_job(job_id=THIRD)])
        for prefix in ("c", THIRD[1:], THIRD + "0", "%", "_", "B"):
            with pytest.raises(UnknownJobError, match=prefix):
                self.store.find(prefix)

    def test_an_empty_prefix_is_refused(self) -> None:
        """Nothing is no beginning of an id, also when there is one job only."""
        self.submit()
        with pytest.raises(UnknownJobError, match="empty"):
            self.store.find("")
