"""The work that the contract's jobs do: Python callables that succeed, fail, or run until they are let go."""

from __future__ import annotations

import threading
from collections.abc import Callable

from qiskit.result import Result

Work = Callable[[], Result]
"""What a job does: a callable that takes no argument and returns a Qiskit `Result`."""

FAILURE_TEXT = "the work failed on purpose"
"""What the error of failing work says; a job's error has to pass it on."""


class WorkFailedOnPurposeError(RuntimeError):
    """The failing work of a contract check raises this."""


def _result(*, success: bool, status: str) -> Result:
    return Result(backend_name="contract", success=success, results=[], status=status)


def succeed() -> Result:
    """Return a successful result without experiments."""
    return _result(success=True, status="COMPLETED")


def fail() -> Result:
    """Raise the error of failing work.

    Returns:
        Nothing: it always raises.

    Raises:
        WorkFailedOnPurposeError: Always.
    """
    raise WorkFailedOnPurposeError(FAILURE_TEXT)


def end_unsuccessfully() -> Result:
    """Return a result that says of itself, in `success` and `status`, that the run failed."""
    return _result(success=False, status=FAILURE_TEXT)


def hold(release: threading.Event) -> Work:
    """Return work that runs until it is let go, and then succeeds.

    Args:
        release: The work ends when this is set.

    Returns:
        The work.
    """

    def held() -> Result:
        release.wait()
        return succeed()

    return held
