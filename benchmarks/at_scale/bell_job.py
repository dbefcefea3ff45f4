"""The jobs that are measured: of a Bell pair each, which takes no time to simulate."""

import uuid
from functools import cache

from benchmarks.circuits import bell, measured
from benchmarks.durable.served import SHOTS
from queuebit.codec.circuits import encode_circuit
from queuebit.store.records import JobRecord, NewJob
from queuebit.store.store import JobStore
from queuebit.worker.executor import Assignment, RunKey

BACKEND = "basic_simulator"
OPTIONS = {"shots": SHOTS, "seed_simulator": 7}


def bell_job(*, num_circuits: int, priority: int = 0) -> NewJob:
    """Return a job to be submitted.

    Args:
        num_circuits: how many times the circuit is in it.
        priority: its priority.
    """
    return NewJob(
        job_id=str(uuid.uuid4()),
        backend_name=BACKEND,
        circuits=(_encoded(),) * num_circuits,
        options=OPTIONS,
        priority=priority,
    )


def assignments(store: JobStore, number: int, *, num_circuits: int = 1, mixed: bool = False) -> list[Assignment]:
    """Return runs for an executor.

    Args:
        store: makes records of the jobs, and forgets about them.
        number: how many runs.
        num_circuits: how many circuits each has.
        mixed: whether one's priority is never the next one's, so that they can't share a task.
    """
    jobs = [bell_job(num_circuits=num_circuits, priority=index % 2 if mixed else 0) for index in range(number)]
    return [_assignment(record) for record in store.submit(jobs)]


def _assignment(record: JobRecord) -> Assignment:
    return Assignment(
        key=RunKey(record.job_id, 1, "measured"),
        job=record,
        indices=tuple(range(record.num_circuits)),
        circuits=(_encoded(),) * record.num_circuits,
    )


@cache
def _encoded() -> bytes:
    return encode_circuit(measured(bell()))
