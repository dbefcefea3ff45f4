"""How many jobs a second, how soon a result, how late a wait ends."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil

from benchmarks.circuits import bell, measured
from benchmarks.durable.served import RESULT_S, SHOTS, end, fresh_folder, warm_queue
from benchmarks.simulators import jobs
from benchmarks.timing import Measure, timed
from queuebit import JobQueue


def each_by_run(number: int) -> Measure:
    """Return the time per job of jobs that are submitted one by one, each on disk before the next, and awaited."""
    served = warm_queue()

    def work() -> None:
        running = [served.backend.run(served.circuit, shots=SHOTS) for _ in range(number)]
        for job in running:
            job.result(timeout=RESULT_S)

    return _per_job(work, number)


def by_run_many(number: int) -> Measure:
    """Return the time per job of jobs that are prepared, submitted in one commit and awaited."""
    served = warm_queue()
    return _per_job(lambda: served.run_many(number), number)


def aer_loop(number: int) -> Measure:
    """Return the time per job of a plain loop over Aer in memory, as it is usually written."""
    circuit = measured(bell())

    def work() -> None:
        for _ in range(number):
            jobs.result(jobs.AER, circuit, shots=SHOTS)

    return _per_job(work, number)


def one_job() -> Measure:
    """Return the time from ``run`` to the result of a single job."""
    served = warm_queue()
    return timed(lambda: served.backend.run(served.circuit, shots=SHOTS).result(timeout=RESULT_S))


def wake_up() -> Measure:
    """Return the time from a job's end, as the store has it, until a wait for it has returned.

    The store takes that time before the commit, which waits for the disk; so this contains the commit.
    """
    served = warm_queue()

    def measure() -> float:
        job = served.backend.run(served.circuit, shots=SHOTS)
        job.wait_for_final_state(RESULT_S)
        now = datetime.now(UTC)
        if job.time_finished is None:
            raise RuntimeError("the wait returned before the job's end")
        return 1e3 * (now - job.time_finished).total_seconds()

    return measure


def first_result() -> float:
    """Return the time from opening a new queue, for which no service runs, to its first result."""
    path, circuit = fresh_folder() / "queue.db", measured(bell())
    started = time.perf_counter()
    with JobQueue(path) as queue:
        queue.get_backend().run(circuit, shots=SHOTS).result(timeout=RESULT_S)
        elapsed_ms = 1e3 * (time.perf_counter() - started)
        services = [psutil.Process(worker.pid) for worker in queue.store.workers()]
    for service in services:
        end(service)
    return elapsed_ms


def _per_job(work: Callable[[], object], number: int) -> Measure:
    whole = timed(work)
    return lambda: whole() / number
