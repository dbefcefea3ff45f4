"""Taking in final jobs of another store."""

from collections.abc import Sequence
from dataclasses import dataclass

from queuebit.store.checks import check_archived_job
from queuebit.store.exceptions import StoreError
from queuebit.store.json_text import to_text
from queuebit.store.log_text import storable
from queuebit.store.records import ArchivedJob, JobRecord
from queuebit.store.refusals import taken_id, taken_key
from queuebit.store.sqlite import logs
from queuebit.store.sqlite.facets import job_facets
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.runs import keep_results
from queuebit.store.sqlite.submission import PreparedJob, keep_plan, prepare_jobs, use_circuits
from queuebit.store.sqlite.transaction import Transaction

_KEPT = (
    "cancel_requested",
    "attempt",
    "crashes",
    "progress_done",
    "progress_total",
    "cpu_s",
    "peak_memory_bytes",
    "started_us",
    "finished_us",
)
"""What a job has beside what it was submitted with."""


@dataclass(frozen=True, slots=True)
class PreparedArchive:
    """A job, made ready on the thread of whoever restores it.

    Attributes:
        archived: the job.
        submitted: the job as it was submitted.
    """

    archived: ArchivedJob
    submitted: PreparedJob


def prepare_archived_jobs(jobs: Sequence[ArchivedJob]) -> list[PreparedArchive]:
    """Check jobs and make them ready.

    Args:
        jobs: the jobs.

    Raises:
        StoreError: if one can't be kept.
        TypeError: if something of one isn't JSON.
    """
    for job in jobs:
        check_archived_job(job)
    submitted = prepare_jobs([job.new_job for job in jobs])
    return [PreparedArchive(*pair) for pair in zip(jobs, submitted, strict=True)]


def restore(transaction: Transaction, jobs: Sequence[PreparedArchive]) -> list[JobRecord]:
    """Insert jobs as they were.

    Args:
        transaction: the transaction.
        jobs: the jobs.

    Raises:
        StoreError: if an id or an idempotency key is taken.
    """
    circuit_ids: dict[bytes, int] = {}
    return [_restore(transaction, job, circuit_ids) for job in jobs]


def _restore(transaction: Transaction, prepared: PreparedArchive, circuit_ids: dict[bytes, int]) -> JobRecord:
    archived, record = prepared.archived, prepared.archived.record
    sequence = _insert(transaction, prepared)
    use_circuits(transaction, sequence, prepared.submitted, circuit_ids)
    keep_plan(transaction, sequence, archived.parts)
    kept = {name: getattr(record, name) for name in _KEPT}
    error = None if record.error is None else to_text(dict(record.error))
    transaction.run(SQL.restore_job, {**kept, "sequence": sequence, "error": error})
    for event in archived.events:
        transaction.tell(
            sequence,
            event.event,
            event.state,
            attempt=event.attempt,
            time_us=event.time_us,
            worker_id=event.worker_id,
            reason=event.reason,
        )
    if archived.log:
        logs.append(transaction, sequence, storable(archived.log))
    keep_results(transaction, transaction.job(sequence), archived.parts, archived.results)
    transaction.facets.created(sequence, record.created_us)
    transaction.facets.add(sequence, job_facets(record.state, record.backend_name, record.name, record.tags))
    return transaction.record(sequence)


def _insert(transaction: Transaction, prepared: PreparedArchive) -> int:
    record = prepared.archived.record
    key = record.idempotency_key
    if key is not None and transaction.row(SQL.job_by_idempotency_key, {"idempotency_key": key}) is not None:
        raise StoreError(taken_key(key, record.job_id))
    bindings = {**prepared.submitted.bindings, "state": record.state.value, "created_us": record.created_us}
    inserted = transaction.row(SQL.insert_job, bindings)
    if inserted is None:
        raise StoreError(taken_id(record.job_id))
    return int(inserted[0])
