"""Submitting jobs."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from queuebit.store import JobState, Limits, StoreError, UnknownJobError
from queuebit.testing.store_checks.fixtures import StoreFixtures, new_job


class SubmitChecks(StoreFixtures):
    """`submit()` takes jobs in, all or none."""

    def test_a_submitted_job_is_queued(self) -> None:
        """A job begins QUEUED, in attempt 0, with nobody at it."""
        before = time.time_ns() // 1000
        job = self.submit()
        assert job.state is JobState.QUEUED
        assert (job.attempt, job.crashes, job.worker_id, job.cancel_requested) == (0, 0, None, False)
        assert (job.started_us, job.finished_us, job.error) == (None, None, None)
        assert (job.progress_done, job.progress_total, job.cpu_s, job.peak_memory_bytes) == (0, 0, 0.0, 0)
        assert before <= job.created_us <= time.time_ns() // 1000

    def test_a_job_keeps_what_it_was_given(self) -> None:
        """Everything that a job is submitted with is found again."""
        given: dict[str, Any] = {
            "backend_name": "qiskit_aer:AerSimulator",
            "backend_options": {"method": "statevector"},
            "options": {"shots": 7, "seed_simulator": 2**63, "noise": None, "nested": {"list": [1, 2.5, True, "ü"]}},
            "name": "Grüße, 世界",
            "tags": ("a", "ä b", ""),
            "metadata": {"lab": "Zürich"},
            "priority": -3,
            "limits": Limits(time_limit_s=1.5, memory_limit_bytes=2**40, threads=2, max_attempts=5),
            "idempotency_key": "once",
        }
        job = self.store.get(self.submit(circuits=(b"a", b"b"), **given).job_id)
        assert {name: getattr(job, name) for name in given} == given
        assert job.num_circuits == 2

    def test_submit_returns_what_get_returns(self) -> None:
        """`submit()` returns the jobs as they are, in the order in which they were given."""
        jobs = self.store.submit([new_job(name=str(number), tags=("t",)) for number in range(5)])
        assert [job.name for job in jobs] == ["0", "1", "2", "3", "4"]
        assert [self.store.get(job.job_id) for job in jobs] == jobs

    def test_sequences_count_up(self) -> None:
        """Each submission has a greater sequence than the one before."""
        jobs = [self.submit(), *self.store.submit([new_job(), new_job()]), self.submit()]
        sequences = [job.sequence for job in jobs]
        assert sequences == sorted(set(sequences))

    def test_a_sequence_is_never_used_again(self) -> None:
        """The sequence of a job that was deleted isn't given to another."""
        deleted = self.done()
        self.store.delete([deleted.job_id])
        assert self.submit().sequence > deleted.sequence

    def test_submit_of_nothing_is_nothing(self) -> None:
        """An empty submission returns no jobs."""
        assert self.store.submit([]) == []

    def test_circuits_come_back_as_they_were(self) -> None:
        """A job's circuits are the same bytes, in the same order, also when some are equal."""
        circuits = (b"one", b"two", b"one", b"", bytes(range(256)) * 100)
        job = self.submit(circuits=circuits)
        assert self.store.circuits(job.job_id) == circuits

    def test_what_is_done_to_a_record_does_not_reach_the_store(self) -> None:
        """A record is the reader's own: whatever is done to it, the store keeps what was submitted."""
        options = {"list": [1]}
        job = self.submit(options=options)
        options["list"].append(2)
        dict(job.options)["list"].append(3)
        assert self.store.get(job.job_id).options == {"list": [1]}

    def test_tuples_become_lists(self) -> None:
        """Options are kept as JSON: a tuple in them comes back as a list."""
        assert self.submit(options={"pair": (1, 2)}).options == {"pair": [1, 2]}


