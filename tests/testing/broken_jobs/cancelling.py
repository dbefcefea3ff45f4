"""Jobs that are cancelled or submitted in a wrong way."""

from typing import Any, ClassVar

from queuebit.providers import JobError, JobStatus
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


@found_by(
    "cancel_of_a_running_job_is_true",
    "cancel_stops_a_running_job",
    "cancel_of_a_queued_job_is_true",
    "cancelled_queued_job_never_runs",
    "cancel_of_an_unsubmitted_job_is_true",
    "cancelled_unsubmitted_job_can_not_be_submitted",
    "cancel_twice_is_no_error",
    "cancelling_one_job_leaves_the_others",
    "wait_wakes_when_the_job_is_cancelled",
    "result_wakes_when_the_job_is_cancelled",
    "done_callback_is_called_when_the_job_is_cancelled",
    "cancelled_job_is_cancelled",
)
class CanNotBeCancelled(BasicProviderJob):
    def cancel(self) -> bool:
        return False


@found_by("cancel_of_a_finished_job_is_false", "cancel_of_a_failed_job_is_false")
class AlwaysSaysCancelled(BasicProviderJob):
    def cancel(self) -> bool:
        super().cancel()
        return True


@found_by("cancel_twice_is_no_error")
class RaisesAtTheSecondCancel(BasicProviderJob):
    def cancel(self) -> bool:
        if not super().cancel():
            raise JobError("nothing to cancel")
        return True


@found_by("cancelling_one_job_leaves_the_others")
class CancelsTheOthersToo(BasicProviderJob):
    jobs: ClassVar[list[Any]] = []

    def __init__(self, *arguments: Any, **metadata: Any) -> None:
        super().__init__(*arguments, **metadata)
        self.jobs.append(self)

    def cancel(self) -> bool:
        cancelled = [BasicProviderJob.cancel(job) for job in self.jobs]
        return any(cancelled)


@found_by(
    "submit_of_a_running_job_raises_job_error",
    "submit_of_a_finished_job_raises_job_error",
    "second_submit_raises_job_error",
    "cancelled_unsubmitted_job_can_not_be_submitted",
)
class IgnoresTheSecondSubmit(BasicProviderJob):
    def submit(self) -> None:
        if self.status() is JobStatus.INITIALIZING:
            super().submit()


@found_by("submit_starts_the_job")
class NeverStarts(BasicProviderJob):
    def submit(self) -> None:
        return
