"""A job that is cut into parts: on one worker and on two, of our own and of Dask, and without any queue at all."""

import multiprocessing
import uuid
from dataclasses import replace
from functools import cache
from multiprocessing.pool import Pool
from pathlib import Path

from qiskit import QuantumCircuit

from benchmarks.circuits import measured, volume
from benchmarks.durable.served import RESULT_S, SHOTS, ServedQueue, fresh_folder
from benchmarks.timing import Measure, timed
from queuebit.codec.results import encode_result
from queuebit.codec.whole_results import assemble
from queuebit.engines import Control
from queuebit.providers.basic_provider import BasicProvider
from queuebit.store.records import ShotRange, StoredResult

CIRCUITS, QUBITS = 64, 18
BELL_JOBS = 10_000
MERGED_PARTS = 1_000

_SEED = 5


def by_one_worker() -> Measure:
    """Return the time of a job, from its claim to its end, on a service with one process."""
    return _job(_served(1))


def by_two_workers() -> Measure:
    """Return the time of a job, from its claim to its end, on a service with two processes."""
    return _job(_served(2))


def by_dask() -> Measure:
    """Return the time of a job, from its claim to its end, on a service with a Dask cluster of two workers."""
    return _job(_served(2, "local"))


def by_bare_loops() -> Measure:
    """Return the time of the same circuits in two processes that call a local backend, one circuit after another."""
    pool = _pool()
    return timed(lambda: pool.map(_simulate, (0, 1), chunksize=1))


def by_one_bare_loop() -> Measure:
    """Return the time of the same circuits in one process: what two processes can be faster on this machine."""
    pool = _pool()
    return timed(lambda: [pool.apply(_simulate, (half,)) for half in (0, 1)])


def bell_jobs_by_dask() -> Measure:
    """Return the time per job of Bell jobs that are submitted in one commit, on a Dask cluster of two workers."""
    served = _served(2, "local")
    whole = timed(lambda: served.run_many(BELL_JOBS))
    return lambda: whole() / BELL_JOBS


def merging() -> Measure:
    """Return the time to put the results of many parts of one circuit together; the memory is a list when asked for."""
    folder = fresh_folder()
    stored = _stored_parts(folder)

    def merge() -> None:
        result = assemble(
            stored,
            files=folder,
            num_circuits=1,
            backend_name="basic_simulator",
            backend_version="",
            job_id="",
            success=True,
            status="COMPLETED",
            date="",
            time_taken=0.0,
        )
        if sum(result.results[0].data.counts.values()) != SHOTS * MERGED_PARTS:
            raise RuntimeError("shots were lost")

    return timed(merge)


def _job(served: ServedQueue) -> Measure:
    # One thread each: the cores are the workers'. Prepared beforehand, for submitting is no worker's work.
    prepared = served.backend.prepare(_circuits(), shots=SHOTS, seed_simulator=_SEED, threads=1)

    def run() -> float:
        anew = replace(prepared, job=replace(prepared.job, job_id=str(uuid.uuid4())))
        (job,) = served.queue.run_many([anew])
        job.result(timeout=RESULT_S)
        if job.time_started is None or job.time_finished is None:
            raise RuntimeError("a job with a result has begun and ended")
        return 1e3 * (job.time_finished - job.time_started).total_seconds()

    return run


@cache
def _served(processes: int, dask: str = "") -> ServedQueue:
    return ServedQueue(processes=processes, dask=dask)


@cache
def _circuits() -> list[QuantumCircuit]:
    return [measured(volume(QUBITS, seed=seed)) for seed in range(CIRCUITS)]


@cache
def _pool() -> Pool:
    pool = multiprocessing.get_context("spawn").Pool(2)
    # Each process makes the circuits, too, before the clock starts.
    pool.map(_simulate, (0, 1), chunksize=1)
    return pool


def _simulate(half: int) -> None:
    backend = BasicProvider().get_backend("basic_simulator")
    for circuit in _circuits()[half::2]:
        backend.run(circuit, shots=SHOTS, seed_simulator=_SEED, threads=1).result()


def _stored_parts(folder: Path) -> list[StoredResult]:
    backend = BasicProvider().get_backend("basic_simulator")
    circuit = measured(volume(5))
    parts = []
    for part in range(MERGED_PARTS):
        run = backend.one_by_one(Control(), shots=SHOTS * MERGED_PARTS, seed_simulator=_SEED)
        shots = ShotRange(part * SHOTS, SHOTS)
        result = run.run(run.prepare(circuit), 0, shots)
        stored = encode_result(result, 0, folder, f"part-{part}")
        parts.append(StoredResult(index=0, content=stored.content, files=stored.files, shots=shots))
    return parts
