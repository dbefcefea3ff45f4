"""Taking in jobs of another store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from queuebit.store import (
    ArchivedJob,
    JobEvent,
    JobFilter,
    JobRecord,
    JobState,
    Limits,
    ShotRange,
    StoredResult,
    StoreError,
)
from queuebit.testing.store_checks.ending import ERROR
from queuebit.testing.store_checks.fixtures import FIRST_SHOTS, PARTS, RESULT, THREE_CIRCUITS, StoreFixtures
from queuebit.testing.store_checks.results import names, put


class RestoreChecks(StoreFixtures):
    """`restore()` takes final jobs of another store in as they were, all or none."""

    def archived(self, job: JobRecord) -> ArchivedJob:
        """Return all there is of a job, and delete it."""
        store, job_id = self.store, job.job_id
        archived = ArchivedJob(
            record=job,
            circuits=store.circuits(job_id),
            results=tuple(store.results(job_id)),
            events=tuple(store.events(job_id)),
            log=store.logs(job_id),
            parts=store.parts(job_id),
        )
        store.delete([job_id])
        return archived

    def rich(self) -> JobRecord:
        """Return a job that has something of everything."""
        fields: dict[str, Any] = {
            "circuits": (b"a", b"b", b"a"),
            "backend_options": {"method": "statevector"},
            "options": {"shots": 5},
            "name": "n",
            "tags": ("s", "t"),
            "metadata": {"lab": "Zürich"},
            "priority": 3,
            "limits": Limits(time_limit_s=1.5, memory_limit_bytes=2**40, threads=2, max_attempts=5),
            "idempotency_key": "once",
        }
        first = self.running(**fields)
        self.store.lose(first, "SIGSEGV")
        claim = self.claim()
        self.store.report(claim, progress_done=3, progress_total=4, log="hello\n")
        self.store.update(claim.job.job_id, priority=4)
        return self.store.fail(claim, ERROR, [RESULT, StoredResult(index=2, content=b"c", files=("f.npy",))])

    def test_a_restored_job_is_as_it_was(self) -> None:
        """All that the job has comes back, but for its sequence: it is the newest of this store."""
        archived = self.archived(self.rich())
        newest = self.submit()
        (job,) = self.store.restore([archived])
        assert job == replace(archived.record, sequence=job.sequence)
        assert job.sequence > newest.sequence
        assert job == self.store.get(job.job_id)
        assert self.archived(job) == replace(archived, record=job)

    def test_a_restored_job_is_listed_and_counted(self) -> None:
        """It is found by all that it has."""
        (job,) = self.store.restore([self.archived(self.rich())])
        for which in (
            JobFilter(name="n"),
            JobFilter(tags=("t",)),
            JobFilter(states=frozenset({JobState.ERROR})),
            JobFilter(created_before_us=job.created_us + 1, created_after_us=job.created_us - 1),
        ):
            assert self.store.jobs(which) == [job]
        assert self.store.statistics()[JobState.ERROR] == 1
        assert self.submit(idempotency_key="once") == job

    def test_several_are_restored_in_their_order(self) -> None:
        """The jobs come back in the order in which they are given."""
        jobs = [self.archived(self.done(name=name)) for name in "abc"]
        assert [job.name for job in self.store.restore(jobs)] == ["a", "b", "c"]
        assert [job.name for job in self.store.jobs()] == ["c", "b", "a"]
        assert self.store.restore([]) == []

    def test_a_taken_id_restores_none(self) -> None:
        """A job that is here already raises `StoreError` with its id, and nothing is taken in."""
        other, archived = self.archived(self.done()), self.archived(self.done())
        self.store.restore([archived])
        with pytest.raises(StoreError, match=archived.record.job_id):
            self.store.restore([other, archived])
        assert [job.job_id for job in self.store.jobs()] == [archived.record.job_id]

    def test_a_taken_key_restores_none(self) -> None:
        """A job whose idempotency key another job has raises `StoreError`, and nothing is taken in."""
        other, archived = self.archived(self.done()), self.archived(self.done(idempotency_key="k"))
        taken = self.submit(idempotency_key="k")
        with pytest.raises(StoreError, match="'k'"):
            self.store.restore([other, archived])
        assert self.store.jobs() == [taken]

    def test_a_job_that_has_not_ended_is_not_restored(self) -> None:
        """Only what has ended can be restored."""
        archived = self.archived(self.done())
        for state in (JobState.QUEUED, JobState.RUNNING):
            with pytest.raises(StoreError, match=f"{archived.record.job_id} is {state}"):
                self.store.restore([replace(archived, record=replace(archived.record, state=state))])
        assert self.store.count() == 0

    def test_a_story_that_can_not_be_is_refused(self) -> None:
        """A story has to be legal, and to end in the job's state."""
        archived = self.archived(self.done())
        submitted, claimed, finished = archived.events
        cancelled = replace(finished, event=JobEvent.CANCEL, state=JobState.CANCELLED)
        for story in ((), (submitted, finished), (submitted, claimed), (submitted, claimed, cancelled)):
            with pytest.raises(StoreError, match=archived.record.job_id):
                self.store.restore([replace(archived, events=story)])
        assert self.store.count() == 0

    def test_a_job_whose_contents_do_not_fit_is_refused(self) -> None:
        """There must be as many circuits as the job has, and results for them only."""
        archived = self.archived(self.done())
        for wrong in ({"circuits": (b"a", b"b")}, {"results": (StoredResult(index=1, content=b""),)}):
            with pytest.raises(StoreError, match=archived.record.job_id):
                self.store.restore([replace(archived, **wrong)])
        assert self.store.count() == 0

    def test_a_job_in_parts_is_restored_with_them(self) -> None:
        """How it was cut comes back, with the results of shots."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        put(self.store, "f.npy")
        archived = self.archived(self.store.cancelled(claim, [RESULT, FIRST_SHOTS]))
        put(self.store, "f.npy")
        (job,) = self.store.restore([archived])
        assert (job.num_parts, self.store.parts(job.job_id)) == (3, PARTS)
        assert self.store.results(job.job_id) == [RESULT, FIRST_SHOTS]
        assert self.archived(job) == replace(archived, record=job)
        assert names(self.store) == []

    def test_a_job_whose_parts_do_not_fit_is_not_restored(self) -> None:
        """The parts must be its circuits and shots, as many as it says, and its results must be of them."""
        archived = self.archived(self.finish(self.running(circuits=THREE_CIRCUITS, parts=PARTS), [FIRST_SHOTS]))
        of_other_shots = replace(FIRST_SHOTS, shots=ShotRange(0, 3))
        wrongs: list[dict[str, Any]] = [{"parts": PARTS[:2]}, {"parts": PARTS[1:]}, {"parts": ()}]
        wrongs += [{"results": (of_other_shots,)}, {"record": replace(archived.record, num_parts=2)}]
        for wrong in wrongs:
            with pytest.raises(StoreError, match=archived.record.job_id):
                self.store.restore([replace(archived, **wrong)])
        assert self.store.count() == 0
