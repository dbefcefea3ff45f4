"""What a job tells of its past: its transitions, and what its runs used."""

from dataclasses import dataclass
from datetime import datetime

from queuebit.providers.jobstatus import JobStatus
from queuebit.queue.statuses import STATUS_OF
from queuebit.queue.times import datetime_of
from queuebit.store.records import EventRecord, JobRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """One thing that happened to a job.

    Attributes:
        time: when, in UTC, by the clock of whoever wrote it.
        event: what: ``submit``, ``claim``, ``finish``, ``fail``, ``request_cancel``, ``cancel``, ``release`` (given
            back unfinished), ``lose`` (its process died), ``give_up`` (for the last time), ``lose_part`` (the process
            of one of its parts died, and that part runs again) or ``update``.
        status: the job's status afterwards.
        attempt: how often a worker had taken the job by then.
        worker_id: the worker that did it, or None.
        reason: why, for people; may be empty.
    """

    time: datetime
    event: str
    status: JobStatus
    attempt: int
    worker_id: str | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JobUsage:
    """What a job has used so far.

    Attributes:
        cpu_s: processor seconds of all its attempts that have ended.
        peak_memory_bytes: the most resident memory of one of these, of the whole process that ran it.
        attempts: how often a worker has taken it.
    """

    cpu_s: float
    peak_memory_bytes: int
    attempts: int


def transition_of(event: EventRecord) -> Transition:
    """Return a row of a job's story for its user.

    Args:
        event: the row.
    """
    return Transition(
        time=datetime_of(event.time_us),
        event=event.event.value,
        status=STATUS_OF[event.state],
        attempt=event.attempt,
        worker_id=event.worker_id,
        reason=event.reason,
    )


def usage_of(record: JobRecord) -> JobUsage:
    """Return what a job has used.

    Args:
        record: the job.
    """
    return JobUsage(cpu_s=record.cpu_s, peak_memory_bytes=record.peak_memory_bytes, attempts=record.attempt)
