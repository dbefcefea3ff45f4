"""Listing and counting jobs."""

from __future__ import annotations

from itertools import product

import pytest

from queuebit.store import JobFilter, JobRecord, JobState
from queuebit.testing.store_checks.fixtures import StoreFixtures, new_job

QUEUED, DONE = frozenset({JobState.QUEUED}), frozenset({JobState.DONE})


class PageChecks(StoreFixtures):
    """`jobs()` returns a page of the jobs, in the order of their submission."""

    def names(self, **page: int | bool | None) -> str:
        """Return the names of the jobs of a page, one letter each."""
        return "".join(job.name for job in self.store.jobs(**page))  # type: ignore[arg-type]  # as a caller would

    def test_the_newest_is_first(self) -> None:
        """Without anything else said, the newest ten come, the newest first."""
        self.store.submit([new_job(name=letter) for letter in "abcdefghijklm"])
        assert self.names() == "mlkjihgfed"

    @pytest.mark.parametrize("descending", [True, False])
    def test_pages_follow_each_other(self, descending: bool) -> None:
        """`limit` and `skip` cut pages from either end, and leave nothing out."""
        self.store.submit([new_job(name=letter) for letter in "abcdefg"])
        whole = "gfedcba" if descending else "abcdefg"
        for limit in range(9):
            for skip in range(9):
                assert self.names(limit=limit, skip=skip, descending=descending) == whole[skip : skip + limit]

    def test_no_limit_is_all(self) -> None:
        """`limit=None` returns all that are left."""
        self.store.submit([new_job(name=letter) for letter in "abcdefghijklm"])
        assert self.names(limit=None, skip=1) == "lkjihgfedcba"

    def test_an_empty_store_lists_nothing(self) -> None:
        """There is nothing to list in an empty store."""
        assert self.store.jobs(limit=None) == []

    @pytest.mark.parametrize("page", [{"limit": -1}, {"skip": -1}])
    def test_a_negative_page_is_refused(self, page: dict[str, int]) -> None:
        """A negative `limit` or `skip` raises `ValueError`."""
        with pytest.raises(ValueError, match="is -1; it must be 0 or more"):
            self.store.jobs(**page)  # type: ignore[arg-type]  # as a caller would

    def test_listed_jobs_are_what_get_returns(self) -> None:
        """A listed job is complete."""
        self.done(name="n", tags=("t",), metadata={"a": 1}, options={"shots": 5})
        assert self.store.jobs() == [self.store.get(job.job_id) for job in self.store.jobs()]


