"""Jobs as their users feel them: how late a wait ends, how long other threads stand still, how soon a cancel is done.

Run it with ``make bench``, or ``python -m benchmarks.local_jobs``.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.circuits import bell, measured, volume
from benchmarks.comparison import Comparison
from benchmarks.goals import at_least_times, at_most
from benchmarks.simulators.jobs import AER, QUEUEBIT, result
from benchmarks.suite import Suite
from benchmarks.timing import Measure, Pace, timed
from queuebit.providers import JobStatus, JobV1, wait_all
from queuebit.providers.basic_provider import BasicProviderJob
from queuebit.providers.local_executor import available_cores

# Aer's wait takes five seconds, so that a warm-up and many turns would show nothing but patience.
_FEW_TURNS = Pace(seconds=0.0, least_turns=3)

_BEAT_S = 0.002


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    suite = Suite(
        program="python -m benchmarks.local_jobs",
        title="queuebit's jobs beside Aer's",
        comparisons=tuple(rows()),
        results=Path(__file__).with_name("local_jobs.json"),
    )
    return suite.main()


def rows() -> Iterator[Comparison]:
    """Return all rows, in the order of the table."""
    yield Comparison(
        name="wait",
        work="wait_for_final_state() of a Bell job",
        peer="Aer",
        goal=at_least_times(500),
        prepare=lambda: (_waiting(QUEUEBIT), _waiting(AER)),
        is_heavy=True,
        pace=_FEW_TURNS,
    )
    yield Comparison(
        name="freeze",
        work="longest freeze of another thread, quantum volume 20",
        peer="Aer",
        goal=at_least_times(5),
        prepare=lambda: (_longest_freeze(QUEUEBIT), _longest_freeze(AER)),
        is_heavy=True,
        pace=_FEW_TURNS,
    )
    yield Comparison(
        name="cancel",
        work="cancel() of a running quantum volume 22, until its thread is free",
        peer="",
        goal=at_most(100, "ms"),
        prepare=lambda: (_cancelling(),),
    )


def _waiting(backend: Any) -> Measure:
    """Return the time of a wait for a job of a millisecond, with the default pause."""
    circuit = measured(bell())
    return timed(lambda: backend.run(circuit, shots=1).wait_for_final_state())


def _longest_freeze(backend: Any) -> Measure:
    """Return the longest time for which another thread with a short beat stood still while a job ran."""
    circuit = measured(volume(20))

    def measure() -> float:
        with _Ticker() as ticker:
            result(backend, circuit, shots=100)
        return 1e3 * max(ticker.gaps_s)

    return measure


class _Ticker:
    """A thread with a beat, which keeps how long each beat took."""

    def __init__(self) -> None:
        self.gaps_s: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def __enter__(self) -> "_Ticker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _tick(self) -> None:
        last = time.perf_counter()
        while not self._over.is_set():
            time.sleep(_BEAT_S)
            now = time.perf_counter()
            self.gaps_s.append(now - last)
            last = now


def _cancelling() -> Measure:
    """Return the time from ``cancel()`` of a running simulation until its thread works no more."""
    circuit = measured(volume(22))

    def measure() -> float:
        job = QUEUEBIT.run(circuit)
        _wait_until(job, lambda: job.status() is JobStatus.RUNNING and job.progress().done > 0)
        started = time.perf_counter()
        job.cancel()
        _occupy_all_threads()
        elapsed_ms = 1e3 * (time.perf_counter() - started)
        if job.status() is not JobStatus.CANCELLED:
            raise RuntimeError(f"the job was to be cancelled while it ran, but is {job.status().name}")
        return elapsed_ms

    return measure


def _occupy_all_threads() -> None:
    """Run as many calls as there are threads for jobs, each of which ends only when all run at once."""
    threads = available_cores()
    everybody = threading.Barrier(threads)
    jobs = [BasicProviderJob(None, f"occupant-{number}", everybody.wait) for number in range(threads)]
    for job in jobs:
        job.submit()
    wait_all(jobs)


def _wait_until(job: JobV1, condition: Callable[[], bool]) -> None:
    while not condition():
        if job.in_final_state():
            raise RuntimeError(f"the job was to be caught while it runs, but is {job.status().name}")
        time.sleep(_BEAT_S)


if __name__ == "__main__":
    sys.exit(main())
