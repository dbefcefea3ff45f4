"""Stores that take jobs in wrongly."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from queuebit.store import JobRecord, JobState, MemoryStore, NewJob, StoreError
from queuebit.store.memory import Job

from .catalogue import found_by


@found_by(
    "a_submitted_job_is_queued",
    "a_key_may_be_any_text",
    "jobs_without_a_key_are_all_taken",
    "submit_returns_what_get_returns",
    "several_are_restored_in_their_order",
    "threads_submit_at_once",
    "positions_are_the_order_of_claims",
)
class ReturnsTheSameJobAlways(MemoryStore):
    first: JobRecord | None = None

    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        self.first = self.first or replace(super().submit(jobs)[0], attempt=1)
        return [self.first]

    def restore(self, jobs: Any) -> list[JobRecord]:
        return []


@found_by("a_job_keeps_what_it_was_given", "a_restored_job_is_as_it_was")
class ForgetsMetadata(MemoryStore):
    def get(self, job_id: str) -> JobRecord:
        return replace(super().get(job_id), metadata={})


@found_by("sequences_count_up", "a_sequence_is_never_used_again")
class CountsJobsAgain(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        self._sequence = 0
        return super().submit(jobs)


@found_by("submit_of_nothing_is_nothing", "finish_of_nothing_is_nothing", "keeping_nothing_is_nothing")
class RefusesNothing(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        return super().submit([*jobs] or [NewJob(job_id="none", backend_name="b", circuits=(b"",))])

    def finish(self, claims: Any) -> Any:
        if not claims:
            raise StoreError("nothing")
        return super().finish(claims)

    def keep_results(self, claim: Any, results: Any) -> None:
        if not results:
            raise StoreError("nothing")
        super().keep_results(claim, results)


@found_by("circuits_come_back_as_they_were", "a_claim_has_the_circuits")
class KeepsEqualCircuitsOnce(MemoryStore):
    def _submit_one(self, job: NewJob, now: int) -> Job:
        kept = super()._submit_one(job, now)
        kept.circuits = tuple(sorted(set(kept.circuits)))
        return kept


@found_by("what_is_done_to_a_record_does_not_reach_the_store", "tuples_become_lists")
class KeepsTheCallersObjects(MemoryStore):
    def _submit_one(self, job: NewJob, now: int) -> Job:
        kept = super()._submit_one(job, now)
        kept.record = replace(kept.record, options=self.given[job.job_id])
        return kept

    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        self.given = {job.job_id: job.options for job in jobs}
        return super().submit(jobs)

    @staticmethod
    def _copy(job: Job) -> JobRecord:
        return copy(job.record)


@found_by(
    "a_taken_id_is_refused",
    "one_id_twice_in_a_submission_is_refused",
    "the_store_is_usable_after_a_refusal",
    "a_refused_write_does_not_hurt_its_neighbours",
    "a_taken_id_restores_none",
)
class OverwritesTakenIds(MemoryStore):
    def _refuse_taken_ids(self, jobs: Sequence[NewJob]) -> None:
        return


@found_by("a_job_that_can_not_be_kept_is_refused", "options_that_are_not_json_are_refused", "a_taken_id_is_refused")
class TakesJobsInOneByOne(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        return [super(TakesJobsInOneByOne, self).submit([job])[0] for job in jobs]


@found_by(
    "a_known_key_gives_the_first_job_back",
    "a_known_key_gives_the_job_as_it_is_now",
    "one_key_twice_in_a_submission_is_one_job",
    "a_known_key_comes_before_a_taken_id",
    "one_idempotency_key_in_many_threads_is_one_job",
)
class ForgetsKeys(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        self._keys.clear()
        return super().submit([replace(job, idempotency_key=None) for job in jobs])


@found_by("the_key_of_a_deleted_job_is_free", "a_restored_job_is_as_it_was")
class KeepsKeysOfDeletedJobs(MemoryStore):
    def delete(self, job_ids: Any) -> int:
        keys = dict(self._keys)
        number = super().delete(job_ids)
        self._keys = {
            key: job_id if job_id in self._jobs else next(iter(self._jobs), "") for key, job_id in keys.items()
        }
        return number


@found_by("a_restored_job_is_listed_and_counted", "several_are_restored_in_their_order")
class RestoresUnlisted(MemoryStore):
    def restore(self, jobs: Any) -> list[JobRecord]:
        records = super().restore(jobs)
        for record in records:
            self._jobs[record.job_id].record = replace(record, tags=(), name="")
        return records


@found_by(
    "a_job_that_has_not_ended_is_not_restored",
    "a_story_that_can_not_be_is_refused",
    "a_job_whose_contents_do_not_fit_is_refused",
    "a_job_whose_parts_do_not_fit_is_not_restored",
    "a_taken_key_restores_none",
)
class RestoresAnything(MemoryStore):
    def restore(self, jobs: Any) -> list[JobRecord]:
        return [self._copy(self._restore_one(job)) for job in jobs]


@found_by("the_folder_is_there", "files_of_a_replaced_result_are_deleted", "others_keep_their_files")
class HasNoFolder(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self._folder.rmdir()


@found_by("statistics_name_every_state")
class CountsOnlyWhatIsThere(MemoryStore):
    def statistics(self) -> dict[JobState, int]:
        return {state: number for state, number in super().statistics().items() if number}
