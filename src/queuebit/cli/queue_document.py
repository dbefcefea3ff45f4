"""Jobs of a queue as JSON documents."""

import json
from pathlib import Path
from typing import Any

import queuebit
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.failures import DOCUMENT_VERSION
from queuebit.queue.times import datetime_of
from queuebit.store import EventRecord, JobRecord


def print_document(path: Path, exit_code: ExitCode = ExitCode.DONE, **fields: Any) -> None:
    """Print one JSON document, on one line.

    Args:
        path: the queue's file.
        exit_code: what the command will exit with.
        fields: what else is in the document.
    """
    document = {
        "version": DOCUMENT_VERSION,
        "queuebit": queuebit.__version__,
        "store": str(path),
        "exit_code": int(exit_code),
        **fields,
    }
    print(json.dumps(document), flush=True)


def job_entry(job: JobRecord) -> dict[str, Any]:
    """Return a job as it stands in a document; times are ISO 8601 in UTC, or null.

    Args:
        job: the job.
    """
    return {
        "job_id": job.job_id,
        "status": job.state.name,
        "name": job.name,
        "tags": list(job.tags),
        "metadata": dict(job.metadata),
        "backend": job.backend_name,
        "backend_options": dict(job.backend_options),
        "options": dict(job.options),
        "num_circuits": job.num_circuits,
        "num_parts": job.num_parts,
        "priority": job.priority,
        "limits": _limits(job),
        "idempotency_key": job.idempotency_key,
        "progress": {"done": job.progress_done, "total": job.progress_total},
        "cancel_requested": job.cancel_requested,
        "attempts": job.attempt,
        "crashes": job.crashes,
        "worker_id": job.worker_id,
        "created": _time(job.created_us),
        "started": _time(job.started_us),
        "finished": _time(job.finished_us),
        "cpu_s": job.cpu_s,
        "peak_memory_bytes": job.peak_memory_bytes,
        "error": None if job.error is None else dict(job.error),
    }


def event_entry(event: EventRecord) -> dict[str, Any]:
    """Return a row of a job's story as it stands in a document.

    Args:
        event: the row.
    """
    return {
        "time": _time(event.time_us),
        "event": event.event.value,
        "status": event.state.name,
        "attempt": event.attempt,
        "worker_id": event.worker_id,
        "reason": event.reason,
    }


def _limits(job: JobRecord) -> dict[str, Any]:
    limits = job.limits
    return {
        "time_limit_s": limits.time_limit_s,
        "memory_limit_bytes": limits.memory_limit_bytes,
        "threads": limits.threads,
        "max_attempts": limits.max_attempts,
    }


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else datetime_of(time_us).isoformat()
