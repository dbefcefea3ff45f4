"""A queue in a temporary folder with a worker service of its own; both are gone when the benchmark ends."""

import atexit
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import psutil
from qiskit import QuantumCircuit

from benchmarks.circuits import bell, measured
from benchmarks.one_run import ROOT
from queuebit import JobQueue
from queuebit.queue import QueueBackend

SHOTS = 1024

# Of each child, so that all have made their backend.
_WARM_UP_JOBS = 20

_PATIENCE_S = 30.0

RESULT_S = 60.0
"""Longest wait for a result: should the service be ended by somebody, a row fails instead of waiting for ever."""

# Should this program be killed, its service doesn't outlive it by more.
_IDLE_TIMEOUT_S = 600.0
_LOOK_S = 0.005


class ServedQueue:
    """A queue and its service, which is warm when this is made.

    Attributes:
        queue: the queue.
        backend: its default backend.
        circuit: a measured Bell pair.
        service: the service's process.
    """

    def __init__(self, *, processes: int | None = None, dask: str = "") -> None:
        """Start the service and run some jobs.

        Args:
            processes: how many jobs it runs side by side; by default one for each core.
            dask: the Dask cluster that runs them, if one does.
        """
        path = fresh_folder() / "queue.db"
        self.queue = JobQueue(path, start_worker=False)
        self.backend: QueueBackend = self.queue.get_backend()
        self.circuit: QuantumCircuit = measured(bell())
        command = [sys.executable, "-m", "queuebit.worker", str(path), "--idle-timeout", str(_IDLE_TIMEOUT_S)]
        command += ["--processes", str(processes)] if processes else []
        command += ["--dask", dask] if dask else []
        with path.with_suffix(".log").open("wb") as log:
            self._popen = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.service = psutil.Process(self._popen.pid)
        atexit.register(self.close)
        wait_until(self.queue.store.workers, f"a worker service for {path}")
        self.run_many(_WARM_UP_JOBS * (processes or psutil.cpu_count() or 1))

    def run_many(self, number: int) -> None:
        """Submit Bell jobs in one commit and await all results."""
        prepared = [self.backend.prepare(self.circuit, shots=SHOTS) for _ in range(number)]
        for job in self.queue.run_many(prepared):
            job.result(timeout=RESULT_S)

    def memory_mib(self) -> float:
        """Return the memory that the service and its children have for themselves."""
        processes = [self.service, *self.service.children(recursive=True)]
        return float(sum(process.memory_full_info().uss for process in processes)) / 2**20

    def close(self) -> None:
        """Stop the service at once."""
        atexit.unregister(self.close)
        self.queue.close()
        end(self.service)
        self._popen.wait()


@cache
def warm_queue() -> ServedQueue:
    """Return the queue that all rows share which only need a warm service."""
    return ServedQueue()


def end(service: psutil.Process) -> None:
    """End a worker service: the second signal stops it at once."""
    try:
        service.terminate()
        service.terminate()
        service.wait(_PATIENCE_S)
    except psutil.NoSuchProcess:
        return


def fresh_folder() -> Path:
    """Return a new folder on the disk, not in memory, that is deleted when the benchmark ends."""
    folder = tempfile.TemporaryDirectory(prefix="queuebit-benchmark-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)


def wait_until(condition: Callable[[], object], what: str, *, timeout_s: float = _PATIENCE_S) -> None:
    """Wait until a condition holds.

    Args:
        condition: asked again and again.
        what: what is waited for, for the error.
        timeout_s: how long.

    Raises:
        TimeoutError: if it doesn't hold for so long.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} isn't there after {timeout_s:g} s")
        time.sleep(_LOOK_S)
