"""What can go wrong with a job. Each error is a Qiskit ``JobError`` and the builtin a Python user would catch."""

import concurrent.futures
from typing import Any

from qiskit.providers.exceptions import JobError, QiskitBackendNotFoundError
from qiskit.providers.exceptions import JobTimeoutError as _QiskitJobTimeoutError

__all__ = [
    "JobCancelledError",
    "JobError",
    "JobFailedError",
    "JobTimeoutError",
    "QiskitBackendNotFoundError",
]


class _PlainText:
    """Shows the message as it is, where Qiskit's errors show its ``repr``, in quotes and on one line."""

    message: str

    def __str__(self) -> str:
        return self.message


class JobTimeoutError(_PlainText, _QiskitJobTimeoutError, TimeoutError):
    """The job didn't reach a final state within the timeout; it goes on."""


class JobCancelledError(_PlainText, JobError, concurrent.futures.CancelledError):
    """The job was cancelled, so it has no result."""


class JobFailedError(_PlainText, JobError):
    """The job ended in ERROR.

    Attributes:
        circuit_index: position in the run of the first circuit that failed, or None when the job failed as a whole.
        circuit_name: that circuit's name, or None.
        remote_traceback: the traceback text of the failure where it happened, or None when there was no exception.
    """

    def __init__(
        self,
        message: str,
        *,
        circuit_index: int | None = None,
        circuit_name: str | None = None,
        remote_traceback: str | None = None,
    ) -> None:
        super().__init__(message)
        self.circuit_index = circuit_index
        self.circuit_name = circuit_name
        self.remote_traceback = remote_traceback

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_job_failed_error, (
            type(self),
            self.message,
            self.circuit_index,
            self.circuit_name,
            self.remote_traceback,
        )


def _rebuild_job_failed_error(
    cls: type[JobFailedError],
    message: str,
    circuit_index: int | None,
    circuit_name: str | None,
    remote_traceback: str | None,
) -> JobFailedError:
    return cls(
        message,
        circuit_index=circuit_index,
        circuit_name=circuit_name,
        remote_traceback=remote_traceback,
    )
