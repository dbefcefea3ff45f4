"""What becomes of runs: taken by a worker, ended, given back, lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from queuebit.store.checks import check_results
from queuebit.store.endings import dead_worker_reason, loss_event, worker_lost_error
from queuebit.store.exceptions import LostClaimError, StoreError
from queuebit.store.json_text import tags_from_text, to_text
from queuebit.store.records import Claim, JobRecord, Json, StoredResult, Usage
from queuebit.store.refusals import lost_claim, unregistered_worker
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import (
    JobRow,
    job_record,
    part_id,
    part_place,
    parts,
    tags_to_text,
    worker_record,
)
from queuebit.store.sqlite.transaction import Transaction
from queuebit.store.states import JobEvent, JobState, ending_event, next_state


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a run ends.

    Attributes:
        event: what happens, if nobody has wanted the job cancelled.
        reason: why.
        usage: what the attempt has used.
        error: why it failed, if it did.
        crashes: how often the job's worker has died, this time included; None if that hasn't changed.
    """

    event: JobEvent
    reason: str = ""
    usage: Usage = field(default_factory=Usage)
    error: Json | None = None
    crashes: int | None = None


def claim(transaction: Transaction, worker_id: str, limit: int) -> list[Claim]:
    """Take jobs for a worker.

    Args:
        transaction: the transaction.
        worker_id: the worker.
        limit: how many at most.

    Raises:
        StoreError: if the worker isn't registered.
    """
    if transaction.row(SQL.worker, {"worker_id": worker_id}) is None:
        raise StoreError(unregistered_worker(worker_id))
    now_us = transaction.now_us()
    sequences = [sequence for (sequence,) in transaction.rows(SQL.next_jobs, {"limit": max(0, limit)})]
    contents: dict[int, bytes] = {}
    return [_claim(transaction, sequence, worker_id, now_us, contents) for sequence in sequences]


def claimed(transaction: Transaction, held: Claim) -> JobRow:
    """Return the row of a job that a worker still has.

    Args:
        transaction: the transaction.
        held: the worker's claim.

    Raises:
        LostClaimError: if the worker doesn't have it any more.
    """
    row = transaction.row(SQL.claimed_job, claim_bindings(held))
    if row is None:
        raise LostClaimError(lost_claim(held))
    return JobRow(*row)


def claim_bindings(held: Claim) -> dict[str, object]:
    """Return what every write of a worker has to name.

    Args:
        held: the worker's claim.
    """
    job_id, attempt, worker_id = held.key
    return {"job_id": job_id, "attempt": attempt, "worker_id": worker_id}


def keep_results(transaction: Transaction, job: JobRow, results: Sequence[StoredResult]) -> list[str]:
    """Keep results of a job; returns the names of files that are named no more.

    Args:
        transaction: the transaction.
        job: the job.
        results: its results.

    Raises:
        StoreError: if one doesn't belong to the job.
    """
    check_results(results, job.num_circuits, job.job_id)
    replaced: set[str] = set()
    for result in results:
        number = part_id(job.sequence, result.index)
        bindings = {"part_id": number, "content": result.content, "files": tags_to_text(result.files)}
        if not transaction.run(SQL.insert_result, bindings):
            (before,) = transaction.rows(SQL.result_files, {"part_id": number})
            replaced.update(set(tags_from_text(before[0])) - set(result.files))
            transaction.run(SQL.replace_result, bindings)
    return sorted(replaced)


def end(transaction: Transaction, job: JobRow, ending: Ending) -> JobRecord:
    """Take a RUNNING job from its worker.

    Args:
        transaction: the transaction.
        job: the job, whose claim has been checked.
        ending: how it ends.

    Returns:
        The job as it is now: CANCELLED in any case if that was requested.
    """
    event = ending_event(ending.event, cancel_requested=bool(job.cancel_requested))
    state = next_state(JobState(job.state), event)
    now_us = transaction.now_us()
    (ended,) = transaction.rows(
        SQL.requeue_run if state is JobState.QUEUED else SQL.end_run,
        {
            "sequence": job.sequence,
            "attempt": job.attempt,
            "worker_id": job.worker_id,
            "state": state.value,
            "crashes": job.crashes if ending.crashes is None else ending.crashes,
            "error": to_text(ending.error) if state is JobState.ERROR else None,
            "cpu_s": ending.usage.cpu_s,
            "peak_memory_bytes": ending.usage.peak_memory_bytes,
            "now_us": now_us,
        },
    )
    transaction.tell(
        job.sequence,
        event,
        state,
        attempt=job.attempt,
        time_us=now_us,
        worker_id=job.worker_id,
        reason=ending.reason,
    )
    transaction.move(job.sequence, job.state, state)
    return job_record(JobRow(*ended))


