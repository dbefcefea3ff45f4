"""Which jobs of a queue somebody wants to see."""

from collections.abc import Iterable
from datetime import datetime

from queuebit.providers.jobstatus import JobStatus
from queuebit.queue.statuses import states_of
from queuebit.queue.submission import checked_tags
from queuebit.queue.times import microseconds_of
from queuebit.store.records import JobFilter


def job_filter(
    *,
    status: JobStatus | str | Iterable[JobStatus | str] | None = None,
    backend_name: str | None = None,
    tags: Iterable[str] | None = None,
    name: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> JobFilter:
    """Return a filter for the store; what is None doesn't matter.

    Args:
        status: the status, or several of which one must fit; as JobStatus or by name.
        backend_name: what ``get_backend`` was called with.
        tags: the job must have all of these.
        name: the job's whole name.
        created_after: aware, or naive in the local time zone.
        created_before: likewise.

    Raises:
        TypeError: if something is of the wrong type; names it.
        ValueError: if there is no such status.
    """
    for what, value in (("backend_name", backend_name), ("name", name)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{what} must be a text, got {type(value).__name__}: {value!r}")
    return JobFilter(
        states=None if status is None else states_of(status),
        backend_name=backend_name,
        name=name,
        tags=() if tags is None else checked_tags(tags),
        created_after_us=None if created_after is None else microseconds_of("created_after", created_after),
        created_before_us=None if created_before is None else microseconds_of("created_before", created_before),
    )
