"""The states of the store as the statuses of Qiskit's jobs."""

from collections.abc import Iterable, Mapping

from queuebit.providers.jobstatus import JobStatus
from queuebit.store.states import JobState

STATUS_OF: Mapping[JobState, JobStatus] = {
    JobState.QUEUED: JobStatus.QUEUED,
    JobState.RUNNING: JobStatus.RUNNING,
    JobState.DONE: JobStatus.DONE,
    JobState.CANCELLED: JobStatus.CANCELLED,
    JobState.ERROR: JobStatus.ERROR,
}

_STATE_OF = {status: state for state, status in STATUS_OF.items()}


def states_of(status: JobStatus | str | Iterable[JobStatus | str]) -> frozenset[JobState]:
    """Return the states that one or several statuses stand for.

    Args:
        status: a status or its name in any case, or several. Jobs of a queue never have INITIALIZING or VALIDATING.

    Raises:
        ValueError: if there is no status of that name.
        TypeError: if something is neither a status nor a text.
    """
    several = [status] if isinstance(status, (JobStatus, str)) else status
    if not isinstance(several, Iterable):
        raise TypeError(f"status must be a JobStatus, its name, or several of these; got {status!r}")
    found = (_STATE_OF.get(_status(one)) for one in several)
    return frozenset(state for state in found if state is not None)


def _status(one: object) -> JobStatus:
    if isinstance(one, JobStatus):
        return one
    if not isinstance(one, str):
        raise TypeError(f"status must be a JobStatus, its name, or several of these; got {one!r}")
    try:
        return JobStatus[one.upper()]
    except KeyError:
        names = ", ".join(status.name for status in STATUS_OF.values())
        raise ValueError(f"there is no status {one!r}; a job of a queue is {names}") from None
