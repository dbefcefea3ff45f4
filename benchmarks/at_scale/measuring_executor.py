"""What runs take of the service and of their workers: an executor is given some, and nothing else happens."""

import selectors
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.at_scale.bell_job import assignments
from benchmarks.at_scale.service_times import Transport
from benchmarks.durable.served import fresh_folder
from queuebit.store import MemoryStore
from queuebit.worker.executor import Assignment, EndReport, Executor, RunEnd
from queuebit.worker.executors.process import ProcessExecutor

_PATIENCE_S = 60.0
_WARM_UP = 20
_RUNS = 400
_MANY_CIRCUITS = 40


@dataclass(frozen=True, slots=True)
class Taken:
    """What runs have taken, on the average.

    Attributes:
        wall_s: seconds from one end to the next.
        service_s: processor seconds of this process.
        others_s: processor seconds of other processes that were watched.
    """

    wall_s: float
    service_s: float
    others_s: float = 0.0


def drive(
    executor: Executor, selector: selectors.BaseSelector, work: Sequence[Assignment], watched: Iterable[int] = ()
) -> Taken:
    """Have an executor do all runs.

    Args:
        executor: it is open.
        selector: what it was opened with.
        work: the runs.
        watched: the ids of the processes to watch.

    Raises:
        RuntimeError: if a run fails.
        TimeoutError: if they take too long.
    """
    others = [psutil.Process(pid) for pid in watched]
    before_s, started, service_s = processor_s(others), time.perf_counter(), time.process_time()
    waiting, num_ended = list(reversed(work)), 0
    while num_ended < len(work):
        while waiting and executor.num_free():
            executor.start(waiting.pop())
        for key, _ in selector.select(min(executor.next_tick_s(), 0.5)):
            key.data()
        executor.tick()
        for report in executor.take_reports():
            if isinstance(report, EndReport):
                num_ended += 1
                if report.end is not RunEnd.FINISHED:
                    raise RuntimeError(f"a run {report.end}: {report.error or report.reason}")
        if time.perf_counter() - started > _PATIENCE_S:
            raise TimeoutError(f"{num_ended} of {len(work)} runs have ended after {_PATIENCE_S:g} s")
    return Taken(
        (time.perf_counter() - started) / len(work),
        (time.process_time() - service_s) / len(work),
        (processor_s(others) - before_s) / len(work),
    )


def processes() -> Transport:
    """Return what runs in the service's own children take."""
    folder: Path = fresh_folder()
    executor = ProcessExecutor(folder, processes=1, threads=1)
    with selectors.DefaultSelector() as selector, closing(MemoryStore()) as store:
        executor.open(selector)
        try:
            drive(executor, selector, assignments(store, _WARM_UP))
            one = drive(executor, selector, assignments(store, _RUNS))
            many = drive(executor, selector, assignments(store, _RUNS // 10, num_circuits=_MANY_CIRCUITS))
        finally:
            executor.close()
    more = _MANY_CIRCUITS - 1
    return Transport(
        name="processes",
        run_s=one.service_s,
        result_s=max(0.0, many.service_s - one.service_s) / more,
        worker_run_s=max(0.0, one.wall_s - one.service_s),
        worker_circuit_s=max(0.0, many.wall_s - one.wall_s) / more,
    )


def processor_s(watched: Iterable[psutil.Process]) -> float:
    """Return how many processor seconds processes have used.

    Args:
        watched: the processes.
    """
    return float(sum(times.user + times.system for times in (process.cpu_times() for process in watched)))
