"""Changing jobs."""

from __future__ import annotations

from typing import Any

import pytest

from queuebit.store import JobEvent, StoreError, UnknownJobError
from queuebit.testing.store_checks.fixtures import StoreFixtures


class UpdateChecks(StoreFixtures):
    """`update()` changes a job's name, tags and priority, and nothing else."""

    def test_what_is_given_changes(self) -> None:
        """What is None stays as it is."""
        job = self.submit(name="old", tags=("old",), priority=1)
        all_changes: list[dict[str, Any]] = [{"name": "new"}, {"tags": ("a", "b")}, {"priority": -5}]
        for changes in [*all_changes, {"name": "", "tags": ()}]:
            before = self.store.get(job.job_id)
            after = self.store.update(job.job_id, **changes)
            for name in ("name", "tags", "priority"):
                assert getattr(after, name) == changes.get(name, getattr(before, name))
            assert after == self.store.get(job.job_id)

    def test_a_greater_priority_is_taken_earlier(self) -> None:
        """The queue follows the priority at once."""
        first, second = self.submit(), self.submit()
        self.store.update(second.job_id, priority=1)
        assert self.store.queue_position(first.job_id) == 1
        assert self.claim().job.job_id == second.job_id

    def test_a_final_job_can_be_changed(self) -> None:
        """Name and tags are for finding jobs again, so they may change at any time; the state stays."""
        done = self.done()
        after = self.store.update(done.job_id, tags=["kept"])
        assert (after.state, after.finished_us, after.tags) == (done.state, done.finished_us, ("kept",))
        assert self.store.events(done.job_id)[-1].event is JobEvent.UPDATE

    def test_changing_nothing_is_nothing(self) -> None:
        """Without anything to change, the job stays as it is, and its story too."""
        job = self.submit()
        assert self.store.update(job.job_id) == job
        assert len(self.store.events(job.job_id)) == 1

    def test_an_unknown_job_can_not_be_changed(self) -> None:
        """An id that isn't there raises `UnknownJobError`."""
        with pytest.raises(UnknownJobError, match="nobody"):
            self.store.update("nobody", name="n")

    @pytest.mark.parametrize(
        "changes", [{"name": "\ud800"}, {"tags": "text"}, {"tags": ["\ud800"]}, {"priority": 2**64}], ids=ascii
    )
    def test_what_can_not_be_kept_is_refused(self, changes: dict[str, Any]) -> None:
        """A value that can't be kept raises `StoreError`, and the job stays as it is."""
        job = self.submit()
        with pytest.raises(StoreError):
            self.store.update(job.job_id, **changes)
        assert self.store.get(job.job_id) == job
