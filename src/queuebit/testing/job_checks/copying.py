"""Finished jobs, and the errors of jobs, can be pickled and copied."""

from __future__ import annotations

import copy
import pickle

from qiskit.providers import JobStatus, JobTimeoutError, JobV1

from queuebit.testing.scenario_fixtures import ScenarioFixtures


class CopyChecks(ScenarioFixtures):
    """Finished jobs can be pickled and copied."""

    def test_finished_job_can_be_pickled(self, finished: JobV1) -> None:
        """A job that is DONE comes back from pickle with its id, its metadata, its status and its result."""
        _is_the_same_job(pickle.loads(pickle.dumps(finished)), finished)  # noqa: S301 - pickled on this line

    def test_finished_job_can_be_copied(self, finished: JobV1) -> None:
        """A copy of a job that is DONE has its id, its metadata, its status and its result."""
        _is_the_same_job(copy.copy(finished), finished)

    def test_finished_job_can_be_copied_deeply(self, finished: JobV1) -> None:
        """A deep copy of a job that is DONE has its id, its metadata, its status and its result."""
        _is_the_same_job(copy.deepcopy(finished), finished)

    def test_failed_job_can_be_pickled(self, failing: JobV1) -> None:
        """A job that is ERROR comes back from pickle as one, with the same error."""
        twin = pickle.loads(pickle.dumps(failing))  # noqa: S301 - pickled on this line
        assert twin.status() is JobStatus.ERROR
        self._fails_alike(twin, failing)

    def test_cancelled_job_can_be_pickled(self, cancelled: JobV1) -> None:
        """A job that is CANCELLED comes back from pickle as one, with the same error."""
        twin = pickle.loads(pickle.dumps(cancelled))  # noqa: S301 - pickled on this line
        assert twin.status() is JobStatus.CANCELLED
        self._fails_alike(twin, cancelled)

    def _fails_alike(self, twin: JobV1, job: JobV1) -> None:
        assert twin.job_id() == job.job_id()
        error, twins_error = self.error_of(job.result), self.error_of(twin.result)
        assert (type(twins_error), str(twins_error)) == (type(error), str(error))


class ErrorCopyChecks(ScenarioFixtures):
    """The errors are picklable."""

    def test_timeout_error_can_be_pickled(self, running: JobV1) -> None:
        """The error of a wait that timed out comes back from pickle as it was."""
        error = self.error_of(lambda: running.wait_for_final_state(timeout=0, wait=0))
        assert isinstance(error, JobTimeoutError)
        _survives_pickle(error)

    def test_result_timeout_error_can_be_pickled(self, running: JobV1) -> None:
        """The error of a result that timed out comes back from pickle as it was."""
        error = self.error_of(lambda: running.result(timeout=0))
        assert isinstance(error, JobTimeoutError | TimeoutError)
        _survives_pickle(error)

    def test_failure_can_be_pickled(self, failing: JobV1) -> None:
        """The error of a failed job comes back from pickle with what it carries."""
        _survives_pickle(self.error_of(failing.result))

    def test_error_of_a_cancelled_job_can_be_pickled(self, cancelled: JobV1) -> None:
        """The error of a cancelled job comes back from pickle as it was."""
        _survives_pickle(self.error_of(cancelled.result))


def _survives_pickle(error: Exception) -> None:
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled on this line
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    for name in ("circuit_index", "circuit_name", "remote_traceback"):
        assert getattr(twin, name, None) == getattr(error, name, None), name


def _is_the_same_job(twin: JobV1, job: JobV1) -> None:
    assert type(twin) is type(job)
    assert (twin.job_id(), twin.metadata, twin.status()) == (job.job_id(), job.metadata, JobStatus.DONE)
    assert twin.result().to_dict() == job.result().to_dict()
