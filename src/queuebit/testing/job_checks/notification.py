"""Being told that a job has ended: `await`, `add_done_callback`, `as_completed`, `wait_all`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from qiskit.providers import JobError, JobV1
from qiskit.result import Result

from queuebit.providers import JobFailedError, as_completed, wait_all
from queuebit.testing.patience import eventually, in_background
from queuebit.testing.scenario_fixtures import ScenarioFixtures

T = TypeVar("T")

LINGER_S = 0.02
"""How long a check looks out for a second call that must not come."""

TIMEOUT_S = 0.02
"""A timeout that a check waits for to pass."""

MANY = 12
"""How many jobs a check for the number of threads waits for."""


class AwaitChecks(ScenarioFixtures):
    """`await job` is the job's result."""

    def test_await_returns_the_result(self, finished: JobV1) -> None:
        """`await job` returns what `result()` returns, as often as it is asked."""

        async def twice() -> list[Result]:
            return [await finished, await finished]

        result = self.result_of(finished)
        assert all(awaited is result for awaited in self._in_a_loop(twice))

    def test_await_leaves_the_event_loop_free(self, running: JobV1, release: Callable[[], None]) -> None:
        """Other tasks go on while a job is awaited, and it wakes at once when the job ends."""

        async def let_go() -> None:
            release()

        async def both() -> Result:
            return (await asyncio.gather(_awaited(running), let_go()))[0]

        assert self._in_a_loop(both).success

    def test_await_of_a_failed_job_raises(self, failing: JobV1) -> None:
        """`await job` raises what `result()` raises: `JobFailedError` when the job failed."""
        with pytest.raises(JobFailedError):
            self._in_a_loop(lambda: _awaited(failing))

    def test_await_of_a_cancelled_job_raises(self, cancelled: JobV1) -> None:
        """`await job` raises what `result()` raises: `concurrent.futures.CancelledError`, not asyncio's."""
        with pytest.raises(concurrent.futures.CancelledError):
            self._in_a_loop(lambda: _awaited(cancelled))

    def test_await_wakes_when_the_job_is_cancelled(self, running: JobV1, cancel: Callable[[JobV1], bool]) -> None:
        """An `await` that is under way raises at once when the job is cancelled."""

        async def cancel_it() -> None:
            cancel(running)

        async def both() -> object:
            return await asyncio.gather(_awaited(running), cancel_it())

        with pytest.raises(concurrent.futures.CancelledError):
            self._in_a_loop(both)

    def test_await_of_an_unsubmitted_job_raises_job_error(self, unsubmitted: JobV1) -> None:
        """`await job` raises what `result()` raises: `JobError` when the job was never submitted."""
        with pytest.raises(JobError):
            self._in_a_loop(lambda: _awaited(unsubmitted))

    def _in_a_loop(self, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self.promptly(lambda: asyncio.run(begin()), "await job")


class DoneCallbackChecks(ScenarioFixtures):
    """`add_done_callback(fn)` calls `fn(job)` once when the job is final."""

    def test_done_callback_after_the_end_is_called_at_once(self, finished: JobV1) -> None:
        """A callback that is added to a job that is DONE is called, once, with the job."""
        self._is_told_once(finished)

    def test_done_callback_of_a_failed_job_is_called(self, failing: JobV1) -> None:
        """A callback that is added to a job that is ERROR is called, once, with the job."""
        self._is_told_once(failing)

    def test_done_callback_of_a_cancelled_job_is_called(self, cancelled: JobV1) -> None:
        """A callback that is added to a job that is CANCELLED is called, once, with the job."""
        self._is_told_once(cancelled)

    def test_done_callback_is_called_when_the_work_ends(self, running: JobV1, release: Callable[[], None]) -> None:
        """Callbacks that were added before the end are all called then, once each, and not before."""
        told: list[tuple[str, JobV1]] = []
        running.add_done_callback(lambda job: told.append(("first", job)))
        running.add_done_callback(lambda job: told.append(("second", job)))
        assert not told
        release()
        assert self.soon(lambda: len(told) == 2), f"called {len(told)} times, not twice"
        assert not eventually(LINGER_S, lambda: len(told) > 2)
        assert {name for name, _ in told} == {"first", "second"}
        assert all(job is running for _, job in told)

    def test_done_callback_is_called_when_the_job_is_cancelled(
        self, running: JobV1, cancel: Callable[[JobV1], bool]
    ) -> None:
        """A callback that was added before the job was cancelled is called then."""
        told: list[JobV1] = []
        running.add_done_callback(told.append)
        cancel(running)
        assert self.soon(lambda: bool(told)), "the callback was not called"

    def test_done_callback_finds_the_job_final(self, running: JobV1, release: Callable[[], None]) -> None:
        """When the callback is called, the job's status is final and its result is there."""
        told: list[tuple[bool, bool]] = []
        running.add_done_callback(lambda job: told.append((job.in_final_state(), job.result().success)))
        release()
        assert self.soon(lambda: bool(told)), "the callback was not called, or it raised"
        assert told == [(True, True)]

    def _is_told_once(self, job: JobV1) -> None:
        told: list[JobV1] = []
        self.promptly(lambda: job.add_done_callback(told.append), "add_done_callback()")
        assert self.soon(lambda: bool(told)), "the callback was not called"
        assert not eventually(LINGER_S, lambda: len(told) > 1), f"called {len(told)} times, not once"
        assert told[0] is job


class ManyJobsChecks(ScenarioFixtures):
    """`as_completed(jobs, timeout)` and `wait_all(jobs, timeout)` cost no thread a job."""

    def test_as_completed_gives_each_job_once(self, finished: JobV1) -> None:
        """`as_completed` gives each job once, also one that is final already."""
        given = self.promptly(lambda: list(as_completed([finished])), "as_completed()")
        assert given == [finished]

    def test_as_completed_gives_failed_jobs_too(self, failing: JobV1) -> None:
        """`as_completed` gives a job that is ERROR as any other; its `result()` is what raises."""
        assert self.promptly(lambda: list(as_completed([failing])), "as_completed()") == [failing]

    def test_as_completed_gives_jobs_as_they_end(
        self, running: JobV1, finished: JobV1, release: Callable[[], None]
    ) -> None:
        """`as_completed` gives a job as soon as it is final, before those that still run."""
        jobs = iter(as_completed([running, finished]))
        assert self.promptly(lambda: next(jobs), "as_completed()") is finished
        release()
        assert self.promptly(lambda: next(jobs), "as_completed()") is running

    def test_as_completed_times_out(self, running: JobV1) -> None:
        """`as_completed` raises what `except TimeoutError` catches when a job is not final in time."""
        with pytest.raises(TimeoutError):
            self.promptly(lambda: list(as_completed([running], timeout=TIMEOUT_S)), "as_completed()")

    def test_wait_all_returns_when_all_jobs_are_final(
        self, running: JobV1, finished: JobV1, release: Callable[[], None]
    ) -> None:
        """`wait_all` waits for the last one."""
        waiting = in_background(lambda: wait_all([finished, running]))
        release()
        self.promptly(waiting.result, "wait_all()")
        assert running.in_final_state()

    def test_wait_all_returns_when_a_job_failed(self, failing: JobV1) -> None:
        """`wait_all` counts a job that is ERROR as final, and doesn't raise its error."""
        self.promptly(lambda: wait_all([failing]), "wait_all()")

    def test_waiting_costs_no_thread_a_job(self, start: Callable[[], JobV1], release: Callable[[], None]) -> None:
        """Waiting for many jobs, with callbacks, costs no thread for each of them."""
        jobs = [start() for _ in range(MANY)]
        before = threading.active_count()
        for job in jobs:
            job.add_done_callback(lambda _: None)
        waiting = in_background(lambda: list(as_completed(jobs)))
        assert not eventually(LINGER_S, lambda: threading.active_count() - before > MANY // 2)
        release()
        assert len(self.promptly(waiting.result, "as_completed()")) == MANY


async def _awaited(job: JobV1) -> Result:
    return await job
