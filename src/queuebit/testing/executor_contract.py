"""The whole executor contract as a pytest class, for any executor."""

from __future__ import annotations

from typing import Any

from queuebit.testing.deviations import declare_deviations
from queuebit.testing.executor_checks.failing import FailureChecks, LimitChecks
from queuebit.testing.executor_checks.running import ManyRunsChecks, ResultChecks
from queuebit.testing.executor_checks.stopping import CloseChecks, StopChecks
from queuebit.testing.executor_checks.watching import PrintedChecks, ProgressChecks


class ExecutorContract(
    ResultChecks,
    ManyRunsChecks,
    FailureChecks,
    LimitChecks,
    StopChecks,
    ProgressChecks,
    PrintedChecks,
    CloseChecks,
):
    """Subclass this in a test module, say how to make an executor, and pytest checks the whole contract on it.

    The checks drive the executor as a worker service does: they wait with its selector for as long as it says, so that
    what it registers has to wake them. All checks of a class share one executor, since most take a second to begin;
    after each of them it has nothing in hand, and none of its calls has waited (`longest_call_s`).

    What an executor is known to do otherwise is declared in `deviations`, by the check's name and with a reason: such a
    check still runs, and must fail. A name that isn't known is refused when the class is made.

    Attributes:
        deviations: Names of checks that the executor is known to fail, each with the reason.

    Example:
        >>> from queuebit.worker.executors.process import ProcessExecutor
        >>> class TestProcessExecutor(ExecutorContract):
        ...     def make_executor(self, files):
        ...         return ProcessExecutor(files, processes=2, threads=1)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse unknown declarations, and mark the declared checks as expected to fail.

        Args:
            **kwargs: Passed on.

        Raises:
            TypeError: `deviations` names something unknown or without a reason, or the class replaces a check.
        """
        super().__init_subclass__(**kwargs)
        declare_deviations(cls, ExecutorContract)
