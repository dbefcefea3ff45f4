"""How much memory a service has after many jobs."""

from benchmarks.durable.served import ServedQueue
from benchmarks.timing import Measure

FEW, MANY = 2_000, 20_000

_BATCH = 1_000


def memory_after_jobs() -> tuple[Measure, Measure]:
    """Return the memory of a service with its children in MiB, after many jobs and after few."""
    served = ServedQueue()
    try:
        _run(served, FEW)
        after_few = served.memory_mib()
        _run(served, MANY - FEW)
        after_many = served.memory_mib()
    finally:
        served.close()
    return lambda: after_many, lambda: after_few


def _run(served: ServedQueue, number: int) -> None:
    for _ in range(number // _BATCH):
        served.run_many(_BATCH)
