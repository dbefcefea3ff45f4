"""Rows of the database and the records they are."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from queuebit.store.exceptions import StoreCorruptError, StoreError
from queuebit.store.json_text import mapping_from_text, mapping_to_text, tags_from_text, to_text
from queuebit.store.parts import check_parts, parts_from_text
from queuebit.store.records import EventRecord, JobRecord, Limits, NewJob, Part, ShotRange, StoredResult, WorkerRecord
from queuebit.store.states import JobEvent, JobState

PART_BITS = 20
"""Bits of a part's number that are its place in the job; the rest is the job's sequence."""


class JobRow(NamedTuple):
    """A row of ``jobs``, with the columns in their order."""

    sequence: int
    job_id: str
    state: str
    cancel_requested: int
    attempt: int
    crashes: int
    worker_id: str | None
    priority: int
    max_attempts: int
    time_limit_s: float | None
    memory_limit_bytes: int | None
    threads: int | None
    num_circuits: int
    progress_done: int
    progress_total: int
    cpu_s: float
    peak_memory_bytes: int
    created_us: int
    started_us: int | None
    finished_us: int | None
    name: str
    backend_name: str
    backend_options: str | None
    options: str | None
    tags: str | None
    metadata: str | None
    idempotency_key: str | None
    error: str | None
    num_parts: int


def job_record(row: JobRow) -> JobRecord:
    """Return the record of a job.

    Args:
        row: its row.
    """
    return JobRecord(
        job_id=row.job_id,
        sequence=row.sequence,
        state=JobState(row.state),
        cancel_requested=bool(row.cancel_requested),
        attempt=row.attempt,
        crashes=row.crashes,
        worker_id=row.worker_id,
        backend_name=row.backend_name,
        backend_options=mapping_from_text(row.backend_options),
        options=mapping_from_text(row.options),
        num_circuits=row.num_circuits,
        num_parts=row.num_parts,
        name=row.name,
        tags=tags_from_text(row.tags),
        metadata=mapping_from_text(row.metadata),
        priority=row.priority,
        limits=Limits(
            time_limit_s=row.time_limit_s,
            memory_limit_bytes=row.memory_limit_bytes,
            threads=row.threads,
            max_attempts=row.max_attempts,
        ),
        idempotency_key=row.idempotency_key,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
        error=mapping_from_text(row.error) if row.error is not None else None,
        cpu_s=row.cpu_s,
        peak_memory_bytes=row.peak_memory_bytes,
        created_us=row.created_us,
        started_us=row.started_us,
        finished_us=row.finished_us,
    )


def new_job_bindings(job: NewJob) -> dict[str, Any]:
    """Return what a new job's row holds, but for its state and time.

    Args:
        job: the job.

    Raises:
        TypeError: if something of it isn't JSON.
    """
    return {
        "job_id": job.job_id,
        "priority": job.priority,
        "max_attempts": job.limits.max_attempts,
        "time_limit_s": job.limits.time_limit_s,
        "memory_limit_bytes": job.limits.memory_limit_bytes,
        "threads": job.limits.threads,
        "num_circuits": len(job.circuits),
        "num_parts": max(1, len(job.parts)),
        "name": job.name,
        "backend_name": job.backend_name,
        "backend_options": mapping_to_text(job.backend_options),
        "options": mapping_to_text(job.options),
        "tags": tags_to_text(job.tags),
        "metadata": mapping_to_text(job.metadata),
        "idempotency_key": job.idempotency_key,
    }


def new_job_record(bindings: Mapping[str, Any], sequence: int) -> JobRecord:
    """Return the record of a job that has just been inserted, as reading its row would.

    Args:
        bindings: what its row was made of.
        sequence: the number it got.
    """
    return job_record(_NEW_ROW._replace(sequence=sequence, **bindings))


_NEW_ROW = JobRow(
    *(0, "", JobState.QUEUED, 0, 0, 0, None, 0, 1, None, None, None, 1, 0, 0, 0.0, 0),
    *(0, None, None, "", "", None, None, None, None, None, None, 1),
)


def tags_to_text(tags: tuple[str, ...]) -> str | None:
    """Return tags as JSON; None for none.

    Args:
        tags: the tags.
    """
    return to_text(list(tags)) if tags else None


def event_record(row: tuple[Any, ...]) -> EventRecord:
    """Return the record of an event.

    Args:
        row: time, event, state, attempt, worker and reason.
    """
    time_us, event, state, attempt, worker_id, reason = row
    return EventRecord(
        time_us=time_us,
        event=JobEvent(event),
        state=JobState(state),
        attempt=attempt,
        worker_id=worker_id,
        reason=reason or "",
    )


def worker_record(row: tuple[Any, ...]) -> WorkerRecord:
    """Return the record of a worker.

    Args:
        row: its row.
    """
    worker_id, pid, process_started, boot_id, port, started_us = row
    return WorkerRecord(
        worker_id=worker_id,
        pid=pid,
        process_started=process_started,
        boot_id=boot_id,
        port=port,
        started_us=started_us,
    )


def worker_bindings(worker: WorkerRecord) -> dict[str, Any]:
    """Return what a worker's row holds.

    Args:
        worker: the worker.
    """
    return {name: getattr(worker, name) for name in WorkerRecord.__dataclass_fields__}


def part_id(sequence: int, place: int) -> int:
    """Return the number of a circuit or result of a job.

    Args:
        sequence: the job's.
        place: which circuit it is.
    """
    return (sequence << PART_BITS) | place


def part_place(number: int) -> int:
    """Return which circuit a part is of.

    Args:
        number: the part's.
    """
    return number & ((1 << PART_BITS) - 1)


def numbers_of_job(sequence: int) -> dict[str, int]:
    """Return the range of the numbers of a job's parts.

    Args:
        sequence: the job's.
    """
    return {"first": sequence << PART_BITS, "after": (sequence + 1) << PART_BITS}


def parts_of_plan(text: str | None, job: JobRecord | JobRow) -> tuple[Part, ...]:
    """Return the parts of a job that is cut.

    Args:
        text: its plan; None if there is none.
        job: the job.

    Raises:
        StoreCorruptError: if the plan isn't there or isn't this job's.
    """
    what = f"job {job.job_id}"
    try:
        parts = parts_from_text(text)
        check_parts(parts, job.num_circuits, what)
    except (ValueError, TypeError, StoreError) as error:
        raise StoreCorruptError(f"how {what} is cut can't be read: {error}; run: queuebit doctor") from error
    if len(parts) != job.num_parts:
        message = f"{what} has {job.num_parts} parts, but there are {len(parts)}; run: queuebit doctor"
        raise StoreCorruptError(message)
    return parts


def stored_result(row: tuple[Any, ...]) -> StoredResult:
    """Return a result.

    Args:
        row: its number, content and files.
    """
    number, content, files = row
    return StoredResult(index=part_place(number), content=content, files=tags_from_text(files))


def shot_result(row: tuple[Any, ...]) -> StoredResult:
    """Return a result of some shots.

    Args:
        row: its number, first shot, number of shots, content and files.
    """
    number, first, shots, content, files = row
    return StoredResult(
        index=part_place(number), content=content, files=tags_from_text(files), shots=ShotRange(first, shots)
    )
