"""Stores that handle runs wrongly."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from queuebit.store import (
    Claim,
    JobEvent,
    JobRecord,
    JobState,
    Limits,
    LostClaimError,
    MemoryStore,
    StoredResult,
    StoreError,
    Usage,
)
from queuebit.store.memory import Job

from .catalogue import found_by

NOTHING = Usage()


@found_by(
    "a_claimed_job_is_running",
    "a_job_is_taken_once",
    "each_job_is_taken_once",
    "a_job_that_is_not_queued_has_no_position",
)
class LendsJobs(MemoryStore):
    """Gives out jobs without noting it; for ever, so it is asked for a few times only."""

    lent = 0

    def claim(self, worker_id: str, limit: int) -> list[Claim]:
        self.lent += 1
        queued = self._queued()[:limit] if self.lent < 100 else []
        return [Claim(job=self._copy(job), circuits=job.circuits, finished=frozenset()) for job in queued]

    def finish(self, claims: Any) -> list[JobRecord | None]:
        return [claim.job for claim, *_ in claims]


@found_by(
    "greater_priority_comes_first_then_the_older",
    "positions_are_the_order_of_claims",
    "a_greater_priority_is_taken_earlier",
)
class KnowsNoPriority(MemoryStore):
    def _queued(self) -> list[Job]:
        return sorted(super()._queued(), key=lambda job: job.record.sequence)


@found_by("a_released_job_has_its_old_place")
class QueuesReleasedJobsLast(MemoryStore):
    def _queued(self) -> list[Job]:
        return sorted(super()._queued(), key=lambda job: (-job.record.priority, job.record.attempt))


@found_by("no_more_than_asked_for_are_taken")
class GivesOneMore(MemoryStore):
    def claim(self, worker_id: str, limit: int) -> list[Claim]:
        return super().claim(worker_id, limit + 1)


@found_by("only_a_registered_worker_may_take_jobs")
class GivesJobsToStrangers(MemoryStore):
    def claim(self, worker_id: str, limit: int) -> list[Claim]:
        return [self._claim(job, worker_id) for job in self._queued()[:limit]]


@found_by("a_second_attempt_knows_what_is_finished")
class BeginsAgain(MemoryStore):
    def claim(self, worker_id: str, limit: int) -> list[Claim]:
        return [replace(claim, finished=frozenset()) for claim in super().claim(worker_id, limit)]


@found_by("an_attempt_begins_without_progress")
class KeepsProgress(MemoryStore):
    def _change(self, job: Job, event: JobEvent, reason: str = "", **changes: Any) -> None:
        changes.pop("progress_done", None)
        changes.pop("progress_total", None)
        super()._change(job, event, reason, **changes)


@found_by("progress_is_seen", "reports_are_put_together")
class HearsNoReports(MemoryStore):
    def report(self, claim: Claim, **report: Any) -> None:
        return


@found_by("results_and_reports_are_no_events")
class TellsOfReports(MemoryStore):
    def report(self, claim: Claim, **report: Any) -> None:
        super().report(claim, **report)
        self._change(self._claimed(claim), JobEvent.UPDATE, "report")


@found_by(
    "a_finished_job_is_done",
    "a_lost_claim_is_none_and_the_others_are_finished",
    "several_are_finished_at_once",
    "a_job_that_goes_well",
    "a_final_job_can_be_changed",
    "an_unregistered_worker_still_has_its_job",
)
class FinishesNothing(MemoryStore):
    def finish(self, claims: Any) -> list[JobRecord | None]:
        return [None for _ in claims]


@found_by(
    "finish_of_a_lost_claim_is_none", "a_lost_claim_is_none_and_the_others_are_finished", "one_claim_is_finished_once"
)
class RaisesForLostClaims(MemoryStore):
    def finish(self, claims: Any) -> list[JobRecord | None]:
        for claim, *_ in claims:
            self._claimed(claim)
        ended = super().finish(claims)
        if None in ended:
            raise LostClaimError("lost")
        return ended


@found_by("results_that_are_kept_stay", "results_survive_attempts", "a_second_attempt_knows_what_is_finished")
class DropsWhatIsKept(MemoryStore):
    def _leave(self, job: Job, *arguments: Any, **changes: Any) -> None:
        if not self.ending:
            job.results.clear()
        super()._leave(job, *arguments, **changes)

    ending = False

    def finish(self, claims: Any) -> list[JobRecord | None]:
        for claim, *_ in claims:
            self._claimed(claim).results.clear()
        self.ending = True
        return super().finish(claims)


@found_by("what_a_run_to_be_cancelled_has_done_is_kept", "a_stopped_job_is_cancelled", "a_failed_job_is_in_error")
class DropsResultsOfWhatIsNotDone(MemoryStore):
    def _leave(self, job: Job, *arguments: Any, **changes: Any) -> None:
        super()._leave(job, *arguments, **changes)
        if job.record.state is not JobState.DONE:
            job.results.clear()


@found_by("a_failure_is_not_tried_again", "a_failed_job_is_in_error")
class TriesFailuresAgain(MemoryStore):
    def fail(self, claim: Claim, error: Any, results: Any = (), usage: Usage = NOTHING) -> JobRecord:
        return self.release(claim, "again", usage)


@found_by("usage_adds_up_over_attempts", "usage_of_each_end_is_kept")
class KeepsTheLastUsage(MemoryStore):
    def _leave(self, job: Job, *arguments: Any, usage: Usage, **changes: Any) -> None:
        super()._leave(job, *arguments, usage=usage, **changes)
        cpu_s = usage.cpu_s if job.record.state is JobState.DONE else 0.0
        job.record = replace(job.record, cpu_s=cpu_s, peak_memory_bytes=0)


@found_by("an_error_that_is_not_json_leaves_the_run")
class EndsTheRunFirst(MemoryStore):
    def fail(self, claim: Claim, error: Any, results: Any = (), usage: Usage = NOTHING) -> JobRecord:
        if any(not isinstance(value, (str, int)) for value in error.values()):
            super().fail(claim, {})
        return super().fail(claim, error, results, usage)


@found_by(
    "the_last_death_of_a_job_to_be_cancelled_cancels",
    "a_run_that_ends_after_a_request_is_a_cancel",
    "what_a_run_to_be_cancelled_has_done_is_kept",
)
class ForgetsWishes(MemoryStore):
    def _leave(self, job: Job, *arguments: Any, **changes: Any) -> None:
        job.record = replace(job.record, cancel_requested=False)
        super()._leave(job, *arguments, **changes)


@found_by("every_end_of_a_run_to_be_cancelled_cancels", "a_finished_job_is_done", "a_failed_job_is_in_error")
class EndsWithoutATime(MemoryStore):
    def _leave(self, job: Job, *arguments: Any, **changes: Any) -> None:
        super()._leave(job, *arguments, **changes)
        job.record = replace(job.record, finished_us=None)


@found_by(
    "a_job_that_another_has_taken_is_left_alone",
    "an_earlier_attempt_of_the_same_worker_is_lost",
    "a_job_that_is_queued_again_is_lost",
    "a_job_that_has_ended_is_left_alone",
    "a_job_that_is_deleted_is_lost",
    "finish_of_a_lost_claim_is_none",
    "one_claim_is_finished_once",
)
class BelievesAnybody(MemoryStore):
    def _holds(self, claim: Claim) -> bool:
        return True

    def fail(self, claim: Claim, *arguments: Any, **more: Any) -> Any:
        return None

    def keep_results(self, claim: Claim, results: Any) -> None:
        return

    cancelled = release = lose = lose_part = report = fail  # type: ignore[assignment]


@found_by("an_earlier_attempt_of_the_same_worker_is_lost")
class ComparesTheWorkerOnly(MemoryStore):
    def _holds(self, claim: Claim) -> bool:
        job = self._jobs.get(claim.job.job_id)
        return job is not None and job.record.worker_id == claim.job.worker_id


@found_by("results_are_there_while_the_job_runs", "a_second_result_replaces_the_first", "results_are_their_own_jobs")
class KeepsResultsInTheOrderOfTheirComing(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.all: list[StoredResult] = []

    def keep_results(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        super().keep_results(claim, results)
        self.all += results

    def results(self, job_id: str) -> list[StoredResult]:
        return self.all


@found_by("a_result_of_no_circuit_is_refused", "a_name_that_leads_elsewhere_is_refused", "names_of_files_come_back")
class KeepsAnyResult(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        for result in results:
            job.results[result.index, 0] = replace(result, files=())


@found_by("files_of_a_replaced_result_are_deleted", "others_keep_their_files", "nothing_of_a_deleted_job_is_left")
class LeavesFiles(MemoryStore):
    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        for result in results:
            job.results[result.index, 0] = result

    def delete(self, job_ids: Any) -> int:
        for path in self.files.iterdir():
            path.unlink()
        return super().delete(job_ids)


@found_by("releasing_is_no_crash", "a_released_job_is_queued_again")
class TakesReleasesForCrashes(MemoryStore):
    def release(self, claim: Claim, reason: str, usage: Usage = NOTHING) -> JobRecord:
        return self.lose(claim, reason, usage)


@found_by(
    "a_lost_job_is_queued_again",
    "a_job_is_given_up_after_max_attempts_deaths",
    "recovering_counts_as_a_death",
    "a_job_that_is_given_up",
    "jobs_of_a_dead_worker_are_queued_again",
)
class CountsNoCrashes(MemoryStore):
    def _lose(self, job: Job, reason: str, usage: Usage) -> None:
        job.record = replace(job.record, crashes=-1, limits=Limits(max_attempts=99))
        super()._lose(job, reason, usage)


@found_by("jobs_of_a_living_worker_are_left", "recovering_asks_about_each_worker")
class BelievesAllDead(MemoryStore):
    def recover(self, is_alive: Any) -> list[JobRecord]:
        return super().recover(lambda worker: False)


@found_by("recovering_twice_takes_nothing_more")
class RecoversForEver(MemoryStore):
    def recover(self, is_alive: Any) -> list[JobRecord]:
        return super().recover(is_alive) or [self._copy(job) for job in self._jobs.values()]


@found_by("jobs_of_a_worker_that_is_not_registered_are_taken")
class LeavesStrays(MemoryStore):
    def _has_no_worker(self, record: JobRecord, dead: Any) -> bool:
        return record.worker_id in dead


@found_by("a_refused_write_does_not_hurt_its_neighbours", "the_store_is_usable_after_a_refusal")
class ClosesAfterARefusal(MemoryStore):
    def submit(self, jobs: Any) -> list[JobRecord]:
        try:
            return super().submit(jobs)
        except StoreError:
            self.closed = True
            raise
