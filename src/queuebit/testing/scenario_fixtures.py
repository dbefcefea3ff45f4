"""pytest fixtures that make the scenarios' jobs, skip what a class can't produce, and end what still runs."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from typing import Any

import pytest
from qiskit.providers import BackendV2, JobStatus, JobV1
from qiskit.providers.jobstatus import JOB_FINAL_STATES

from queuebit.testing.job_scenarios import JobScenarios, contract_backend
from queuebit.testing.patience import in_background, within
from queuebit.testing.scripted_status import ScriptedStatus, put_status

Script = Callable[..., ScriptedStatus]
"""What the fixture `script` is: called with the steps, it returns the status that follows them."""

STEPS = 4
"""How many times its patience a whole check may take: a guess, more than any check has steps that wait."""


class ScenarioFixtures(JobScenarios):
    """What a check may ask for by the name of an argument.

    A check with the argument `running` gets a job that runs; one with the argument `cancel` gets a callable
    that cancels a job. If the class declares that scenario unavailable, the check is skipped with the reason.
    """

    _check = ""
    _release_event: threading.Event | None = None

    @pytest.fixture(autouse=True)
    def _name_the_check(self, request: pytest.FixtureRequest) -> None:
        self._check = request.node.originalname

    @pytest.fixture
    def release_event(self) -> Iterator[threading.Event]:
        """The event that lets running and queued jobs go; set when the check is over at the latest."""
        event = self._release_event = threading.Event()
        yield event
        event.set()

    @pytest.fixture
    def release(self, release_event: threading.Event) -> Callable[[], None]:
        """Let the running and the queued job go."""
        self._require("release")
        return release_event.set

    @pytest.fixture
    def cancel(self) -> Callable[[JobV1], bool]:
        """Cancel a job and return what its `cancel()` said."""
        self._require("cancel")
        return lambda job: self.promptly(job.cancel, "cancel()")

    @pytest.fixture
    def constructed(self) -> Callable[..., JobV1]:
        """Build a job from a backend, an id and metadata."""
        self._require("constructed")
        return self.constructed_job

    @pytest.fixture
    def unsubmitted(self) -> JobV1:
        """A job that waits for `submit()`."""
        self._require("unsubmitted")
        return self.unsubmitted_job()

    @pytest.fixture
    def queued(self, release_event: threading.Event) -> Iterator[JobV1]:
        """A job that has been submitted and has not begun."""
        self._require("queued")
        job = self.queued_job(release_event)
        yield job
        self._stop(job, release_event)

    @pytest.fixture
    def start(self, release_event: threading.Event) -> Iterator[Callable[[], JobV1]]:
        """Start one more running job each time it is called, without waiting until the job has begun."""
        self._require("running")
        jobs: list[JobV1] = []

        def one_more() -> JobV1:
            jobs.append(self.running_job(release_event))
            return jobs[-1]

        yield one_more
        for job in jobs:
            self._stop(job, release_event)

    @pytest.fixture
    def running(self, start: Callable[[], JobV1]) -> JobV1:
        """A job that has begun, and that runs until it is let go or cancelled."""
        job = start()
        status = self._settle(job, (JobStatus.RUNNING, *JOB_FINAL_STATES))
        if status is not None and status in JOB_FINAL_STATES:
            pytest.fail(
                f"running_job() gave a job that is {status.name}; it has to run until `release` is set "
                f"or {type(self).__name__}.unavailable has to say why there is no 'running' job"
            )
        return job

    @pytest.fixture
    def cancelled(self, release_event: threading.Event) -> Iterator[JobV1]:
        """A job that has been cancelled."""
        self._require("cancelled")
        if type(self).cancelled_job is JobScenarios.cancelled_job:
            self._require("running")
            self._require("cancel")
        job = self._final(self.cancelled_job(release_event))
        yield job
        self._stop(job, release_event)

    @pytest.fixture
    def finished(self) -> JobV1:
        """A job whose work ended well."""
        self._require("finished")
        return self._final(self.finished_job())

    @pytest.fixture
    def failing(self) -> JobV1:
        """A job whose work raised."""
        self._require("failing")
        return self._final(self.failing_job())

    @pytest.fixture
    def unsuccessful(self) -> JobV1:
        """A job whose work ended with a `Result` that has `success=False`."""
        self._require("unsuccessful")
        return self._final(self.unsuccessful_job())

    @pytest.fixture
    def script(self, finished: JobV1) -> Script:
        """Make the finished job's `status()` follow a script, and return the script."""

        def follow(*steps: JobStatus | BaseException) -> ScriptedStatus:
            status = ScriptedStatus(steps)
            put_status(finished, status)
            return status

        return follow

    @pytest.fixture
    def given_backend(self) -> BackendV2:
        """A backend of Qiskit's, to build jobs with."""
        return contract_backend()

    def let_go(self) -> None:
        """Let the running and the queued job of this check go, if there are any."""
        if self._release_event is not None:
            self._release_event.set()

    def _require(self, scenario: str) -> None:
        reason = self.unavailable.get(scenario)
        if reason is None:
            return
        if self._check in self.deviations:
            pytest.fail(
                f"{type(self).__name__}.deviations names {self._check!r}, which never runs because "
                f"{scenario!r} is declared unavailable; take one of the two away"
            )
        pytest.skip(f"no {scenario} job: {reason}")

    def _final(self, job: JobV1) -> JobV1:
        self._settle(job, JOB_FINAL_STATES)
        return job

    def _settle(self, job: JobV1, statuses: tuple[JobStatus, ...]) -> JobStatus | None:
        """Wait until the job has one of the statuses; if it never has, its checks say what is wrong.

        Returns:
            The status that was seen last; None when `status()` raised, or didn't come back.
        """
        seen: list[JobStatus | None] = []

        def settled() -> bool:
            seen[:] = [_status_or_none(job)]
            return seen[0] is None or seen[0] in statuses

        wait([in_background(lambda: self.soon(settled))], STEPS * self.patience_s)
        return seen[0] if seen else None

    def _stop(self, job: JobV1, release_event: threading.Event) -> None:
        release_event.set()
        if "release" in self.unavailable and "cancel" not in self.unavailable:
            job.cancel()


def bounded(check: Callable[..., None]) -> Callable[..., None]:
    """Return the check as one that fails when it hangs, wherever in it the job does so.

    Args:
        check: A check, which may take `STEPS` times the patience: what it waits for has bounds of its own.
    """

    @functools.wraps(check)
    def bounded_check(self: ScenarioFixtures, **arguments: Any) -> None:
        __tracebackhide__ = True
        try:
            within(STEPS * self.patience_s, lambda: check(self, **arguments), check.__name__)
        except BaseException:
            # pytest shows the jobs of a check that failed; the repr of one whose status() blocks comes back now.
            self.let_go()
            raise

    return bounded_check


def _status_or_none(job: JobV1) -> JobStatus | None:
    try:
        return job.status()
    except Exception:  # a status() that raises is for the checks to find, not for the making of the job
        return None