def end_claim(
    transaction: Transaction, held: Claim, results: Sequence[StoredResult], ending: Ending
) -> tuple[JobRecord, list[str]]:
    """Keep the last results of a run, and end it.

    Args:
        transaction: the transaction.
        held: the worker's claim.
        results: results that aren't kept yet.
        ending: how it ends.

    Returns:
        The job as it is now, and the names of files that are named no more.

    Raises:
        LostClaimError: if the worker doesn't have the job any more.
    """
    job = claimed(transaction, held)
    replaced = keep_results(transaction, job, results)
    return end(transaction, job, ending), replaced


def finish(
    transaction: Transaction, claims: Sequence[tuple[Claim, Sequence[StoredResult], Usage]]
) -> tuple[list[JobRecord | None], list[str]]:
    """End runs well, but for those whose claims are lost.

    Args:
        transaction: the transaction.
        claims: the claims, with results that aren't kept yet and what the attempts have used.

    Returns:
        The jobs as they are now, None for a lost claim, and the names of files that are named no more.
    """
    records: list[JobRecord | None] = []
    replaced: list[str] = []
    for held, results, usage in claims:
        try:
            record, names = end_claim(transaction, held, results, Ending(event=JobEvent.FINISH, usage=usage))
        except LostClaimError:
            # Raised before anything of this claim was written.
            records.append(None)
        else:
            records.append(record)
            replaced += names
    return records, replaced


def lose(transaction: Transaction, job: JobRow, reason: str, usage: Usage = Usage()) -> JobRecord:
    """Take a RUNNING job from a worker, or from a child of one, that died.

    Args:
        transaction: the transaction.
        job: the job.
        reason: how it died.
        usage: what the attempt has used.
    """
    crashes = job.crashes + 1
    event = loss_event(crashes, job.max_attempts)
    error = worker_lost_error(crashes, reason)
    return end(transaction, job, Ending(event=event, reason=reason, usage=usage, error=error, crashes=crashes))


def recover(transaction: Transaction, dead_worker_ids: Collection[str]) -> list[JobRecord]:
    """Take RUNNING jobs from workers that are dead or not registered, and forget those workers.

    Args:
        transaction: the transaction.
        dead_worker_ids: who is dead.
    """
    dead = {}
    for worker_id in dead_worker_ids:
        row = transaction.row(SQL.worker, {"worker_id": worker_id})
        dead[worker_id] = worker_record(row) if row else None
        transaction.run(SQL.delete_worker, {"worker_id": worker_id})
    sequences = sorted(sequence for (sequence,) in transaction.rows(SQL.running_jobs_without_worker))
    lost = [transaction.job(sequence) for sequence in sequences]
    return [
        lose(transaction, job, dead_worker_reason(str(job.worker_id), dead.get(str(job.worker_id)))) for job in lost
    ]


def _claim(transaction: Transaction, sequence: int, worker_id: str, now_us: int, contents: dict[int, bytes]) -> Claim:
    state = next_state(JobState.QUEUED, JobEvent.CLAIM)
    bindings = {"sequence": sequence, "worker_id": worker_id, "state": state.value, "now_us": now_us}
    (taken,) = transaction.rows(SQL.claim_job, bindings)
    transaction.move(sequence, JobState.QUEUED, state)
    job = job_record(JobRow(*taken))
    transaction.tell(sequence, JobEvent.CLAIM, state, attempt=job.attempt, time_us=now_us, worker_id=worker_id)
    finished = transaction.rows(SQL.result_ids_of_job, parts(sequence))
    return Claim(
        job=job,
        circuits=_circuits(transaction, sequence, contents),
        finished=frozenset(part_place(number) for (number,) in finished),
    )


def _circuits(transaction: Transaction, sequence: int, contents: dict[int, bytes]) -> tuple[bytes, ...]:
    """Return a job's circuits; equal ones of all jobs that are taken together are one object."""
    circuit_ids = [circuit_id for (circuit_id,) in transaction.rows(SQL.circuits_of_job, parts(sequence))]
    for circuit_id in circuit_ids:
        if circuit_id not in contents:
            contents[circuit_id] = transaction.rows(SQL.circuit_content, {"circuit_id": circuit_id})[0][0]
    return tuple(contents[circuit_id] for circuit_id in circuit_ids)
