"""Stores that show jobs wrongly."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from queuebit.store import EventRecord, JobEvent, JobFilter, JobRecord, JobState, MemoryStore, UnknownJobError

from .catalogue import found_by

ANY = JobFilter()


@found_by(
    "get_of_an_unknown_id_is_refused",
    "everything_of_an_unknown_job_is_refused",
    "nothing_of_a_deleted_job_is_left",
    "an_unknown_job_cancels_none",
    "an_unknown_job_deletes_none",
    "an_unknown_job_can_not_be_changed",
)
class RaisesKeyErrors(MemoryStore):
    def _job(self, job_id: str) -> Any:
        return self._jobs[job_id]


@found_by("an_unknown_job_cancels_none", "an_unknown_job_deletes_none")
class DoesWhatItCan(MemoryStore):
    def request_cancel(self, job_ids: Any, reason: str = "") -> list[JobRecord]:
        return [super(DoesWhatItCan, self).request_cancel([job_id], reason)[0] for job_id in job_ids]

    def delete(self, job_ids: Any) -> int:
        return sum(super(DoesWhatItCan, self).delete([job_id]) for job_id in job_ids)


@found_by("a_prefix_of_nothing_is_refused")
class FindsTheMiddle(MemoryStore):
    def find(self, prefix: str) -> str:
        return next((job_id for job_id in self._jobs if prefix in job_id), "") or super().find(prefix)


@found_by("find_takes_a_unique_prefix", "nothing_of_a_deleted_job_is_left")
class FindsWholeIdsOnly(MemoryStore):
    def find(self, prefix: str) -> str:
        return prefix if len(prefix) == 36 else super().find("nothing")


@found_by("an_ambiguous_prefix_names_the_jobs", "an_empty_prefix_is_refused")
class FindsTheFirst(MemoryStore):
    def find(self, prefix: str) -> str:
        for job_id in sorted(self._jobs):
            if job_id.startswith(prefix):
                return job_id
        raise UnknownJobError(prefix)


@found_by("jobs_in_another_state_come_back", "a_job_that_is_gone_is_none")
class SeesNoChanges(MemoryStore):
    def changed(self, known: Mapping[str, JobState]) -> dict[str, JobRecord | None]:
        return {job_id: self.get(job_id) for job_id in known if job_id in self._jobs}


@found_by("the_newest_is_first", "no_limit_is_all")
class ListsUpwards(MemoryStore):
    def jobs(self, which: JobFilter = ANY, *, descending: bool = True, **page: Any) -> list[JobRecord]:
        return super().jobs(which, descending=False, **page)


@found_by("pages_follow_each_other", "no_limit_is_all", "conditions_are_all_to_hold")
class ForgetsToSkip(MemoryStore):
    def jobs(self, which: JobFilter = ANY, *, skip: int = 0, **page: Any) -> list[JobRecord]:
        return super().jobs(which, **page)


@found_by("an_empty_store_lists_nothing", "a_negative_page_is_refused")
class ListsAnything(MemoryStore):
    def jobs(self, *arguments: Any, **page: Any) -> list[Any]:
        return [None]


@found_by("listed_jobs_are_what_get_returns", "a_job_that_changes_moves_between_filters")
class ListsShortRecords(MemoryStore):
    def jobs(self, *arguments: Any, **page: Any) -> list[JobRecord]:
        return [replace(job, metadata={}, options={}) for job in super().jobs(*arguments, **page)]


@found_by("conditions_are_all_to_hold")
class KnowsOneTagOnly(MemoryStore):
    def jobs(self, which: JobFilter = ANY, **page: Any) -> list[JobRecord]:
        return super().jobs(replace(which, tags=which.tags[:1]), **page)


@found_by("a_text_is_taken_as_it_is")
class ComparesWithoutCase(MemoryStore):
    def jobs(self, which: JobFilter = ANY, **page: Any) -> list[JobRecord]:
        names = {job.name for job in self._records() if which.name and job.name.lower() == which.name.lower()}
        return super().jobs(replace(which, name=next(iter(names), which.name)), **page)

    def _records(self) -> list[JobRecord]:
        return [job.record for job in self._jobs.values()]


@found_by("conditions_are_all_to_hold", "times_combine_with_the_rest")
class CountsAll(MemoryStore):
    def count(self, which: JobFilter = ANY) -> int:
        return len(self._jobs)


@found_by("statistics_follow_each_change")
class CountsNothing(MemoryStore):
    def statistics(self) -> dict[JobState, int]:
        return dict.fromkeys(JobState, 0)


@found_by("times_exclude_their_ends")
class IncludesTheEnds(MemoryStore):
    def jobs(self, which: JobFilter = ANY, **page: Any) -> list[JobRecord]:
        after = which.created_after_us
        return super().jobs(replace(which, created_after_us=None if after is None else after - 1), **page)


@found_by("times_exclude_their_ends", "times_combine_with_the_rest", "a_restored_job_is_listed_and_counted")
class KnowsNoTimes(MemoryStore):
    def jobs(self, which: JobFilter = ANY, **page: Any) -> list[JobRecord]:
        if which.created_before_us is not None:
            return []
        return super().jobs(replace(which, created_after_us=None), **page)


@found_by("positions_are_the_order_of_claims", "a_greater_priority_is_taken_earlier")
class CountsPositionsFromOne(MemoryStore):
    def queue_position(self, job_id: str) -> int | None:
        position = super().queue_position(job_id)
        return None if position is None else position + 1


@found_by("a_job_that_is_not_queued_has_no_position")
class HasAlwaysAPosition(MemoryStore):
    def queue_position(self, job_id: str) -> int | None:
        return super().queue_position(job_id) or 0


@found_by(
    "a_job_that_goes_well",
    "times_are_those_of_the_job",
    "a_story_names_the_worker",
    "a_story_gives_reasons",
    "a_job_that_is_given_up",
    "a_reason_may_be_any_text",
    "a_long_reason_is_cut",
)
class TellsShortStories(MemoryStore):
    def events(self, job_id: str) -> list[EventRecord]:
        return [replace(event, reason="", worker_id=None) for event in super().events(job_id)[:-1]]


@found_by("a_run_that_ends_after_a_request_is_a_cancel")
class TellsTheWishOnly(MemoryStore):
    def events(self, job_id: str) -> list[EventRecord]:
        return [
            replace(event, event=JobEvent.FINISH) if event.event is JobEvent.CANCEL else event
            for event in super().events(job_id)
        ]


@found_by(
    "reports_are_put_together",
    "a_log_goes_on_over_attempts",
    "the_middle_of_a_long_log_is_left_out",
    "a_log_of_exactly_what_is_kept_is_whole",
    "what_is_printed_may_be_any_text",
)
class CutsTheLog(MemoryStore):
    def logs(self, job_id: str) -> str:
        return super().logs(job_id)[:5]


@found_by("a_job_that_prints_nothing_has_an_empty_log")
class NotesAnEmptyLog(MemoryStore):
    def logs(self, job_id: str) -> str:
        return super().logs(job_id) or "nothing was printed"


@found_by("a_registered_worker_is_found", "recovering_asks_about_each_worker")
class ListsTheNewestWorkerFirst(MemoryStore):
    def workers(self) -> Any:
        return super().workers()[::-1]

    def recover(self, is_alive: Any) -> list[JobRecord]:
        for worker in self.workers():
            is_alive(worker)
        return super().recover(is_alive)


@found_by("registering_again_replaces")
class KeepsTheFirstRegistration(MemoryStore):
    def register_worker(self, worker: Any) -> None:
        self._workers.setdefault(worker.worker_id, worker)


@found_by("an_unregistered_worker_is_gone", "jobs_of_a_worker_that_is_not_registered_are_taken")
class KeepsWorkers(MemoryStore):
    def unregister_worker(self, worker_id: str) -> None:
        return


@found_by("an_unregistered_worker_still_has_its_job")
class TakesTheJobsOfWhoGoes(MemoryStore):
    def unregister_worker(self, worker_id: str) -> None:
        super().unregister_worker(worker_id)
        self.recover(lambda worker: True)


@found_by("a_closed_store_refuses_every_call")
class StaysOpen(MemoryStore):
    def close(self) -> None:
        return


@found_by("closing_twice_is_no_error")
class ClosesOnce(MemoryStore):
    def close(self) -> None:
        if self.closed:
            raise ValueError("closed")
        super().close()
