"""Stores that change jobs wrongly."""

from typing import Any

from queuebit.store import JobEvent, JobRecord, JobState, MemoryStore

from .catalogue import found_by


@found_by("a_queued_job_is_cancelled_at_once", "jobs_come_back_in_order", "deleting_counts_each_job_once")
class OnlyMarksQueuedJobs(MemoryStore):
    def request_cancel(self, job_ids: Any, reason: str = "") -> list[JobRecord]:
        return [self.get(job_id) for job_id in sorted(job_ids, key=lambda job_id: self.get(job_id).sequence)]


@found_by("a_running_job_is_marked", "cancelling_twice_changes_nothing", "a_final_job_stays_as_it_is")
class CancelsAnything(MemoryStore):
    def request_cancel(self, job_ids: Any, reason: str = "") -> list[JobRecord]:
        for job_id in job_ids:
            job = self._job(job_id)
            job.record = job.record.__class__(
                **{
                    **{name: getattr(job.record, name) for name in job.record.__dataclass_fields__},
                    "state": JobState.CANCELLED,
                    "cancel_requested": True,
                    "worker_id": None,
                }
            )
            job.events.append(job.events[-1])
        return [self.get(job_id) for job_id in job_ids]


@found_by("requests_are_for_the_worker_that_has_the_job", "a_running_job_is_marked")
class TellsAnyWorker(MemoryStore):
    def cancel_requests(self, worker_id: str) -> list[str]:
        return [job_id for job_id in sorted(self._jobs) if worker_id == "another"]


@found_by("what_is_given_changes", "a_job_that_changes_moves_between_filters", "a_greater_priority_is_taken_earlier")
class ChangesNothing(MemoryStore):
    def update(self, job_id: str, **changes: Any) -> JobRecord:
        return self.get(job_id)


@found_by("a_final_job_can_be_changed")
class LeavesFinalJobs(MemoryStore):
    def update(self, job_id: str, **changes: Any) -> JobRecord:
        job = self.get(job_id)
        return job if job.is_final else super().update(job_id, **changes)


@found_by("changing_nothing_is_nothing", "an_unknown_job_can_not_be_changed", "what_can_not_be_kept_is_refused")
class ChangesAnything(MemoryStore):
    def update(self, job_id: str, **changes: Any) -> JobRecord:
        job = self._jobs.get(job_id) or next(iter(self._jobs.values()), None)
        if job is not None:
            self._change(job, JobEvent.UPDATE, "anything", **changes)
            return self._copy(job)
        return None  # type: ignore[return-value]


@found_by("a_job_that_is_not_final_is_refused")
class DeletesAnything(MemoryStore):
    def delete(self, job_ids: Any) -> int:
        return sum(self._jobs.pop(job_id, None) is not None for job_id in list(job_ids))


@found_by("deleting_counts_each_job_once", "nothing_of_a_deleted_job_is_left", "a_job_that_is_gone_is_none")
class OnlyHidesDeletedJobs(MemoryStore):
    def delete(self, job_ids: Any) -> int:
        return len(list(job_ids))


@found_by("circuits_that_others_have_stay", "others_keep_their_files")
class DeletesTooMuch(MemoryStore):
    def delete(self, job_ids: Any) -> int:
        number = super().delete(job_ids)
        for path in self.files.iterdir():
            path.unlink()
        for job in self._jobs.values():
            job.circuits = ()
        return number
