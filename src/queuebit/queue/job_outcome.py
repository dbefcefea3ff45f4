"""What a job came to, made of what the store has: Qiskit's result, or the error."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qiskit.result import Result

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.whole_results import assemble
from queuebit.providers.exceptions import JobFailedError
from queuebit.providers.local.experiment import header_of
from queuebit.queue.times import datetime_of
from queuebit.store.parts import num_shots
from queuebit.store.records import JobRecord, Json, Part, StoredResult


def whole_result(record: JobRecord, stored: Sequence[StoredResult], parts: Sequence[Part], files: Path) -> Result:
    """Return the result of a job that is DONE.

    Args:
        record: the job.
        stored: the results of its circuits.
        parts: the parts of its work.
        files: the store's folder of array files; arrays in it are mapped, not read.

    Raises:
        CodecError: if something is damaged or missing, naming it.
    """
    return assemble(stored, files=files, success=True, status="COMPLETED", cut_shots=num_shots(parts), **_facts(record))


def partial_result(
    record: JobRecord,
    stored: Sequence[StoredResult],
    parts: Sequence[Part],
    circuits: Sequence[bytes],
    shots: int,
    files: Path,
) -> Result:
    """Return what is there of a job that isn't DONE: an entry for each circuit, unsuccessful where there is no result.

    Args:
        record: the job.
        stored: the results that are there.
        parts: the parts of its work.
        circuits: its circuits, encoded.
        shots: how many of each were wanted.
        files: the store's folder of array files.

    Raises:
        CodecError: if something is damaged or missing, naming it.
    """
    there = {result.index for result in stored}
    headers = {index: header_of(decode_circuit(data)) for index, data in enumerate(circuits) if index not in there}
    result = assemble(
        stored,
        files=files,
        success=False,
        status="PARTIAL",
        shots=shots,
        cut_shots=num_shots(parts),
        headers=headers,
        **_facts(record),
    )
    error = record.error or {}
    failed = error.get("circuit_index")
    if failed is not None and not result.results[failed].success:
        result.results[failed].status = f"ERROR: {_line(error)}"
    return result


def _facts(record: JobRecord) -> dict[str, Any]:
    started_us, ended_us = record.started_us, record.finished_us
    return {
        "num_circuits": record.num_circuits,
        "backend_name": record.backend_name,
        # Which one it was is known where the job ran, and not written down.
        "backend_version": "",
        "job_id": record.job_id,
        "date": "" if ended_us is None else datetime_of(ended_us).isoformat(),
        "time_taken": 0.0 if started_us is None or ended_us is None else (ended_us - started_us) / 1e6,
    }


def failure_text(error: Mapping[str, Any]) -> str:
    """Return why a job is in ERROR, in a sentence.

    Args:
        error: what the store has of it.
    """
    num_failed = error.get("num_failed") or 1
    others = {1: "", 2: "; 1 more circuit failed"}.get(num_failed, f"; {num_failed - 1} more circuits failed")
    index = error.get("circuit_index")
    name = error.get("circuit_name")
    where = "" if index is None else f"circuit {index}: " if name is None else f"circuit {index} ({name!r}): "
    return f"{where}{_line(error)}{others}"


def failure(record: JobRecord) -> JobFailedError:
    """Return the error that a job in ERROR raises; a new one each time, so that nobody shares a growing traceback.

    Args:
        record: the job.
    """
    error: Json = record.error or {}
    return JobFailedError(
        f"Job {record.job_id} failed: {failure_text(error)}",
        circuit_index=error.get("circuit_index"),
        circuit_name=error.get("circuit_name"),
        remote_traceback=error.get("traceback"),
    )


def _line(error: Mapping[str, Any]) -> str:
    """Return the exception's name and text; the text alone where the queue itself, or a job, says what is wrong."""
    kind, message = str(error.get("type", "")), str(error.get("message", "")).strip()
    if not kind[:1].isupper() or kind == JobFailedError.__name__:
        return message or kind or "no reason is known"
    return f"{kind}: {message}" if message else kind
