"""What every store refuses before it writes anything."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from queuebit.store.exceptions import StoreError, UnstorableError
from queuebit.store.parts import check_parts
from queuebit.store.records import ArchivedJob, NewJob, Part, StoredResult
from queuebit.store.refusals import not_archived
from queuebit.store.states import TRANSITIONS, JobState

MAX_CIRCUITS = 1 << 20
"""Circuits of one job: a result's number in the database has 20 bits for the circuit."""

INTEGER_LIMIT = 1 << 63


def check_new_job(job: NewJob) -> None:
    """Refuse a job that can't be kept.

    Args:
        job: the job.

    Raises:
        StoreError: if something about it is out of range; the text says what.
    """
    what = f"job {job.job_id!r}"
    if not job.job_id:
        raise StoreError("a job has an empty id; give it a lower-case UUID")
    if not 0 < len(job.circuits) <= MAX_CIRCUITS:
        raise StoreError(f"{what} has {len(job.circuits)} circuits; it must have 1 to {MAX_CIRCUITS}")
    if job.limits.max_attempts < 1:
        raise StoreError(f"{what} has max_attempts={job.limits.max_attempts}; it must be 1 or more")
    check_priority(job.priority, what)
    for text, noun in ((job.job_id, "id"), (job.name, "name"), (job.backend_name, "backend's name")):
        check_text(text, f"the {noun} of {what}")
    if job.idempotency_key is not None:
        check_text(job.idempotency_key, f"the idempotency key of {what}")
    check_tags(job.tags, what)
    check_parts(job.parts, len(job.circuits), what)


def check_archived_job(job: ArchivedJob) -> None:
    """Refuse a job of another store that can't be kept.

    Args:
        job: the job.

    Raises:
        StoreError: if it isn't final, or something about it is out of range.
    """
    check_new_job(job.new_job)
    if not job.record.is_final:
        raise StoreError(not_archived(job.record.job_id, job.record.state))
    check_results(job.results, job.record.num_circuits, job.parts, job.record.job_id)
    if job.record.num_parts != max(1, len(job.parts)):
        raise StoreError(f"job {job.record.job_id} has {job.record.num_parts} parts, not {len(job.parts)}")
    if job.record.num_circuits != len(job.circuits):
        raise StoreError(f"job {job.record.job_id} has {job.record.num_circuits} circuits, not {len(job.circuits)}")
    _check_story(job)


def _check_story(job: ArchivedJob) -> None:
    state: JobState | None = None
    for event in job.events:
        if TRANSITIONS.get((state, event.event)) is not event.state:
            raise StoreError(f"the story of job {job.record.job_id} can't be: {event.event} when it was {state}")
        state = event.state
    if state is not job.record.state:
        raise StoreError(f"job {job.record.job_id} is {job.record.state}, but its story ends with {state}")


def check_priority(priority: int, what: str) -> None:
    """Refuse a priority that a 64-bit integer can't hold.

    Args:
        priority: the priority.
        what: how the error names its owner.

    Raises:
        UnstorableError: if it is out of range.
    """
    if not -INTEGER_LIMIT <= priority < INTEGER_LIMIT:
        raise UnstorableError(f"the priority of {what} is {priority}; it must be a 64-bit integer")


def check_tags(tags: Sequence[str], what: str) -> None:
    """Refuse tags that aren't texts.

    Args:
        tags: the tags.
        what: how the error names their owner.

    Raises:
        StoreError: if one isn't; a single text instead of a sequence of them is refused, too.
    """
    if isinstance(tags, str):
        raise StoreError(f"the tags of {what} are the text {tags!r}; give a list of texts")
    for tag in tags:
        check_text(tag, f"a tag of {what}")


def check_text(text: str, what: str) -> None:
    """Refuse what isn't a text that UTF-8 can hold.

    Args:
        text: the text.
        what: how the error names it.

    Raises:
        StoreError: if it isn't a text.
        UnstorableError: if UTF-8 can't hold it.
    """
    if not isinstance(text, str):
        raise StoreError(f"{what} is {text!r}; it must be a text")
    if not is_unicode(text):
        raise UnstorableError(f"{what} is {text!r}, which isn't Unicode: it has a lone surrogate")


def is_unicode(text: str) -> bool:
    """Tell whether UTF-8, and so SQLite, can hold a text.

    Args:
        text: the text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_results(results: Sequence[StoredResult], num_circuits: int, parts: Sequence[Part], job_id: str) -> None:
    """Refuse results that don't belong to a job, and file names that lead out of the folder.

    Args:
        results: the results.
        num_circuits: how many circuits the job has.
        parts: the parts of its work; none when it isn't cut.
        job_id: its id.

    Raises:
        StoreError: if one doesn't fit.
    """
    cut = {(part.first, part.shots) for part in parts if part.shots is not None}
    cut_circuits = {circuit for circuit, _ in cut}
    for result in results:
        if not 0 <= result.index < num_circuits:
            raise StoreError(f"job {job_id} has {num_circuits} circuits; there can't be a result for {result.index}")
        if (result.index, result.shots) not in cut and (result.shots is not None or result.index in cut_circuits):
            which = "all shots" if result.shots is None else f"the shots {result.shots}"
            raise StoreError(f"job {job_id} has no part for {which} of circuit {result.index}, so no such result")
        for name in result.files:
            if PurePath(name).name != name or name in ("", ".", ".."):
                raise StoreError(f"job {job_id} has a result with the file {name!r}; it must be a plain file name")


def checked_changes(job_id: str, name: str | None, tags: Sequence[str] | None, priority: int | None) -> dict[str, Any]:
    """Return what is to be changed.

    Args:
        job_id: the job, for errors.
        name: its new name, or None.
        tags: its new tags, or None.
        priority: its new priority, or None.

    Raises:
        StoreError: if something can't be stored.
    """
    changes: dict[str, Any] = {}
    if name is not None:
        check_text(name, f"the name of job {job_id}")
        changes["name"] = name
    if tags is not None:
        check_tags(tags, f"job {job_id}")
        changes["tags"] = tuple(tags)
    if priority is not None:
        check_priority(priority, f"job {job_id}")
        changes["priority"] = priority
    return changes


def check_page(limit: int | None, skip: int) -> None:
    """Refuse a page that can't be.

    Args:
        limit: how many jobs at most; None for all.
        skip: how many to leave out first.

    Raises:
        TypeError: if one is no whole number.
        ValueError: if one is negative.
    """
    for name, value, alternative in (("limit", limit, ", or None for all jobs"), ("skip", skip, "")):
        if not isinstance(value, int) and not (value is None and alternative):
            what = f"{type(value).__name__}: {value!r}"
            raise TypeError(f"{name} must be a whole number{alternative}; got {what}")
    if limit is not None and limit < 0:
        raise ValueError(f"limit is {limit}; it must be 0 or more, or None for all jobs")
    if skip < 0:
        raise ValueError(f"skip is {skip}; it must be 0 or more")
