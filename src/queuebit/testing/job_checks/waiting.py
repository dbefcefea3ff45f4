"""`wait_for_final_state`: its queries, its callback, its deadline, and when it wakes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from qiskit.providers import JobStatus, JobV1

from queuebit.testing.patience import in_background
from queuebit.testing.scenario_fixtures import ScenarioFixtures, Script

SHORT_S = 0.001
"""A pause between queries that costs a check nothing."""

LONG_S = 60.0
"""A pause that no check can sit through: a wait that comes back at once was woken or cut."""


class ScriptedError(Exception):
    """A status or a callback of a check raises this."""


class WaitCallbackChecks(ScenarioFixtures):
    """`callback(job_id, status, job)` after each query, the final one included."""

    def test_callback_follows_each_query(self, finished: JobV1, script: Script) -> None:
        """The callback is called after each query, with nothing asked in between."""
        status = script(JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.RUNNING, JobStatus.DONE)
        seen: list[tuple[int, JobStatus]] = []
        self.wait_for(finished, wait=SHORT_S, callback=lambda _id, found, _job: seen.append((status.queries, found)))
        assert seen[:3] == [(1, JobStatus.QUEUED), (2, JobStatus.RUNNING), (3, JobStatus.RUNNING)]

    def test_callback_sees_the_final_status(self, finished: JobV1, script: Script) -> None:
        """The callback is called after the query that finds the final status too, and then no more."""
        script(JobStatus.RUNNING, JobStatus.ERROR)
        seen: list[JobStatus] = []
        self.wait_for(finished, wait=SHORT_S, callback=lambda _id, found, _job: seen.append(found))
        assert seen == [JobStatus.RUNNING, JobStatus.ERROR]

    def test_callback_of_a_finished_job_is_called_once(self, finished: JobV1) -> None:
        """A job that is final already is queried once, and the callback called once."""
        seen: list[JobStatus] = []
        self.wait_for(finished, wait=SHORT_S, callback=lambda _id, found, _job: seen.append(found))
        assert seen == [JobStatus.DONE]

    def test_callback_gets_id_status_and_job(self, finished: JobV1, script: Script) -> None:
        """The callback's arguments, by position, are the id, the status of the last query and the job."""
        script(JobStatus.RUNNING, JobStatus.RUNNING, JobStatus.DONE)
        seen: list[tuple[object, ...]] = []
        self.wait_for(finished, wait=SHORT_S, callback=lambda *arguments: seen.append(arguments))
        assert seen, "the callback was not called"
        assert seen[0] == (finished.job_id(), JobStatus.RUNNING, finished)
        assert seen[0][2] is finished

    def test_exception_of_the_callback_propagates(self, finished: JobV1, script: Script) -> None:
        """An exception of the callback comes out of the wait as it is."""
        script(JobStatus.RUNNING, JobStatus.DONE)
        error = ScriptedError("the callback failed")

        def fail(*_: object) -> None:
            raise error

        with pytest.raises(ScriptedError) as raised:
            self.wait_for(finished, wait=SHORT_S, callback=fail)
        assert raised.value is error


