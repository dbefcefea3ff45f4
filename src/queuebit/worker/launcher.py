"""Starting a worker service that outlives the program that needs it."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from queuebit.store import open_store
from queuebit.store.records import WorkerRecord
from queuebit.worker.liveness import is_alive
from queuebit.worker.module_path import environment_of_program
from queuebit.worker.start_lock import StartLock

IDLE_TIMEOUT_S = 300.0
"""A service that was started by a program ends when it has had nothing to do for so long."""

DASK_VARIABLE = "QUEUEBIT_DASK"
"""The environment variable with the address of the Dask cluster where services that are started run their jobs."""

# A log that has grown beyond this is begun anew by the next service.
_MOST_LOG_BYTES = 4 * 2**20


class _DetachedProcess(subprocess.Popen[bytes]):
    """A process that lives longer than its object, which isn't worth a warning."""

    def __del__(self) -> None:
        """Do nothing."""


_services: list[_DetachedProcess] = []


def ensure_worker(
    store_path: str | Path,
    *,
    workers: Iterable[WorkerRecord] | None = None,
    idle_timeout_s: float = IDLE_TIMEOUT_S,
    processes: int | None = None,
    dask: str | None = None,
) -> bool:
    """Have a worker service run for a store: start one, detached from this program, if none is alive or starting.

    Returns at once, before it is ready. What it says of itself is in ``PATH.worker.log``.

    Args:
        store_path: the store's database.
        workers: the store's registered workers, if the caller knows them already.
        idle_timeout_s: when a new service ends, in seconds without anything to do.
        processes: how many jobs a new service runs side by side; by default one for each core.
        dask: the address of the Dask cluster where a new service runs jobs; by default the one that the environment
            variable ``QUEUEBIT_DASK`` has, or else none: they run in processes of this machine.

    Returns:
        Whether a service was started.

    Raises:
        StoreError: if the store can't be opened.
        OSError: if the service can't be started.
    """
    path = Path(store_path).absolute()
    if any(is_alive(worker) for worker in (_workers(path) if workers is None else workers)):
        return False
    lock = StartLock(path)
    try:
        # Somebody who has it serves already, or is about to. Two who find it free at the same time both start a
        # service: the one that gets the lock later leaves by itself.
        if not lock.take():
            return False
    finally:
        lock.close()
    _start(path, idle_timeout_s, processes, dask or os.environ.get(DASK_VARIABLE) or None)
    return True


def _workers(path: Path) -> list[WorkerRecord]:
    store = open_store(path)
    try:
        return store.workers()
    finally:
        store.close()


def _start(path: Path, idle_timeout_s: float, processes: int | None, dask: str | None) -> None:
    log = path.with_name(f"{path.name}.worker.log")
    command = [
        sys.executable,
        "-P",
        "-m",
        "queuebit.worker",
        str(path),
        "--alone",
        "--idle-timeout",
        str(idle_timeout_s),
    ]
    if processes is not None:
        command += ["--processes", str(processes)]
    if dask is not None:
        command += ["--dask", dask]
    is_long = log.exists() and log.stat().st_size > _MOST_LOG_BYTES
    with log.open("wb" if is_long else "ab") as output:
        service = _DetachedProcess(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment_of_program(),
            start_new_session=True,
        )
    # Those that have ended meanwhile are let go of, which is what polling them does.
    _services[:] = [*(other for other in _services if other.poll() is None), service]