class RefusalChecks(StoreFixtures):
    """What can't be kept is refused, and nothing else of the submission is kept then."""

    def test_a_taken_id_is_refused(self) -> None:
        """A job whose id is taken raises `StoreError` with the id, and no job of that submission is taken in."""
        taken = self.submit()
        other = new_job()
        with pytest.raises(StoreError, match=taken.job_id):
            self.store.submit([other, new_job(job_id=taken.job_id)])
        with pytest.raises(UnknownJobError):
            self.store.get(other.job_id)

    def test_one_id_twice_in_a_submission_is_refused(self) -> None:
        """Two jobs of one submission can't have one id."""
        job = new_job()
        with pytest.raises(StoreError, match=job.job_id):
            self.store.submit([job, job])
        assert self.store.count() == 0

    def test_options_that_are_not_json_are_refused(self) -> None:
        """What JSON can't hold raises `TypeError`, and nothing of that submission is kept."""
        with pytest.raises(TypeError):
            self.store.submit([new_job(), new_job(options={"what": object()})])
        assert self.store.count() == 0

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"circuits": ()}, "0 circuits"),
            ({"job_id": ""}, "empty id"),
            ({"limits": Limits(max_attempts=0)}, "max_attempts=0"),
            ({"priority": 2**63}, "64-bit"),
            ({"tags": "a tag"}, "give a list"),
            ({"tags": (1,)}, "must be a text"),
            ({"name": 5}, "must be a text"),
            ({"name": "\udc80"}, "surrogate"),
            ({"tags": ("\ud800",)}, "surrogate"),
            ({"idempotency_key": "\ud800"}, "surrogate"),
            ({"backend_name": None}, "must be a text"),
        ],
        ids=lambda value: str(value).encode("ascii", "backslashreplace").decode() if isinstance(value, dict) else "",
    )
    def test_a_job_that_can_not_be_kept_is_refused(self, fields: dict[str, Any], text: str) -> None:
        """Values out of range raise `StoreError` that says which, and nothing of that submission is kept."""
        with pytest.raises(StoreError, match=text):
            self.store.submit([new_job(), new_job(**fields)])
        assert self.store.count() == 0

    def test_the_store_is_usable_after_a_refusal(self) -> None:
        """A refusal leaves the store as it was."""
        job = self.submit()
        with pytest.raises(StoreError):
            self.store.submit([new_job(job_id=job.job_id)])
        assert self.submit().sequence > job.sequence
        assert self.store.count() == 2


class IdempotencyChecks(StoreFixtures):
    """An idempotency key names one job for good."""

    def test_a_known_key_gives_the_first_job_back(self) -> None:
        """A second submission with a key returns the job that has it, whatever else it says."""
        first = self.submit(idempotency_key="k", name="first")
        again = self.submit(idempotency_key="k", name="second")
        assert again == first
        assert self.store.count() == 1

    def test_a_known_key_gives_the_job_as_it_is_now(self) -> None:
        """The job comes back in the state that it has reached."""
        job = self.done(idempotency_key="k")
        assert self.submit(idempotency_key="k") == job

    def test_one_key_twice_in_a_submission_is_one_job(self) -> None:
        """Keys count within one submission, too."""
        first, again, other = self.store.submit(
            [new_job(idempotency_key="k"), new_job(idempotency_key="k"), new_job(idempotency_key="l")]
        )
        assert first == again
        assert other != first

    def test_a_known_key_comes_before_a_taken_id(self) -> None:
        """The same submission made twice is no error: its key is known."""
        job = new_job(idempotency_key="k")
        assert self.store.submit([job]) == self.store.submit([job])

    def test_jobs_without_a_key_are_all_taken(self) -> None:
        """Without a key, equal jobs are different ones."""
        assert self.submit(name="n").job_id != self.submit(name="n").job_id

    def test_the_key_of_a_deleted_job_is_free(self) -> None:
        """Deleting a job forgets its key."""
        deleted = self.done(idempotency_key="k")
        self.store.delete([deleted.job_id])
        assert self.submit(idempotency_key="k").job_id != deleted.job_id

    def test_a_key_may_be_any_text(self) -> None:
        """A key is compared as a whole: an empty one, or one with a quote, is a key."""
        keys = ["", "'", '"; --', "K", "k", str(uuid.uuid4())]
        jobs = [self.submit(idempotency_key=key) for key in keys]
        assert len({job.job_id for job in jobs}) == len(keys)
        assert [self.submit(idempotency_key=key) for key in keys] == jobs
