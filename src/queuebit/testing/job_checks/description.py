"""What a job tells of itself: its error's text, its progress, its times, and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from qiskit.providers import BackendV2, JobV1

from queuebit.testing.scenario_fixtures import ScenarioFixtures

STAMPS = ("time_created", "time_submitted", "time_started", "time_finished")

SHORT_REPR = 200
"""Characters of a repr that is still a short one."""

CLOCK = timedelta(milliseconds=5)
"""How far two readings of the wall clock may be apart for being taken by different threads."""


class ErrorMessageChecks(ScenarioFixtures):
    """`error_message()` is None or text."""

    def test_error_message_of_a_finished_job_is_none(self, finished: JobV1) -> None:
        """`error_message()` is None when nothing went wrong."""
        assert finished.error_message() is None

    def test_error_message_of_a_running_job_is_none(self, running: JobV1) -> None:
        """`error_message()` is None while nothing has gone wrong, and doesn't wait for the work."""
        assert self.promptly(running.error_message, "error_message() of a running job") is None

    def test_error_message_of_a_failed_job_says_why(self, failing: JobV1) -> None:
        """`error_message()` of a job that is ERROR is a text that passes on what the work said."""
        assert self.failure_text in _text(failing.error_message())

    def test_error_message_of_an_unsuccessful_job_is_text(self, unsuccessful: JobV1) -> None:
        """`error_message()` of a job whose `Result` has `success=False` is a text."""
        assert _text(unsuccessful.error_message())

    def test_error_message_of_a_cancelled_job_is_none_or_text(self, cancelled: JobV1) -> None:
        """`error_message()` of a job that is CANCELLED is None or a text."""
        assert isinstance(cancelled.error_message(), str | None)


class ProgressChecks(ScenarioFixtures):
    """`progress()` is (done, total, unit)."""

    def test_progress_is_done_total_and_unit(self, running: JobV1) -> None:
        """`progress()` is a tuple of how much is done, of how much there is, and of what."""
        done, total, unit = self.promptly(running.progress, "progress() of a running job")
        assert done >= 0
        assert total is None or done <= total
        assert isinstance(unit, str)
        assert unit

    def test_progress_has_names(self, finished: JobV1) -> None:
        """The parts of `progress()` have the names `done`, `total` and `unit`."""
        progress = finished.progress()
        assert (progress.done, progress.total, progress.unit) == tuple(progress)

    def test_progress_never_goes_back(self, running: JobV1, release: Callable[[], None]) -> None:
        """What was done stays done, from the running job to the finished one."""
        readings = [running.progress().done for _ in range(3)]
        release()
        self.result_of(running)
        readings.append(running.progress().done)
        assert readings == sorted(readings)

    def test_progress_of_a_finished_job_is_complete(self, finished: JobV1) -> None:
        """A job that is DONE has done all there was."""
        progress = finished.progress()
        assert progress.total is None or progress.done == progress.total


class TimestampChecks(ScenarioFixtures):
    """`time_created`, `time_submitted`, `time_started`, `time_finished`: stamped when it happened."""

    def test_times_are_aware_or_none(self, finished: JobV1) -> None:
        """The times are aware datetimes or None."""
        for name in STAMPS:
            time = getattr(finished, name)
            assert time is None or (isinstance(time, datetime) and time.utcoffset() is not None), name

    def test_times_are_in_order(self, running: JobV1, release: Callable[[], None]) -> None:
        """Created, submitted, started, finished: none is missing, and none is before its predecessor."""
        release()
        self.result_of(running)
        times = [getattr(running, name) for name in STAMPS]
        assert None not in times, dict(zip(STAMPS, times, strict=True))
        assert times == sorted(times)

    def test_times_of_what_has_not_happened_are_none(self, running: JobV1) -> None:
        """A job that runs has begun and has not finished."""
        assert running.time_started is not None
        assert running.time_finished is None

    def test_times_of_an_unsubmitted_job_are_none(self, unsubmitted: JobV1) -> None:
        """A job that was never submitted has been created, and no more."""
        assert unsubmitted.time_created is not None
        assert [getattr(unsubmitted, name) for name in STAMPS[1:]] == [None] * 3

    def test_times_of_a_queued_job_say_submitted(self, queued: JobV1) -> None:
        """A job that waits for its turn has been submitted, and has not begun."""
        assert queued.time_submitted is not None
        assert queued.time_started is None

    def test_finished_job_has_a_time_of_its_end(self, finished: JobV1) -> None:
        """A job that is DONE has finished at a time, which stays."""
        ended = finished.time_finished
        assert ended is not None
        assert finished.time_finished == ended

    def test_failed_job_has_a_time_of_its_end(self, failing: JobV1) -> None:
        """A job that is ERROR has finished at a time."""
        assert failing.time_finished is not None

    def test_cancelled_job_has_a_time_of_its_end(self, cancelled: JobV1) -> None:
        """A job that is CANCELLED has finished at a time."""
        assert cancelled.time_finished is not None

    def test_end_is_stamped_when_it_happens(self, running: JobV1, release: Callable[[], None]) -> None:
        """The end is stamped when it happens, not when somebody asks: before the callbacks are called."""
        told: list[datetime] = []
        running.add_done_callback(lambda _: told.append(datetime.now(UTC)))
        let_go = datetime.now(UTC)
        release()
        assert self.soon(lambda: bool(told)), "the done callback was not called"
        assert self.soon(lambda: datetime.now(UTC) > told[0] + 2 * CLOCK)
        assert running.time_finished is not None
        assert let_go - CLOCK <= running.time_finished <= told[0] + CLOCK


class AppearanceChecks(ScenarioFixtures):
    """A job has a short repr, and an HTML repr for notebooks."""

    def test_repr_is_short_and_names_the_job(self, finished: JobV1) -> None:
        """`repr(job)` is one short line with the class and the id."""
        text = repr(finished)
        assert len(text) <= SHORT_REPR
        assert "\n" not in text
        assert type(finished).__name__ in text
        assert finished.job_id() in text

    def test_repr_of_a_running_job_does_not_wait(self, running: JobV1) -> None:
        """`repr(job)` and `_repr_html_()` don't wait for the work."""
        assert running.job_id() in self.promptly(lambda: repr(running), "repr() of a running job")
        assert running.job_id() in self.promptly(lambda: _html(running), "_repr_html_() of a running job")

    def test_repr_of_a_failed_job_never_raises(self, failing: JobV1) -> None:
        """`repr(job)` and `_repr_html_()` of a job that failed raise nothing."""
        assert failing.job_id() in repr(failing)
        assert failing.job_id() in _html(failing)

    def test_html_repr_escapes_the_id(self, constructed: Callable[..., JobV1], given_backend: BackendV2) -> None:
        """`_repr_html_()` shows an id with markup in it as it is written."""
        html = _html(constructed(given_backend, "<script>&"))
        assert "<script>&" not in html
        assert "&lt;script&gt;&amp;" in html


def _html(job: JobV1) -> str:
    html: str = job._repr_html_()
    return html


def _text(message: object) -> str:
    assert isinstance(message, str)
    assert message.strip()
    return message
