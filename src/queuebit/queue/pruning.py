"""Deleting old jobs."""

import contextlib
import math
import numbers
from collections.abc import Sequence
from datetime import timedelta

from queuebit.store.exceptions import UnknownJobError
from queuebit.store.records import JobFilter
from queuebit.store.states import FINAL_STATES
from queuebit.store.store import JobStore

# Jobs of one transaction: submissions wait while it lasts, some 50 ms.
_PAGE = 500


def age_us(older_than: timedelta | float) -> int:
    """Return an age in microseconds.

    Args:
        older_than: a timedelta, or days.

    Raises:
        TypeError: if it is neither.
        ValueError: if it is negative or not finite.
    """
    if isinstance(older_than, timedelta):
        age = older_than
    elif isinstance(older_than, numbers.Real) and not isinstance(older_than, bool):
        if not 0 <= older_than < math.inf:
            raise ValueError(f"older_than must be 0 or more days, got {older_than!r}")
        try:
            age = timedelta(days=float(older_than))
        except OverflowError as error:
            raise ValueError(f"older_than is {older_than!r} days, which no calendar has") from error
    else:
        raise TypeError(f"older_than must be a timedelta or a number of days, got {older_than!r}")
    if age < timedelta(0):
        raise ValueError(f"older_than must be 0 or more, got {older_than!r}")
    return age // timedelta(microseconds=1)


def delete_finished_before(store: JobStore, before_us: int) -> int:
    """Delete the jobs that became final before a time, and their files.

    Args:
        store: the store.
        before_us: microseconds since 1970.

    Returns:
        How many were deleted.
    """
    which = JobFilter(states=FINAL_STATES, created_before_us=before_us)
    deleted = skip = 0
    while page := store.jobs(which, limit=_PAGE, skip=skip, descending=False):
        old = [job.job_id for job in page if job.finished_us is not None and job.finished_us < before_us]
        deleted += _delete(store, old)
        skip += len(page) - len(old)
    return deleted


def _delete(store: JobStore, job_ids: Sequence[str]) -> int:
    try:
        return store.delete(job_ids)
    except UnknownJobError:
        # Somebody else deletes at the same time.
        deleted = 0
        for job_id in job_ids:
            with contextlib.suppress(UnknownJobError):
                deleted += store.delete([job_id])
        return deleted
