"""`cancel()`: when it says True, when it says False, and what becomes of the job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from qiskit.providers import JobError, JobStatus, JobV1

from queuebit.testing.scenario_fixtures import ScenarioFixtures

Cancel = Callable[[JobV1], bool]


class CancelChecks(ScenarioFixtures):
    """`cancel()` returns True when the job is or will be cancelled, False when it was already final."""

    def test_cancel_of_a_running_job_is_true(self, running: JobV1, cancel: Cancel) -> None:
        """`cancel()` of running work returns True, and without waiting for the work."""
        assert cancel(running) is True

    def test_cancel_stops_a_running_job(self, running: JobV1, cancel: Cancel) -> None:
        """`cancel()` stops running work too: the job is CANCELLED within a bound."""
        cancel(running)
        assert self.soon(lambda: running.status() is JobStatus.CANCELLED), running.status()
        assert running.cancelled()

    def test_cancel_of_a_queued_job_is_true(self, queued: JobV1, cancel: Cancel) -> None:
        """`cancel()` of a job that waits for its turn returns True."""
        assert cancel(queued) is True

    def test_cancelled_queued_job_never_runs(self, queued: JobV1, cancel: Cancel, release: Callable[[], None]) -> None:
        """A job that is cancelled before its turn is CANCELLED, and stays so when its turn comes."""
        cancel(queued)
        release()
        self.wait_for(queued)
        assert queued.status() is JobStatus.CANCELLED

    def test_cancel_of_an_unsubmitted_job_is_true(self, unsubmitted: JobV1, cancel: Cancel) -> None:
        """`cancel()` of a job that was never submitted returns True: it wasn't final, and is cancelled."""
        assert cancel(unsubmitted) is True
        assert unsubmitted.status() is JobStatus.CANCELLED

    def test_cancelled_unsubmitted_job_can_not_be_submitted(self, unsubmitted: JobV1, cancel: Cancel) -> None:
        """A final status never changes: submitting a job that was cancelled first raises `JobError`."""
        cancel(unsubmitted)
        with pytest.raises(JobError):
            unsubmitted.submit()
        assert unsubmitted.status() is JobStatus.CANCELLED

    def test_cancel_of_a_finished_job_is_false(self, finished: JobV1, cancel: Cancel) -> None:
        """`cancel()` returns False when the job was DONE, which leaves the job and its result as they are."""
        result = self.result_of(finished)
        assert cancel(finished) is False
        assert finished.status() is JobStatus.DONE
        assert finished.result() is result

    def test_cancel_of_a_failed_job_is_false(self, failing: JobV1, cancel: Cancel) -> None:
        """`cancel()` returns False when the job was ERROR, which it stays."""
        assert cancel(failing) is False
        assert failing.status() is JobStatus.ERROR

    def test_cancel_twice_is_no_error(self, running: JobV1, cancel: Cancel) -> None:
        """A second `cancel()` answers with a bool, and changes nothing."""
        cancel(running)
        assert isinstance(cancel(running), bool)
        assert self.soon(lambda: running.status() is JobStatus.CANCELLED), running.status()
        assert isinstance(cancel(running), bool)
        assert running.status() is JobStatus.CANCELLED

    def test_cancelling_one_job_leaves_the_others(self, start: Callable[[], JobV1], cancel: Cancel) -> None:
        """`cancel()` stops its own job only."""
        other, cancelled = start(), start()
        cancel(cancelled)
        assert self.soon(lambda: cancelled.status() is JobStatus.CANCELLED), cancelled.status()
        assert not other.in_final_state()


class SubmitChecks(ScenarioFixtures):
    """`submit()` starts a job once."""

    def test_submit_starts_the_job(self, unsubmitted: JobV1) -> None:
        """`submit()` starts the work, whose result is there then."""
        unsubmitted.submit()
        assert self.result_of(unsubmitted).success
        assert unsubmitted.status() is JobStatus.DONE

    def test_second_submit_raises_job_error(self, unsubmitted: JobV1) -> None:
        """A second `submit()` raises `JobError`, and the first one goes on."""
        unsubmitted.submit()
        with pytest.raises(JobError):
            unsubmitted.submit()
        assert self.result_of(unsubmitted).success

    def test_submit_of_a_running_job_raises_job_error(self, running: JobV1) -> None:
        """`submit()` of a job that runs raises `JobError`, and the job goes on."""
        with pytest.raises(JobError):
            running.submit()
        assert running.status() is JobStatus.RUNNING

    def test_submit_of_a_finished_job_raises_job_error(self, finished: JobV1) -> None:
        """`submit()` of a job that is finished raises `JobError`, and the job stays so."""
        with pytest.raises(JobError):
            finished.submit()
        assert finished.status() is JobStatus.DONE
