"""How long after a job's end those who wait for it go on, beside a future of a thread pool.

The default ``wait`` of ``wait_for_final_state()`` is five seconds; whoever sleeps through it wakes that late.
Run it with ``python -m benchmarks.wake_up``.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from qiskit.result import Result

from benchmarks.circuits import bell, measured
from benchmarks.comparison import Comparison
from benchmarks.goals import at_most
from benchmarks.simulators.jobs import QUEUEBIT
from benchmarks.suite import Suite
from benchmarks.timing import Measure
from queuebit.providers import JobV1, as_completed
from queuebit.providers.basic_provider import BasicProviderJob

GOAL_MS = 5.0

# A job's work and the peer's, long enough that the waiter sleeps when it ends.
_WORK_S = 0.001

_RESULT = QUEUEBIT.run(measured(bell())).result()
_POOL = ThreadPoolExecutor(1)
_LOOP = asyncio.Runner()


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    suite = Suite(
        program="python -m benchmarks.wake_up",
        title="how long after a job's end its waiter goes on",
        comparisons=tuple(rows()),
        results=Path(__file__).with_name("wake_up.json"),
    )
    return suite.main()


def rows() -> Iterator[Comparison]:
    """Return a row for each way to wait."""
    ways: dict[str, Callable[[JobV1], object]] = {
        "wait_for_final_state()": lambda job: job.wait_for_final_state(),
        "result()": lambda job: job.result(),
        "as_completed([job])": lambda job: next(as_completed([job])),
        "await job": lambda job: _LOOP.run(_awaited(job)),
    }
    for way, wait in ways.items():
        yield Comparison(
            name=way.partition("(")[0].replace(" ", "-"),
            work=way,
            peer="Future.result()",
            goal=at_most(GOAL_MS, "ms"),
            prepare=partial(_beside_future, wait),
        )


def _beside_future(wait: Callable[[JobV1], object]) -> tuple[Measure, Measure]:
    return partial(_after_job_ms, wait), _after_future_ms


def _after_job_ms(wait: Callable[[JobV1], object]) -> float:
    """Return the time from the end of a job, as the job tells it, until a wait for it has returned."""
    begun = threading.Event()
    job = BasicProviderJob(QUEUEBIT, "wake-up", partial(_work, begun))
    job.submit()
    begun.wait()
    wait(job)
    now = datetime.now(UTC)
    if job.time_finished is None:
        raise RuntimeError("the wait returned before the job's end")
    return 1e3 * (now - job.time_finished).total_seconds()


def _after_future_ms() -> float:
    """Return the time from the end of a call in a thread pool until its future's ``result()`` has returned."""
    begun = threading.Event()
    future = _POOL.submit(lambda: (_work(begun), time.perf_counter()))
    begun.wait()
    _, ended = future.result()
    return 1e3 * (time.perf_counter() - ended)


def _work(begun: threading.Event) -> Result:
    """Tell that the work has begun, so that nobody else begins it, and last until its waiter sleeps."""
    begun.set()
    time.sleep(_WORK_S)
    return _RESULT


async def _awaited(job: JobV1) -> None:
    await job


if __name__ == "__main__":
    sys.exit(main())
