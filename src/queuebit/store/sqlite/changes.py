"""What users do to jobs that are there: cancel, change, delete."""

from collections.abc import Iterable
from typing import Any

from queuebit.store.exceptions import StoreError
from queuebit.store.json_text import tags_from_text
from queuebit.store.records import JobRecord
from queuebit.store.refusals import not_final
from queuebit.store.sqlite.facets import job_facets
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import JobRow, numbers_of_job, tags_to_text
from queuebit.store.sqlite.transaction import Transaction
from queuebit.store.states import FINAL_STATES, JobEvent, JobState, next_state


def request_cancel(transaction: Transaction, job_ids: Iterable[str], reason: str) -> list[JobRecord]:
    """Cancel QUEUED jobs at once, and note for RUNNING ones that their worker shall.

    Args:
        transaction: the transaction.
        job_ids: the jobs.
        reason: why.

    Returns:
        The jobs as they are now.

    Raises:
        UnknownJobError: if one isn't there.
    """
    sequences = []
    for job_id in job_ids:
        job = transaction.job_by_id(job_id)
        sequences.append(job.sequence)
        if job.state == JobState.QUEUED:
            _cancel_queued(transaction, job, reason)
        elif job.state == JobState.RUNNING and not job.cancel_requested:
            transaction.run(SQL.request_cancel, {"sequence": job.sequence})
            _happen(transaction, job, JobEvent.REQUEST_CANCEL, reason, transaction.now_us())
    return [transaction.record(sequence) for sequence in sequences]


def update(transaction: Transaction, job_id: str, changes: dict[str, Any]) -> JobRecord:
    """Change a job.

    Args:
        transaction: the transaction.
        job_id: the job.
        changes: its new ``name``, ``tags`` and ``priority``, as far as they change.

    Raises:
        UnknownJobError: if it isn't there.
    """
    job = transaction.job_by_id(job_id)
    if changes:
        before = _facets(job)
        tags = changes.get("tags", tags_from_text(job.tags))
        after = job._replace(
            name=changes.get("name", job.name),
            tags=tags_to_text(tags),
            priority=changes.get("priority", job.priority),
        )
        transaction.run(
            SQL.update_job,
            {"sequence": job.sequence, "name": after.name, "tags": after.tags, "priority": after.priority},
        )
        transaction.facets.remove(job.sequence, before - _facets(after))
        transaction.facets.add(job.sequence, _facets(after) - before)
        _happen(transaction, job, JobEvent.UPDATE, ", ".join(changes), transaction.now_us())
    return transaction.record(job.sequence)


def delete(transaction: Transaction, job_ids: Iterable[str]) -> tuple[int, list[str]]:
    """Delete final jobs.

    Args:
        transaction: the transaction.
        job_ids: the jobs.

    Returns:
        How many there were, and the names of their array files.

    Raises:
        UnknownJobError: if one isn't there.
        StoreError: if one isn't final.
    """
    jobs = [transaction.job_by_id(job_id) for job_id in dict.fromkeys(job_ids)]
    for job in jobs:
        if JobState(job.state) not in FINAL_STATES:
            raise StoreError(not_final(job.job_id, job.state))
    return len(jobs), [name for job in jobs for name in _delete(transaction, job)]


def _cancel_queued(transaction: Transaction, job: JobRow, reason: str) -> None:
    now_us = transaction.now_us()
    state = next_state(JobState(job.state), JobEvent.CANCEL)
    transaction.run(SQL.cancel_queued_job, {"sequence": job.sequence, "state": state.value, "now_us": now_us})
    _happen(transaction, job, JobEvent.CANCEL, reason, now_us)


def _happen(transaction: Transaction, job: JobRow, event: JobEvent, reason: str, now_us: int) -> None:
    state = next_state(JobState(job.state), event)
    transaction.tell(job.sequence, event, state, attempt=job.attempt, time_us=now_us, reason=reason)
    transaction.move(job.sequence, job.state, state)


def _delete(transaction: Transaction, job: JobRow) -> list[str]:
    numbers = numbers_of_job(job.sequence)
    circuit_ids = {circuit_id for (circuit_id,) in transaction.rows(SQL.circuits_of_job, numbers)}
    transaction.run(SQL.forget_circuits_of_job, numbers)
    for circuit_id in circuit_ids:
        transaction.run(SQL.delete_circuit_without_user, {"circuit_id": circuit_id})
    files = transaction.rows(SQL.delete_results_of_job, numbers)
    if job.num_parts > 1:
        files += transaction.rows(SQL.delete_shot_results_of_job, numbers)
        transaction.run(SQL.delete_plan, {"sequence": job.sequence})
    transaction.run(SQL.delete_events, numbers)
    transaction.run(SQL.delete_log, {"sequence": job.sequence})
    transaction.run(SQL.delete_job, {"sequence": job.sequence})
    transaction.facets.remove(job.sequence, _facets(job))
    return [name for (names,) in files for name in tags_from_text(names)]


def _facets(job: JobRow) -> set[tuple[str, str]]:
    return job_facets(job.state, job.backend_name, job.name, tags_from_text(job.tags))
