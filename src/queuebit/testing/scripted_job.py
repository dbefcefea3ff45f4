"""A job whose statuses follow a script, for testing what watches jobs and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qiskit.providers import BackendV2
from qiskit.result import Result

from queuebit.providers import (
    JOB_FINAL_STATES,
    JobCancelledError,
    JobError,
    JobFailedError,
    JobStatus,
    JobV1,
    Progress,
)
from queuebit.testing.patience import POLL_S
from queuebit.testing.scripted_status import ScriptedStatus
from queuebit.testing.work import succeed


class ScriptedJob(JobV1):
    """A job without work: each query of its status takes the next step of a script, and the last step stays.

    What waits for such a job plays its script: a test decides what is seen at each query, and no time passes.

    Attributes:
        queries: How often the status has been asked for.

    Example:
        >>> job = ScriptedJob([JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE])
        >>> job.wait_for_final_state(wait=0, callback=lambda job_id, status, job: print(job_id, status.name))
        scripted QUEUED
        scripted RUNNING
        scripted DONE
        >>> job.queries
        3
    """

    def __init__(
        self,
        statuses: Iterable[JobStatus | BaseException],
        *,
        job_id: str = "scripted",
        backend: BackendV2 | None = None,
        result: Result | None = None,
        message: str = "the script says ERROR",
        progress: Iterable[Progress] = (),
        **metadata: Any,
    ) -> None:
        """Take the script.

        Args:
            statuses: The statuses in their order; an exception among them is raised by the query that gets
                there.
            job_id: The job's id.
            backend: The job's backend.
            result: What the job returns when it is DONE; a successful result without experiments by default.
            message: What its error says when it is ERROR.
            progress: What the queries of its progress return, one after the other, the last one again and
                again; by default what follows from the status.
            **metadata: The job's metadata.

        Raises:
            ValueError: The script is empty.
        """
        super().__init__(backend, job_id, **metadata)
        self._script = ScriptedStatus(statuses)
        self._result = succeed() if result is None else result
        self._message = message
        self._progress = list(progress)

    @property
    def queries(self) -> int:
        """How often the status has been asked for since the script that is played now began."""
        return self._script.queries

    def play(self, *statuses: JobStatus | BaseException) -> None:
        """Go on with another script from the next query on.

        Args:
            *statuses: The statuses in their order, as for the constructor.

        Raises:
            ValueError: The script is empty.
        """
        self._script = ScriptedStatus(statuses)

    def submit(self) -> None:
        """Refuse: a scripted job has nothing to submit.

        Raises:
            JobError: Always.
        """
        raise JobError(f"Job {self.job_id()} is scripted; its statuses come without a submit().")

    def status(self) -> JobStatus:
        """Return the next status of the script, or raise the exception that stands there."""
        return self._script()

    def cancel(self) -> bool:
        """Cancel the job if the step that was reached isn't a final one: its script is CANCELLED from now on.

        Returns:
            Whether the job is cancelled by this call.
        """
        if self._script.peek() in JOB_FINAL_STATES:
            return False
        self.play(JobStatus.CANCELLED)
        return True

    def result(self, timeout: float | None = None) -> Result:
        """Play the script until it is final, and return the result.

        Args:
            timeout: Seconds after which a script that doesn't become final is left; None plays on for ever.

        Raises:
            JobTimeoutError: The script isn't final in time.
            JobFailedError: The script ends in ERROR.
            JobCancelledError: The script ends in CANCELLED.
        """
        self.wait_for_final_state(timeout=timeout, wait=POLL_S)
        final = self._script.peek()
        if final is JobStatus.ERROR:
            raise JobFailedError(self._message)
        if final is JobStatus.CANCELLED:
            raise JobCancelledError(f"Job {self.job_id()} was cancelled.")
        return self._result

    def error_message(self) -> str | None:
        """Return the message if the step that was reached is ERROR, without a query."""
        return self._message if self._script.peek() is JobStatus.ERROR else None

    def progress(self) -> Progress:
        """Return the next progress of its list; without one, 1 of 1 if the step that was reached is final."""
        if not self._progress:
            return Progress(int(self._script.peek() in JOB_FINAL_STATES), 1, "jobs")
        return self._progress.pop(0) if len(self._progress) > 1 else self._progress[0]