class FilterChecks(StoreFixtures):
    """A filter lists the jobs for which all its conditions hold."""

    def mixed(self) -> list[JobRecord]:
        """Fill the store with jobs of all kinds, and return them as they are."""
        fields = [
            {"backend_name": backend, "name": name, "tags": tags}
            for backend in ("one", "two")
            for name in ("", "n", "m")
            for tags in ((), ("s",), ("s", "t"), ("t", "t"))
        ]
        self.store.submit([new_job(**job) for job in fields])
        for number, claim in enumerate(self.store.claim(self.worker_id, 17)):
            if number % 4 == 0:
                self.store.fail(claim, {"type": "Error", "message": "no"})
            elif number % 4 < 3:
                self.finish(claim)
        self.store.request_cancel([job.job_id for job in self.store.jobs(limit=3)])
        return self.store.jobs(limit=None)

    def test_conditions_are_all_to_hold(self) -> None:
        """States, backend, name and tags must all fit: the state is one of those given, and each tag is there."""
        jobs = self.mixed()
        states = [None, frozenset[JobState](), *(frozenset({state}) for state in JobState), QUEUED | DONE]
        backends = (None, "one", "unknown")
        names = (None, "", "n", "unknown")
        tags = ((), ("s",), ("t", "s"), ("u",), ("s", "u"))
        for state, backend, name, wanted in product(states, backends, names, tags):
            which = JobFilter(states=state, backend_name=backend, name=name, tags=wanted)
            expected = [job for job in jobs if matches(job, which)]
            assert self.store.jobs(which, limit=None) == expected
            assert self.store.count(which) == len(expected)
            assert self.store.jobs(which, limit=2, skip=1, descending=False) == expected[::-1][1:3]

    def test_times_exclude_their_ends(self) -> None:
        """`created_after_us` and `created_before_us` leave out the jobs of exactly that time."""
        jobs = [self.submit() for _ in range(6)]
        times = [job.created_us for job in jobs]
        for after in [None, times[0] - 1, *times]:
            for before in [None, *times, times[-1] + 1]:
                which = JobFilter(created_after_us=after, created_before_us=before)
                assert self.store.jobs(which, limit=None, descending=False) == [
                    job for job in jobs if matches(job, which)
                ]

    def test_times_combine_with_the_rest(self) -> None:
        """A time is one more condition."""
        jobs = self.mixed()
        later = self.submit(backend_name="one", tags=("s",))
        which = JobFilter(backend_name="one", tags=("s",), created_after_us=jobs[0].created_us)
        assert self.store.jobs(which) == [later]
        assert self.store.count(which) == 1

    def test_a_text_is_taken_as_it_is(self) -> None:
        """Names and tags are compared as they are: no wild cards, no folding of cases."""
        self.submit(name="Ab%", tags=("a_b",))
        for name, tag in (("ab%", "a_b"), ("Ab", "a_b"), ("Ab%", "axb"), ("%", "%")):
            assert self.store.jobs(JobFilter(name=name, tags=(tag,))) == []
        assert len(self.store.jobs(JobFilter(name="Ab%", tags=("a_b",)))) == 1

    def test_a_job_that_changes_moves_between_filters(self) -> None:
        """Filters see a job as it is now."""
        claim = self.running(name="old", tags=("old", "kept"))
        self.store.update(claim.job.job_id, name="new", tags=["kept", "new"])
        self.finish(claim)
        job = self.store.get(claim.job.job_id)
        for gone in (JobFilter(name="old"), JobFilter(tags=("old",)), JobFilter(states=QUEUED)):
            assert self.store.jobs(gone) == []
        for there in (JobFilter(name="new"), JobFilter(tags=("new", "kept")), JobFilter(states=DONE)):
            assert self.store.jobs(there) == [job]


class CountChecks(StoreFixtures):
    """`count()` and `statistics()` agree with the lists."""

    def test_statistics_name_every_state(self) -> None:
        """Each state is there, also with no job in it."""
        assert self.store.statistics() == dict.fromkeys(JobState, 0)

    def test_statistics_follow_each_change(self) -> None:
        """Each job is counted in the state that it is in."""
        self.store.submit([new_job() for _ in range(6)])
        done, failed, cancelled, _ = self.store.claim(self.worker_id, 4)
        self.finish(done)
        self.store.fail(failed, {"type": "Error", "message": "no"})
        self.store.cancelled(cancelled)
        assert self.store.statistics() == {
            JobState.QUEUED: 2,
            JobState.RUNNING: 1,
            JobState.DONE: 1,
            JobState.CANCELLED: 1,
            JobState.ERROR: 1,
        }
        self.store.delete([done.job.job_id, failed.job.job_id])
        assert self.store.count() == 4
        assert self.store.statistics()[JobState.DONE] == 0


def matches(job: JobRecord, which: JobFilter) -> bool:
    """Return whether a job belongs to a list, condition by condition.

    Args:
        job: The job.
        which: The conditions.
    """
    if which.states is not None and job.state not in which.states:
        return False
    if which.backend_name not in (None, job.backend_name) or which.name not in (None, job.name):
        return False
    if any(tag not in job.tags for tag in which.tags):
        return False
    if which.created_after_us is not None and job.created_us <= which.created_after_us:
        return False
    return which.created_before_us is None or job.created_us < which.created_before_us
