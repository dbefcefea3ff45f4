"""The situations in which the contract looks at a job, and the methods by which an author makes such jobs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

from qiskit.providers import BackendV2, JobV1
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.result import Result

from queuebit.testing.patience import eventually, within
from queuebit.testing.work import FAILURE_TEXT, Work, end_unsuccessfully, fail, hold, succeed

T = TypeVar("T")

SCENARIOS: Mapping[str, str] = {
    "constructed": "a job built by hand with a backend, an id and metadata",
    "unsubmitted": "a job that waits for submit()",
    "queued": "a job that has been submitted and has not begun",
    "running": "a job that runs until it is let go or cancelled",
    "release": "letting a running job go, so that it ends well",
    "cancel": "cancelling a job",
    "cancelled": "a job that has been cancelled",
    "finished": "a job whose work ended well",
    "failing": "a job whose work raises",
    "unsuccessful": "a job whose work ends with a Result that has success=False",
}
"""What a job class may declare in `unavailable`, with what each one is."""

_numbers = itertools.count(1)


@cache
def contract_backend() -> BackendV2:
    """Return the backend that jobs built by the contract belong to: one of Qiskit's own."""
    return BasicSimulator()


def contract_job_id() -> str:
    """Return a job id that no other call returns in this process."""
    return f"contract-{next(_numbers)}"


class JobScenarios:
    """The jobs that an author gives to the contract.

    Override `make_job` if jobs of the class run a Python callable; all scenarios but `queued` follow from it.
    Otherwise override the scenarios' own methods, and declare in `unavailable` what the class can't produce.

    Attributes:
        deviations: Names of checks that the class is known to fail, each with the reason.
        unavailable: Names of scenarios that the class can't produce, each with the reason.
        failure_text: A part of what the error of `failing_job` says.
        patience_s: Seconds that a check waits for what should happen at once. A class that holds the contract
            never needs them; a loaded machine may need some.
        deviation_patience_s: The same for a check that is declared to fail.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    unavailable: ClassVar[Mapping[str, str]] = {}
    failure_text: ClassVar[str] = FAILURE_TEXT
    patience_s: float = 20.0
    deviation_patience_s: ClassVar[float] = 0.1

    def make_job(self, work: Work, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        """Return a job that will do `work` when it is submitted.

        For a class that declares `unsubmitted` unavailable: a job that has been submitted already.

        Args:
            work: Called without arguments; returns a `Result` or raises.
            backend: The job's backend, or None.
            job_id: The job's id.
            **metadata: The job's metadata.

        Raises:
            NotImplementedError: The author has not overridden it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} makes no jobs: override make_job(), or the method of each scenario"
        )

    def constructed_job(self, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        """Return a job built with these constructor arguments, whatever its status.

        Args:
            backend: The job's backend, or None.
            job_id: The job's id.
            **metadata: The job's metadata.
        """
        return self.make_job(succeed, backend, job_id, **metadata)

    def unsubmitted_job(self) -> JobV1:
        """Return a job that has not been submitted, and that will end well once it is."""
        return self._job_of(succeed)

    def queued_job(self, release: threading.Event) -> JobV1:
        """Return a job that has been submitted and will not begin before `release` is set.

        Args:
            release: Set by the contract when the job may begin.

        Raises:
            NotImplementedError: The author has not overridden it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no queued job: override queued_job()")

    def running_job(self, release: threading.Event) -> JobV1:
        """Return a job that has been submitted and runs until `release` is set or it is cancelled.

        Args:
            release: Set by the contract when the job may end. A class that can't be told so declares
                `release` unavailable.
        """
        return self._submitted(hold(release))

    def cancelled_job(self, release: threading.Event) -> JobV1:
        """Return a job that has been cancelled; by default a running one, on which `cancel()` was called.

        Args:
            release: Set by the contract when the check is over.
        """
        job = self.running_job(release)
        job.cancel()
        return job

    def finished_job(self) -> JobV1:
        """Return a job that has been submitted, and whose work ends well at once."""
        return self._submitted(succeed)

    def failing_job(self) -> JobV1:
        """Return a job that has been submitted, and whose work raises an error that says `failure_text`."""
        return self._submitted(fail)

    def unsuccessful_job(self) -> JobV1:
        """Return a job that has been submitted, and whose work returns a `Result` with `success=False`."""
        return self._submitted(end_unsuccessfully)

    def promptly(self, call: Callable[[], T], what: str = "the call") -> T:
        """Return what `call` returns, and fail the check if that takes longer than `patience_s`.

        Args:
            call: What to do.
            what: How the failure names the call.
        """
        return within(self.patience_s, call, what)

    def soon(self, condition: Callable[[], bool]) -> bool:
        """Return whether a condition comes to hold within `patience_s`.

        Args:
            condition: Polled until it holds.
        """
        return eventually(self.patience_s, condition)

    def result_of(self, job: JobV1, **arguments: object) -> Result:
        """Return the job's result, and fail the check if `result()` doesn't come back at once.

        Args:
            job: The job.
            **arguments: The arguments of `result()`.
        """
        return self.promptly(lambda: job.result(**arguments), "result()")

    def wait_for(self, job: JobV1, **arguments: object) -> object:
        """Return what `wait_for_final_state()` returns, and fail the check if it doesn't come back at once.

        Args:
            job: The job.
            **arguments: The arguments of `wait_for_final_state()`.
        """
        return self.promptly(lambda: job.wait_for_final_state(**arguments), "wait_for_final_state()")

    def error_of(self, call: Callable[[], object]) -> Exception:
        """Return the exception that a call raises at once.

        Args:
            call: What has to fail.

        Raises:
            AssertionError: It raised nothing.
        """
        try:
            answer = self.promptly(call)
        except AssertionError:
            raise
        except Exception as error:
            return error
        raise AssertionError(f"an exception was due, and {answer!r} came back")

    def _job_of(self, work: Work) -> JobV1:
        return self.make_job(work, contract_backend(), contract_job_id())

    def _submitted(self, work: Work) -> JobV1:
        job = self._job_of(work)
        if "unsubmitted" not in self.unavailable:
            job.submit()
        return job
