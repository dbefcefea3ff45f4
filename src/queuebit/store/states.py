"""The life of a durable job: one table of states and events, through which every change goes."""

from collections.abc import Mapping
from enum import StrEnum

from queuebit.store.exceptions import InvalidTransitionError


class JobState(StrEnum):
    """What the store knows of a job's run. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    ERROR = "error"


FINAL_STATES = frozenset({JobState.DONE, JobState.CANCELLED, JobState.ERROR})


class JobEvent(StrEnum):
    """What happens to a job. Each is a row of its story."""

    SUBMIT = "submit"
    CLAIM = "claim"  # a worker took it
    FINISH = "finish"  # the run ended well
    FAIL = "fail"  # the run raised, or broke a limit: the same would happen again
    REQUEST_CANCEL = "request_cancel"  # somebody wants it stopped; its worker will
    CANCEL = "cancel"  # it has been stopped, or was before it began
    RELEASE = "release"  # its worker gave it back unfinished
    LOSE = "lose"  # its worker died; another will take it
    GIVE_UP = "give_up"  # its workers died too often
    LOSE_PART = "lose_part"  # the process that ran a part of it died; the part will run again
    UPDATE = "update"  # its name, tags or priority were changed


# What isn't here can't happen.
TRANSITIONS: Mapping[tuple[JobState | None, JobEvent], JobState] = {
    (None, JobEvent.SUBMIT): JobState.QUEUED,
    (JobState.QUEUED, JobEvent.CLAIM): JobState.RUNNING,
    (JobState.QUEUED, JobEvent.CANCEL): JobState.CANCELLED,
    (JobState.RUNNING, JobEvent.FINISH): JobState.DONE,
    (JobState.RUNNING, JobEvent.FAIL): JobState.ERROR,
    (JobState.RUNNING, JobEvent.REQUEST_CANCEL): JobState.RUNNING,
    (JobState.RUNNING, JobEvent.LOSE_PART): JobState.RUNNING,
    (JobState.RUNNING, JobEvent.CANCEL): JobState.CANCELLED,
    (JobState.RUNNING, JobEvent.RELEASE): JobState.QUEUED,
    (JobState.RUNNING, JobEvent.LOSE): JobState.QUEUED,
    (JobState.RUNNING, JobEvent.GIVE_UP): JobState.ERROR,
    **{(state, JobEvent.UPDATE): state for state in JobState},
}


def next_state(state: JobState | None, event: JobEvent) -> JobState:
    """Return the state that a job is in after an event.

    Args:
        state: the state before; None before the submission.
        event: what happens.

    Raises:
        InvalidTransitionError: if this can't happen in that state.

    Example:
        >>> next_state(JobState.QUEUED, JobEvent.CLAIM)
        <JobState.RUNNING: 'running'>
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise InvalidTransitionError(f"a job that is {state or 'not submitted'} can't have the event {event}") from None


def ending_event(event: JobEvent, *, cancel_requested: bool) -> JobEvent:
    """Return the event that an end of a run counts as: one that was to be cancelled is, whatever it came to."""
    ends = event in (JobEvent.FINISH, JobEvent.FAIL, JobEvent.RELEASE, JobEvent.LOSE, JobEvent.GIVE_UP)
    return JobEvent.CANCEL if cancel_requested and ends else event
