"""A finished job as JSON: its record, its story, and what belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from queuebit.store.checks import check_archived_job
from queuebit.store.exceptions import StoreError
from queuebit.store.parts import parts_from_text, parts_to_text
from queuebit.store.records import ArchivedJob, EventRecord, JobRecord, Limits, Part, StoredResult
from queuebit.store.states import JobEvent, JobState

# Of no meaning in another store.
_LEFT_OUT = {"sequence": 0, "worker_id": None}


def archived_fields(
    record: JobRecord,
    events: Sequence[EventRecord],
    log: str,
    circuits: Sequence[str],
    results: Sequence[StoredResult],
    parts: Sequence[Part],
) -> dict[str, Any]:
    """Return a job as JSON.

    Args:
        record: the job.
        events: its story.
        log: what its runs printed.
        circuits: the names of its circuits, in order.
        results: its results.
        parts: the parts of its work.
    """
    kept = asdict(record)
    for name in _LEFT_OUT:
        del kept[name]
    return {
        "record": kept,
        "events": [asdict(event) for event in events],
        "log": log,
        "circuits": list(circuits),
        "results": [{"index": result.index, "files": list(result.files), "shots": result.shots} for result in results],
        "parts": parts_to_text(parts),
    }


def archived_job(given: Mapping[str, Any], circuits: tuple[bytes, ...], results: Sequence[StoredResult]) -> ArchivedJob:
    """Return the job that :func:`archived_fields` has made JSON of.

    Args:
        given: the JSON.
        circuits: its circuits.
        results: its results.

    Raises:
        ValueError: if something in it can't be.
        TypeError: if something is missing or of another type.
        KeyError: likewise.
    """
    record = given["record"]
    job = JobRecord(
        **{
            **record,
            **_LEFT_OUT,
            "state": JobState(record["state"]),
            "tags": tuple(record["tags"]),
            "limits": Limits(**record["limits"]),
            "num_parts": record.get("num_parts", 1),  # one that an earlier release has written hasn't got it
        }
    )
    _check_types(job)
    if job.num_circuits != len(circuits):
        raise ValueError(f"job {job.job_id} has {job.num_circuits} circuits, and {len(circuits)} are there")
    events = [
        EventRecord(**{**event, "event": JobEvent(event["event"]), "state": JobState(event["state"])})
        for event in given["events"]
    ]
    archived = ArchivedJob(
        record=job,
        circuits=circuits,
        results=tuple(results),
        events=tuple(events),
        log=_text(given["log"]),
        parts=parts_from_text(given.get("parts")),
    )
    try:
        check_archived_job(archived)
    except StoreError as error:
        raise ValueError(str(error)) from error
    return archived


_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("job_id", "backend_name", "name"), (str,)),
    **dict.fromkeys(("backend_options", "options", "metadata"), (dict,)),
    **dict.fromkeys(
        ("attempt", "crashes", "num_circuits", "priority", "progress_done", "progress_total", "created_us"), (int,)
    ),
    **dict.fromkeys(("started_us", "finished_us"), (int, type(None))),
    "error": (dict, type(None)),
    "idempotency_key": (str, type(None)),
    "cpu_s": (int, float),
    "peak_memory_bytes": (int,),
    "cancel_requested": (bool,),
}


def _check_types(job: JobRecord) -> None:
    for field in fields(job):
        value = getattr(job, field.name)
        if field.name in _TYPES and not isinstance(value, _TYPES[field.name]):
            raise TypeError(f"{field.name} of job {job.job_id} is {value!r}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a log is {value!r}")
    return value
