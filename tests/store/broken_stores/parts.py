"""Stores that handle jobs in parts wrongly."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from queuebit.store import Claim, JobRecord, MemoryStore, NewJob, Part, StoredResult, Usage
from queuebit.store.memory import Job

from .catalogue import found_by

NOTHING = Usage()


@found_by(
    "a_job_keeps_how_it_is_cut",
    "parts_are_their_own_jobs",
    "a_job_may_have_many_parts",
    "a_claim_has_the_parts",
    "a_job_in_parts_is_restored_with_them",
)
class ForgetsParts(MemoryStore):
    def _submit_one(self, job: NewJob, now: int) -> Job:
        return super()._submit_one(replace(job, parts=()), now)


@found_by("a_job_in_parts_is_restored_with_them")
class RestoresWithoutParts(MemoryStore):
    def _restore_one(self, archived: Any) -> Job:
        return super()._restore_one(replace(archived, parts=()))


@found_by("a_job_that_is_not_cut_has_no_parts", "a_job_keeps_how_it_is_cut")
class TellsOfOnePartAlways(MemoryStore):
    def parts(self, job_id: str) -> tuple[Part, ...]:
        return (Part(0, self.get(job_id).num_circuits),)


@found_by("parts_are_their_own_jobs")
class KeepsOnePlan(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        return super().submit([replace(job, parts=jobs[0].parts) for job in jobs])


@found_by("a_job_may_have_many_parts")
class CountsPartsInAByte(MemoryStore):
    def _submit_one(self, job: NewJob, now: int) -> Job:
        kept = super()._submit_one(job, now)
        kept.record = replace(kept.record, num_parts=kept.record.num_parts % 256)
        return kept


@found_by("a_plan_that_can_not_be_is_refused")
class TakesAnyPlan(MemoryStore):
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        return super().submit([replace(job, parts=()) for job in jobs])


@found_by("results_of_shots_are_there_in_order")
class ListsShotsInTheOrderOfTheirComing(MemoryStore):
    def results(self, job_id: str) -> list[StoredResult]:
        return list(self._job(job_id).results.values())


@found_by(
    "results_of_shots_are_there_in_order",
    "a_second_result_of_shots_replaces_the_first",
    "a_second_attempt_knows_which_shots_are_finished",
)
class KeepsOneResultACircuit(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        super()._keep(job, results)
        for result in results:
            job.results = {(result.index, 0): result}


@found_by("results_of_shots_come_with_each_write", "a_second_attempt_knows_which_shots_are_finished")
class DropsShots(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        super()._keep(job, [result for result in results if result.shots is None])


@found_by("a_result_of_no_part_is_refused", "a_job_that_is_not_cut_takes_no_results_of_shots")
class TakesResultsOfAnyShots(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        for result in results:
            job.results[result.index, 0] = result


@found_by("a_second_result_of_shots_replaces_the_first", "nothing_of_a_deleted_job_in_parts_is_left")
class LeavesFilesOfShots(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        for result in results:
            job.results[result.index, result.shots.first if result.shots else 0] = replace(result, files=())


@found_by("a_second_attempt_knows_which_shots_are_finished")
class BeginsAllShotsAgain(MemoryStore):
    def _claim(self, job: Job, worker_id: str) -> Claim:
        return replace(super()._claim(job, worker_id), finished_shots=frozenset())


@found_by("a_claim_may_be_for_urgent_jobs_only")
class TakesWhatIsNotUrgent(MemoryStore):
    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        return super().claim(worker_id, limit, above=None if above is None else above - 1)


@found_by("a_stranger_may_not_take_urgent_jobs")
class LooksBeforeItAsksWho(MemoryStore):
    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        if above is not None and not any(job.record.priority > above for job in self._queued()):
            return []
        return super().claim(worker_id, limit, above=above)


@found_by(
    "a_job_that_has_lost_a_part_runs_on",
    "what_a_lost_part_has_used_is_counted",
    "a_lost_part_is_told",
    "a_job_to_be_cancelled_may_lose_a_part",
)
class LosesTheWholeJob(MemoryStore):
    def lose_part(self, claim: Claim, reason: str, usage: Usage = NOTHING) -> None:
        self.lose(claim, reason, usage)


@found_by(
    "a_job_that_has_lost_a_part_runs_on",
    "what_a_lost_part_has_used_is_counted",
    "a_lost_part_is_told",
    "only_the_worker_that_has_the_job_can_lose_a_part",
)
class HearsOfNoLostPart(MemoryStore):
    def lose_part(self, claim: Claim, reason: str, usage: Usage = NOTHING) -> None:
        return
