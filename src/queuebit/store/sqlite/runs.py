"""What becomes of runs: taken by a worker, ended, given back, lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from queuebit.store.checks import check_results
from queuebit.store.endings import dead_worker_reason, loss_event, worker_lost_error
from queuebit.store.exceptions import LostClaimError, StoreError
from queuebit.store.json_text import tags_from_text, to_text
from queuebit.store.records import Claim, JobRecord, Json, Part, StoredResult, Usage
from queuebit.store.refusals import lost_claim, unregistered_worker
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import (
    JobRow,
    job_record,
    numbers_of_job,
    part_id,
    part_place,
    parts_of_plan,
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


def claim(transaction: Transaction, worker_id: str, limit: int, above: int | None) -> list[Claim]:
    """Take jobs for a worker.

    Args:
        transaction: the transaction.
        worker_id: the worker.
        limit: how many at most.
        above: only jobs of a greater priority than this; None for all.

    Raises:
        StoreError: if the worker isn't registered.
    """
    if transaction.row(SQL.worker, {"worker_id": worker_id}) is None:
        raise StoreError(unregistered_worker(worker_id))
    now_us = transaction.now_us()
    query, which = SQL.next_jobs, {"limit": max(0, limit)}
    if above is not None:
        query, which = SQL.next_urgent_jobs, {**which, "above": above}
    sequences = [sequence for (sequence,) in transaction.rows(query, which)]
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


def keep_results(
    transaction: Transaction, job: JobRow, parts: Sequence[Part], results: Sequence[StoredResult]
) -> list[str]:
    """Keep results of a job; returns the names of files that are named no more.

    Args:
        transaction: the transaction.
        job: the job.
        parts: the parts of its work.
        results: its results.

    Raises:
        StoreError: if one doesn't belong to the job.
    """
    check_results(results, job.num_circuits, parts, job.job_id)
    replaced: set[str] = set()
    for result in results:
        place: dict[str, object] = {"part_id": part_id(job.sequence, result.index)}
        insert, files_of, put = SQL.insert_result, SQL.result_files, SQL.replace_result
        bindings = {**place, "content": result.content, "files": tags_to_text(result.files)}
        if result.shots is not None:
            insert, files_of, put = SQL.insert_shot_result, SQL.shot_result_files, SQL.replace_shot_result
            place["first_shot"] = result.shots.first
            bindings |= {"first_shot": result.shots.first, "num_shots": result.shots.number}
        if not transaction.run(insert, bindings):
            (before,) = transaction.rows(files_of, place)
            replaced.update(set(tags_from_text(before[0])) - set(result.files))
            transaction.run(put, bindings)
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
    replaced = keep_results(transaction, job, held.parts, results)
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


def lose_part(transaction: Transaction, held: Claim, reason: str, usage: Usage) -> None:
    """Note that the process that ran a part died, and that the part will run again.

    Args:
        transaction: the transaction.
        held: the worker's claim.
        reason: which part, and how it died.
        usage: what it has used.

    Raises:
        LostClaimError: if the worker doesn't have the job any more.
    """
    job = claimed(transaction, held)
    state = next_state(JobState(job.state), JobEvent.LOSE_PART)
    transaction.run(
        SQL.add_usage,
        {"sequence": job.sequence, "cpu_s": usage.cpu_s, "peak_memory_bytes": usage.peak_memory_bytes},
    )
    transaction.tell(
        job.sequence,
        JobEvent.LOSE_PART,
        state,
        attempt=job.attempt,
        time_us=transaction.now_us(),
        worker_id=job.worker_id,
        reason=reason,
    )


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
    finished = transaction.rows(SQL.result_ids_of_job, numbers_of_job(sequence))
    claim = Claim(
        job=job,
        circuits=_circuits(transaction, sequence, contents),
        finished=frozenset(part_place(number) for (number,) in finished),
    )
    return claim if job.num_parts == 1 else _with_parts(transaction, sequence, claim)


def _with_parts(transaction: Transaction, sequence: int, claim: Claim) -> Claim:
    plan = transaction.row(SQL.plan, {"sequence": sequence})
    finished_shots = transaction.rows(SQL.shot_result_ids_of_job, numbers_of_job(sequence))
    return replace(
        claim,
        parts=parts_of_plan(plan[0] if plan else None, claim.job),
        finished_shots=frozenset((part_place(number), first) for number, first in finished_shots),
    )


def _circuits(transaction: Transaction, sequence: int, contents: dict[int, bytes]) -> tuple[bytes, ...]:
    """Return a job's circuits; equal ones of all jobs that are taken together are one object."""
    circuit_ids = [circuit_id for (circuit_id,) in transaction.rows(SQL.circuits_of_job, numbers_of_job(sequence))]
    for circuit_id in circuit_ids:
        if circuit_id not in contents:
            contents[circuit_id] = transaction.rows(SQL.circuit_content, {"circuit_id": circuit_id})[0][0]
    return tuple(contents[circuit_id] for circuit_id in circuit_ids)