class WaitChecks(ScenarioFixtures):
    """`wait_for_final_state(timeout=None, wait=5, callback=None)` queries until the status is final."""

    def test_wait_queries_until_the_status_is_final(self, finished: JobV1, script: Script) -> None:
        """It queries; while the status isn't final, it waits up to `wait` seconds and queries again."""
        status = script(JobStatus.INITIALIZING, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE)
        self.wait_for(finished, wait=SHORT_S)
        assert status.queries == 4

    def test_wait_takes_its_arguments_in_the_documented_order(self, finished: JobV1, script: Script) -> None:
        """The signature is `wait_for_final_state(timeout=None, wait=5, callback=None)`."""
        script(JobStatus.RUNNING, JobStatus.DONE)
        seen: list[object] = []
        self.promptly(lambda: finished.wait_for_final_state(LONG_S, SHORT_S, lambda *_: seen.append(_)))
        assert seen

    def test_wait_returns_none(self, finished: JobV1) -> None:
        """`wait_for_final_state` returns None."""
        assert self.wait_for(finished) is None

    def test_wait_of_a_finished_job_returns_at_once(self, finished: JobV1) -> None:
        """A job that is final is not waited for, whatever `wait` says."""
        self.wait_for(finished, wait=LONG_S)

    def test_wait_returns_when_the_job_failed(self, failing: JobV1) -> None:
        """ERROR returns normally."""
        assert self.wait_for(failing) is None
        assert failing.status() is JobStatus.ERROR

    def test_wait_returns_when_the_job_is_cancelled(self, cancelled: JobV1) -> None:
        """CANCELLED returns normally."""
        assert self.wait_for(cancelled) is None
        assert cancelled.status() is JobStatus.CANCELLED

    def test_wait_ends_at_each_final_status(self, finished: JobV1, script: Script) -> None:
        """DONE, CANCELLED and ERROR end the wait, and return normally."""
        for final in (JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR):
            status = script(JobStatus.RUNNING, final, JobStatus.RUNNING)
            self.wait_for(finished, wait=SHORT_S)
            assert status.queries == 2, f"{status.queries} queries where the second one said {final.name}"

    def test_exception_of_status_propagates(self, finished: JobV1, script: Script) -> None:
        """An exception of `status()` comes out of the wait as it is."""
        error = ScriptedError("no connection")
        script(JobStatus.RUNNING, error)
        with pytest.raises(ScriptedError) as raised:
            self.wait_for(finished, wait=SHORT_S)
        assert raised.value is error

    def test_wait_is_the_longest_gap_between_queries(self, running: JobV1, release: Callable[[], None]) -> None:
        """While nothing changes, the status is queried again every `wait` seconds at least."""
        queries: list[JobStatus] = []

        def let_go_after_five(_id: str, status: JobStatus, _job: JobV1) -> None:
            queries.append(status)
            if len(queries) == 5:
                release()

        self.wait_for(running, wait=SHORT_S, callback=let_go_after_five)
        assert queries[:5] == [JobStatus.RUNNING] * 5

    def test_wait_zero_queries_without_a_pause(self, finished: JobV1, script: Script) -> None:
        """`wait=0` is no error."""
        status = script(JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE)
        self.wait_for(finished, wait=0)
        assert status.queries == 3

    def test_wait_wakes_when_the_job_ends(self, running: JobV1, release: Callable[[], None]) -> None:
        """A job that can know of a change wakes at once: a long `wait` is not slept through."""
        self.wait_for(running, wait=LONG_S, callback=lambda *_: release())
        assert running.status() is JobStatus.DONE

    def test_wait_wakes_when_the_job_is_cancelled(self, running: JobV1, cancel: Callable[[JobV1], bool]) -> None:
        """A job that can know of a change wakes at once when it is cancelled too."""
        asked_to_cancel: list[Future[bool]] = []

        def cancel_meanwhile(_id: str, status: JobStatus, _job: JobV1) -> None:
            if status is JobStatus.RUNNING and not asked_to_cancel:
                asked_to_cancel.append(in_background(lambda: cancel(running)))

        self.wait_for(running, wait=LONG_S, callback=cancel_meanwhile)
        assert running.status() is JobStatus.CANCELLED

    def test_every_wait_wakes_when_the_job_ends(self, running: JobV1, release: Callable[[], None]) -> None:
        """Several waits for one job all wake at once."""
        entered: list[JobStatus] = []

        def let_go_after_three(_id: str, status: JobStatus, _job: JobV1) -> None:
            entered.append(status)
            if len(entered) == 3:
                release()

        waits = [
            in_background(lambda: running.wait_for_final_state(wait=LONG_S, callback=let_go_after_three))
            for _ in range(3)
        ]
        assert self.soon(lambda: all(wait.done() for wait in waits)), f"{waits} after {self.patience_s:g} s"
        assert [wait.result() for wait in waits] == [None] * 3
