"""`wait_for_final_state(timeout=…)`: its deadline, and what it refuses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest
import qiskit.providers
from qiskit.providers import JobStatus, JobV1

from queuebit.testing.job_checks.waiting import LONG_S, SHORT_S
from queuebit.testing.scenario_fixtures import ScenarioFixtures
from queuebit.testing.scripted_status import StatusProbe, put_status

TIMEOUT_S = 0.05
"""A deadline that a check waits for to pass."""

CLOCK_S = 0.005
"""How early a deadline may pass: more than the grain of any clock."""

Errors = type[Exception] | tuple[type[Exception], ...]


class WaitTimeoutChecks(ScenarioFixtures):
    """The deadline is monotonic and the pause is cut to it."""

    def test_wait_times_out(self, running: JobV1) -> None:
        """A job that is not final at the deadline raises Qiskit's `JobTimeoutError`."""
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=TIMEOUT_S, wait=SHORT_S)

    def test_wait_timeout_is_the_builtin_too(self, running: JobV1) -> None:
        """The error is the builtin `TimeoutError` too, and names the job."""
        with pytest.raises(TimeoutError) as raised:
            self.wait_for(running, timeout=TIMEOUT_S, wait=SHORT_S)
        assert running.job_id() in str(raised.value)

    def test_timeout_cuts_the_pause(self, running: JobV1) -> None:
        """The pause is cut to the deadline: a short timeout ends a long `wait`, and not before its time."""
        started = time.monotonic()
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=TIMEOUT_S, wait=LONG_S)
        assert time.monotonic() - started >= TIMEOUT_S - CLOCK_S

    def test_timeout_leaves_the_job_running(self, running: JobV1) -> None:
        """A wait that timed out changes nothing about the job."""
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=0, wait=SHORT_S)
        assert running.status() is JobStatus.RUNNING

    def test_timeout_zero_queries_once(self, running: JobV1) -> None:
        """`timeout=0` still queries once."""
        status = StatusProbe(running.status)
        put_status(running, status)
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=0, wait=LONG_S)
        assert status.queries == 1

    def test_timeout_zero_of_a_finished_job_returns(self, finished: JobV1) -> None:
        """`timeout=0` of a job that is final returns normally."""
        self.wait_for(finished, timeout=0)

    def test_callback_sees_the_query_before_the_timeout(self, running: JobV1) -> None:
        """The callback is called after each query, the one that finds the time over included."""
        seen: list[JobStatus] = []
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=0, callback=lambda _id, status, _job: seen.append(status))
        assert seen == [JobStatus.RUNNING]

    def test_deadline_ignores_the_wall_clock(self, running: JobV1, monkeypatch: pytest.MonkeyPatch) -> None:
        """The deadline is monotonic: a wall clock that stands still, or is set back, doesn't defer it."""
        monkeypatch.setattr(time, "time", lambda: 0.0)
        with pytest.raises(qiskit.providers.JobTimeoutError):
            self.wait_for(running, timeout=TIMEOUT_S, wait=SHORT_S)

    def test_infinite_timeout_is_none(self, running: JobV1, release: Callable[[], None]) -> None:
        """An infinite `timeout` or `wait` is no error: it waits as long as it takes."""
        self.wait_for(running, timeout=math.inf, wait=SHORT_S, callback=lambda *_: release())
        assert running.status() is JobStatus.DONE
        self.wait_for(running, timeout=math.inf, wait=math.inf)

    def test_negative_timeout_is_refused(self, finished: JobV1) -> None:
        """A negative `timeout` raises `ValueError` that names it, on a job that is final too."""
        self._refuses(finished, ValueError, timeout=-1)

    def test_nan_timeout_is_refused(self, finished: JobV1) -> None:
        """A NaN `timeout` raises `ValueError` that names it, on a job that is final too."""
        self._refuses(finished, ValueError, timeout=math.nan)

    def test_negative_wait_is_refused(self, finished: JobV1) -> None:
        """A negative `wait` raises `ValueError` that names it, on a job that is final too."""
        self._refuses(finished, ValueError, wait=-0.5)

    def test_nan_wait_is_refused(self, finished: JobV1) -> None:
        """A NaN `wait` raises `ValueError` that names it, on a job that is final too."""
        self._refuses(finished, ValueError, wait=math.nan)

    def test_timeout_that_is_no_number_is_refused(self, finished: JobV1) -> None:
        """A `timeout` that is no number raises `TypeError` or `ValueError` that names it."""
        self._refuses(finished, (TypeError, ValueError), timeout="soon")

    def test_wait_that_is_no_number_is_refused(self, finished: JobV1) -> None:
        """A `wait` that is no number raises `TypeError` or `ValueError` that names it."""
        self._refuses(finished, (TypeError, ValueError), wait="5")
        self._refuses(finished, (TypeError, ValueError), wait=None)

    def _refuses(self, job: JobV1, error: Errors, **argument: object) -> None:
        [name] = argument
        with pytest.raises(error, match=name):
            self.wait_for(job, **argument)
