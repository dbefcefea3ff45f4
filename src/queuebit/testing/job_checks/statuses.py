"""What `status()` says in each situation, and that a final status stays."""

from __future__ import annotations

from collections.abc import Callable

import qiskit.providers
from qiskit.providers import JobStatus, JobV1

from queuebit.testing.patience import eventually
from queuebit.testing.scenario_fixtures import ScenarioFixtures, Script

LINGER_S = 0.05
"""How long a check looks out for a change that must not come: a guess, long against a thread's switch."""

ENOUGH = 20
"""How often a check asks again for what must stay the same."""


class StatusChecks(ScenarioFixtures):
    """`JobStatus` is Qiskit's enum object; a final status never changes again."""

    def test_status_is_a_member_of_qiskits_enum(self, finished: JobV1) -> None:
        """`JobStatus` is Qiskit's enum object: programs compare by identity."""
        assert type(finished.status()) is qiskit.providers.JobStatus
        assert finished.status() in list(JobStatus)

    def test_unsubmitted_job_is_initializing(self, unsubmitted: JobV1) -> None:
        """A job that has not been submitted yet is INITIALIZING."""
        assert unsubmitted.status() is JobStatus.INITIALIZING

    def test_pending_job_is_queued(self, queued: JobV1) -> None:
        """Pending is QUEUED."""
        assert queued.status() is JobStatus.QUEUED

    def test_queued_job_runs_when_its_turn_comes(self, queued: JobV1, release: Callable[[], None]) -> None:
        """A job that was QUEUED is DONE in the end."""
        release()
        assert self.soon(lambda: queued.status() is JobStatus.DONE), queued.status()

    def test_running_job_is_running(self, running: JobV1) -> None:
        """Running is RUNNING."""
        assert running.status() is JobStatus.RUNNING

    def test_status_does_not_block_on_the_work(self, running: JobV1) -> None:
        """`status()` never blocks on the work."""
        status = self.promptly(running.status, "status() of a running job")
        assert status is JobStatus.RUNNING

    def test_running_job_becomes_done(self, running: JobV1, release: Callable[[], None]) -> None:
        """A job whose work ends well goes from RUNNING to DONE."""
        release()
        assert self.soon(lambda: running.status() is JobStatus.DONE), running.status()

    def test_finished_job_is_done(self, finished: JobV1) -> None:
        """Finished is DONE."""
        assert finished.status() is JobStatus.DONE

    def test_failed_job_is_error(self, failing: JobV1) -> None:
        """Raised is ERROR, and `status()` never raises because the work failed."""
        assert [failing.status() for _ in range(ENOUGH)] == [JobStatus.ERROR] * ENOUGH

    def test_unsuccessful_job_is_error(self, unsuccessful: JobV1) -> None:
        """A run whose `Result.success` is false is ERROR, not DONE."""
        assert unsuccessful.status() is JobStatus.ERROR

    def test_cancelled_job_is_cancelled(self, cancelled: JobV1) -> None:
        """Cancelled is CANCELLED."""
        assert cancelled.status() is JobStatus.CANCELLED

    def test_done_stays_done(self, finished: JobV1) -> None:
        """DONE never changes again."""
        self.result_of(finished)
        assert [finished.status() for _ in range(ENOUGH)] == [JobStatus.DONE] * ENOUGH

    def test_error_stays_error(self, failing: JobV1) -> None:
        """ERROR never changes again, not by asking for the result either."""
        for _ in range(ENOUGH):
            self.error_of(failing.result)
            assert failing.status() is JobStatus.ERROR

    def test_cancelled_stays_cancelled(self, cancelled: JobV1, release: Callable[[], None]) -> None:
        """A cancelled job can't become DONE later, when its work comes to its end nevertheless."""
        release()
        assert not eventually(LINGER_S, lambda: cancelled.status() is not JobStatus.CANCELLED)


class StatusQueryChecks(ScenarioFixtures):
    """`done`, `running`, `cancelled`, `in_final_state`: exactly one `status()` call each."""

    def test_done_asks_for_the_status_once(self, finished: JobV1, script: Script) -> None:
        """`done()` is whether the one status it asks for is DONE."""
        _answers_from_one_query(finished, script, "done", {JobStatus.DONE})

    def test_running_asks_for_the_status_once(self, finished: JobV1, script: Script) -> None:
        """`running()` is whether the one status it asks for is RUNNING."""
        _answers_from_one_query(finished, script, "running", {JobStatus.RUNNING})

    def test_cancelled_asks_for_the_status_once(self, finished: JobV1, script: Script) -> None:
        """`cancelled()` is whether the one status it asks for is CANCELLED."""
        _answers_from_one_query(finished, script, "cancelled", {JobStatus.CANCELLED})

    def test_in_final_state_asks_for_the_status_once(self, finished: JobV1, script: Script) -> None:
        """`in_final_state()` is whether the one status it asks for is DONE, CANCELLED or ERROR."""
        final = {JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR}
        _answers_from_one_query(finished, script, "in_final_state", final)


def _answers_from_one_query(job: JobV1, script: Script, method: str, yes: set[JobStatus]) -> None:
    for status in JobStatus:
        scripted = script(status)
        assert getattr(job, method)() is (status in yes), f"{method}() of a job that is {status.name}"
        assert scripted.queries == 1, f"{method}() asked for the status {scripted.queries} times, not once"
