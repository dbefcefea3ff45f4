"""Jobs that say the wrong thing of themselves."""

from datetime import UTC, datetime
from typing import Any

from queuebit.providers import JobStatus
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


@found_by(
    "error_message_of_a_finished_job_is_none",
    "error_message_of_a_running_job_is_none",
    "error_message_of_a_failed_job_says_why",
    "error_message_of_an_unsuccessful_job_is_text",
    "error_message_of_a_cancelled_job_is_none_or_text",
)
class GivesNumbersForErrors(BasicProviderJob):
    def error_message(self) -> Any:
        return 8001


@found_by(
    "progress_is_done_total_and_unit",
    "progress_has_names",
    "progress_never_goes_back",
    "progress_of_a_finished_job_is_complete",
)
class CountsDown(BasicProviderJob):
    left = 10

    def progress(self) -> Any:
        self.left -= 1
        return (self.left, 2, "")


@found_by("progress_never_goes_back")
class ForgetsItsProgress(BasicProviderJob):
    def progress(self) -> Any:
        return super().progress()._replace(done=int(self.status() is JobStatus.RUNNING))


@found_by(
    "times_are_in_order",
    "times_of_what_has_not_happened_are_none",
    "times_of_an_unsubmitted_job_are_none",
    "times_of_a_queued_job_say_submitted",
    "finished_job_has_a_time_of_its_end",
    "failed_job_has_a_time_of_its_end",
    "cancelled_job_has_a_time_of_its_end",
    "end_is_stamped_when_it_happens",
)
class HasNoTimes(BasicProviderJob):
    time_created = time_submitted = time_started = time_finished = None


@found_by("times_are_aware_or_none")
class HasNaiveTimes(BasicProviderJob):
    @property
    def time_created(self) -> Any:
        return super().time_created.replace(tzinfo=None)


@found_by("end_is_stamped_when_it_happens", "times_of_what_has_not_happened_are_none")
class StampsWhenAsked(BasicProviderJob):
    @property
    def time_finished(self) -> Any:
        return datetime.now(UTC)


@found_by(
    "repr_is_short_and_names_the_job",
    "repr_of_a_running_job_does_not_wait",
    "repr_of_a_failed_job_never_raises",
    "html_repr_escapes_the_id",
)
class ShowsItsResult(BasicProviderJob):
    def __repr__(self) -> str:
        return f"{self.job_id()}\n{self.result()}"

    def _repr_html_(self) -> str:
        return f"<b>{self.job_id()}</b>"
