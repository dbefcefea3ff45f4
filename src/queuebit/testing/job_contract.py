"""The whole job contract as a pytest class, for any provider's job class."""

from __future__ import annotations

from typing import Any

from queuebit.testing.deviations import check_names, expected_to_fail, require_known
from queuebit.testing.job_checks.cancelling import CancelChecks, SubmitChecks
from queuebit.testing.job_checks.construction import ConstructionChecks
from queuebit.testing.job_checks.copying import CopyChecks, ErrorCopyChecks
from queuebit.testing.job_checks.description import (
    AppearanceChecks,
    ErrorMessageChecks,
    ProgressChecks,
    TimestampChecks,
)
from queuebit.testing.job_checks.notification import AwaitChecks, DoneCallbackChecks, ManyJobsChecks
from queuebit.testing.job_checks.results import FailureChecks, ResultChecks
from queuebit.testing.job_checks.statuses import StatusChecks, StatusQueryChecks
from queuebit.testing.job_checks.wait_timeouts import WaitTimeoutChecks
from queuebit.testing.job_checks.waiting import WaitCallbackChecks, WaitChecks
from queuebit.testing.job_scenarios import SCENARIOS
from queuebit.testing.scenario_fixtures import bounded


class JobContract(
    ConstructionChecks,
    StatusChecks,
    StatusQueryChecks,
    WaitChecks,
    WaitCallbackChecks,
    WaitTimeoutChecks,
    ResultChecks,
    FailureChecks,
    CancelChecks,
    SubmitChecks,
    AwaitChecks,
    DoneCallbackChecks,
    ManyJobsChecks,
    ErrorMessageChecks,
    ProgressChecks,
    TimestampChecks,
    AppearanceChecks,
    CopyChecks,
    ErrorCopyChecks,
):
    """Subclass this in a test module, say how to make a job, and pytest checks the whole contract on it.

    What a job class is known to do otherwise is declared in `deviations`, by the check's name and with a
    reason: such a check still runs, and must fail. A situation that the class can't produce is declared in
    `unavailable`: its checks are skipped with the reason. A name that isn't known is refused when the class
    is made.

    Attributes:
        deviations: Names of checks that the class is known to fail, each with the reason.
        unavailable: Names of scenarios that the class can't produce, each with the reason.
        failure_text: A part of what the error of `failing_job` says.
        patience_s: Seconds that a check waits for what should happen at once.

    Example:
        >>> from qiskit.providers.basic_provider import BasicProviderJob
        >>> class TestQiskitsBasicProviderJob(JobContract):
        ...     deviations = {"test_result_takes_a_timeout": "it warns that a timeout has no meaning"}
        ...     unavailable = {
        ...         "unsubmitted": "its work is over when it is made",
        ...         "queued": "its work is over when it is made",
        ...         "running": "its work is over when it is made",
        ...     }
        ...
        ...     def make_job(self, work, backend, job_id, **metadata):
        ...         return BasicProviderJob(backend, job_id, work(), **metadata)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse unknown declarations, bound the checks, and mark the declared ones as expected to fail.

        Args:
            **kwargs: Passed on.

        Raises:
            TypeError: `deviations` or `unavailable` names something unknown or without a reason, a scenario
                is both made and declared unavailable, or the class replaces a check.
        """
        super().__init_subclass__(**kwargs)
        checks = check_names(JobContract)
        require_known(cls.deviations, checks, f"{cls.__name__}.deviations", "check")
        require_known(cls.unavailable, tuple(SCENARIOS), f"{cls.__name__}.unavailable", "scenario")
        cls._refuse_contradictions(checks)
        for name in checks:
            check = bounded(getattr(JobContract, name))
            if name in cls.deviations:
                check = expected_to_fail(check, cls.deviations[name], cls.deviation_patience_s)
            setattr(cls, name, check)

    @classmethod
    def _refuse_contradictions(cls, checks: tuple[str, ...]) -> None:
        for name in checks:
            if name in vars(cls):
                raise TypeError(f"{cls.__name__} replaces the check {name!r}; declare a deviation instead")
        for scenario in cls.unavailable:
            if f"{scenario}_job" in vars(cls):
                raise TypeError(
                    f"{cls.__name__} defines {scenario}_job() and declares {scenario!r} unavailable; "
                    f"take one of the two away"
                )
