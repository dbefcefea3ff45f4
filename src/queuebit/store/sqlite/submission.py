"""Taking jobs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from queuebit.store.checks import check_new_job
from queuebit.store.exceptions import StoreError
from queuebit.store.parts import parts_to_text
from queuebit.store.records import JobRecord, NewJob, Part
from queuebit.store.refusals import taken_id
from queuebit.store.sqlite.facets import job_facets
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import JobRow, job_record, new_job_bindings, new_job_record, part_id
from queuebit.store.sqlite.transaction import Transaction
from queuebit.store.states import JobEvent, next_state


@dataclass(frozen=True, slots=True)
class PreparedJob:
    """A job, made ready on its submitter's thread, so that the writer has little to do.

    Attributes:
        job: the job.
        bindings: its row.
        digests: the SHA-256 of each circuit.
    """

    job: NewJob
    bindings: dict[str, Any]
    digests: tuple[bytes, ...]


def prepare_jobs(jobs: Sequence[NewJob]) -> list[PreparedJob]:
    """Check jobs and make them ready.

    Args:
        jobs: the jobs.

    Raises:
        StoreError: if one can't be kept.
        TypeError: if something of one isn't JSON.
    """
    for job in jobs:
        check_new_job(job)
    return [PreparedJob(job, new_job_bindings(job), _digests(job.circuits)) for job in jobs]


def submit(transaction: Transaction, jobs: Sequence[PreparedJob]) -> list[JobRecord]:
    """Insert jobs; for one whose idempotency key is known, return the job that has it.

    Args:
        transaction: the transaction.
        jobs: the jobs.

    Raises:
        StoreError: if an id is taken.
    """
    now_us = transaction.now_us()
    circuit_ids: dict[bytes, int] = {}
    return [_known(transaction, job) or _insert(transaction, job, now_us, circuit_ids) for job in jobs]


def _digests(circuits: Sequence[bytes]) -> tuple[bytes, ...]:
    # A list that holds one circuit many times holds one object many times.
    known: dict[int, bytes] = {}
    return tuple(
        known.get(id(circuit)) or known.setdefault(id(circuit), sha256(circuit).digest()) for circuit in circuits
    )


def _known(transaction: Transaction, prepared: PreparedJob) -> JobRecord | None:
    key = prepared.job.idempotency_key
    if key is None:
        return None
    row = transaction.row(SQL.job_by_idempotency_key, {"idempotency_key": key})
    return job_record(JobRow(*row)) if row else None


def _insert(transaction: Transaction, prepared: PreparedJob, now_us: int, circuit_ids: dict[bytes, int]) -> JobRecord:
    state = next_state(None, JobEvent.SUBMIT)
    bindings = {**prepared.bindings, "state": state.value, "created_us": now_us}
    inserted = transaction.row(SQL.insert_job, bindings)
    if inserted is None:
        raise StoreError(taken_id(prepared.job.job_id))
    sequence: int = inserted[0]
    use_circuits(transaction, sequence, prepared, circuit_ids)
    keep_plan(transaction, sequence, prepared.job.parts)
    transaction.tell(sequence, JobEvent.SUBMIT, state, attempt=0, time_us=now_us)
    job = prepared.job
    transaction.facets.created(sequence, now_us)
    transaction.facets.add(sequence, job_facets(state, job.backend_name, job.name, job.tags))
    return new_job_record(bindings, sequence)


def use_circuits(transaction: Transaction, sequence: int, prepared: PreparedJob, circuit_ids: dict[bytes, int]) -> None:
    """Keep the circuits of a job, those that aren't there yet.

    Args:
        transaction: the transaction.
        sequence: the job's.
        prepared: the job.
        circuit_ids: the numbers of the circuits that the transaction has met, by digest.
    """
    for index, (digest, content) in enumerate(zip(prepared.digests, prepared.job.circuits, strict=True)):
        circuit_id = circuit_ids.get(digest) or circuit_ids.setdefault(digest, _circuit(transaction, digest, content))
        transaction.run(SQL.use_circuit, {"part_id": part_id(sequence, index), "circuit_id": circuit_id})


def keep_plan(transaction: Transaction, sequence: int, parts: Sequence[Part]) -> None:
    """Keep how a job is cut, if it is.

    Args:
        transaction: the transaction.
        sequence: the job's.
        parts: its parts.
    """
    if parts:
        transaction.run(SQL.insert_plan, {"sequence": sequence, "parts": parts_to_text(parts)})


def _circuit(transaction: Transaction, digest: bytes, content: bytes) -> int:
    known = transaction.row(SQL.circuit_of_content, {"sha256": digest})
    if known is None:
        known = transaction.row(SQL.insert_circuit, {"sha256": digest, "content": content})
    assert known is not None
    return int(known[0])
