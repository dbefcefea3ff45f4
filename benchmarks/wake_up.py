"""How long after a job's end those who wait for it go on, beside a future of a thread pool in the same run.

The default ``wait`` of ``wait_for_final_state()`` is five seconds; whoever sleeps through it wakes that late.
Run it with ``python benchmarks/wake_up.py``; it ends with exit code 1 when a goal is missed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from qiskit import QuantumCircuit

from queuebit.providers import JobV1, as_completed
from queuebit.providers.basic_provider import BasicSimulator

GOAL_MS = 5.0
ROUNDS = 201
# The peer's work takes as long as a small circuit, so that its waiter sleeps when it ends, too.
PEER_WORK_S = 0.001

BACKEND = BasicSimulator()
POOL = ThreadPoolExecutor(1)
LOOP = asyncio.Runner()


def bell() -> QuantumCircuit:
    """Return a Bell pair, measured."""
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def of_job(wait: Callable[[JobV1], object]) -> Callable[[], float]:
    """Measure from the end of a job, as the job tells it, until a wait for it has returned; in milliseconds."""

    def measure() -> float:
        job = BACKEND.run(bell())
        wait(job)
        now = datetime.now(UTC)
        assert job.time_finished is not None
        return 1e3 * (now - job.time_finished).total_seconds()

    return measure


def of_future() -> float:
    """Measure from the end of a call in a thread pool until its future's ``result()`` has returned; in milliseconds."""

    def work() -> float:
        time.sleep(PEER_WORK_S)
        return time.perf_counter()

    ended = POOL.submit(work).result()
    return 1e3 * (time.perf_counter() - ended)


async def awaited(job: JobV1) -> None:
    """Await a job in an event loop."""
    await job


WAYS = {
    "wait_for_final_state()": of_job(lambda job: job.wait_for_final_state()),
    "result()": of_job(lambda job: job.result()),
    "as_completed([job])": of_job(lambda job: next(as_completed([job]))),
    "await job": of_job(lambda job: LOOP.run(awaited(job))),
}


def main() -> int:
    """Measure, print the table, and return the exit code."""
    print(f"{'way to wait':<24}{'median':>10}{'99 %':>10}{'goal':>10}{'a future':>12}{'ratio':>8}")
    missed = False
    for way, measure in WAYS.items():
        pairs = [(measure(), of_future()) for _ in range(ROUNDS)]
        ours, peers = ([pair[side] for pair in pairs] for side in (0, 1))
        median, peer = statistics.median(ours), statistics.median(peers)
        slowest = statistics.quantiles(ours, n=100)[-1]
        print(
            f"{way:<24}{median:>7.2f} ms{slowest:>7.2f} ms{'<':>3}{GOAL_MS:>4.0f} ms"
            f"{peer:>9.2f} ms{median / peer:>8.1f}"
        )
        missed |= median >= GOAL_MS
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
