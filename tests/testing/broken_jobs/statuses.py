"""Jobs that say the wrong status."""

import enum
from typing import Any

from queuebit.providers import JOB_FINAL_STATES, JobStatus
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by

LookAlike = enum.Enum("LookAlike", {status.name: status.value for status in JobStatus})


@found_by(
    "status_is_a_member_of_qiskits_enum",
    "unsubmitted_job_is_initializing",
    "pending_job_is_queued",
    "queued_job_runs_when_its_turn_comes",
    "running_job_is_running",
    "running_job_becomes_done",
    "finished_job_is_done",
    "failed_job_is_error",
    "unsuccessful_job_is_error",
    "cancelled_job_is_cancelled",
)
class HasAStatusEnumOfItsOwn(BasicProviderJob):
    def status(self) -> Any:
        return LookAlike[super().status().name]


@found_by("status_does_not_block_on_the_work", "failed_job_is_error")
class AsksTheWorkForItsStatus(BasicProviderJob):
    def status(self) -> JobStatus:
        if super().status() is not JobStatus.INITIALIZING:
            self.result()
        return super().status()


@found_by("done_stays_done", "error_stays_error", "cancelled_stays_cancelled")
class ChangesItsMind(BasicProviderJob):
    queries = 0

    def status(self) -> JobStatus:
        self.queries += super().status() in JOB_FINAL_STATES
        return JobStatus.RUNNING if self.queries > 3 else super().status()


@found_by(
    "done_asks_for_the_status_once",
    "running_asks_for_the_status_once",
    "cancelled_asks_for_the_status_once",
    "in_final_state_asks_for_the_status_once",
)
class AsksTwice(BasicProviderJob):
    def done(self) -> bool:
        return self.status() is JobStatus.DONE and super().done()

    def running(self) -> bool:
        return self.status() is JobStatus.RUNNING and super().running()

    def cancelled(self) -> bool:
        return self.status() is JobStatus.CANCELLED and super().cancelled()

    def in_final_state(self) -> bool:
        return self.status() is not JobStatus.RUNNING and super().in_final_state()
