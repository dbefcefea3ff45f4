"""``python -m queuebit.worker PATH [--processes N] [--dask ADDRESS] [--idle-timeout S] [--alone]``: serve a store here.

What :mod:`queuebit.worker.launcher` starts. For people there is ``queuebit worker``.
"""

import logging
import sys
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from queuebit.store import StoreError, open_store
from queuebit.worker.executor import Executor
from queuebit.worker.executors.child_pool import ChildStartError
from queuebit.worker.executors.dask.exceptions import ClusterError
from queuebit.worker.executors.dask.executor import LOCAL, DaskExecutor
from queuebit.worker.module_path import module_path
from queuebit.worker.num_cores import num_cores
from queuebit.worker.service import WorkerService
from queuebit.worker.start_lock import StartLock

_logger = logging.getLogger("queuebit.worker")

_Value = TypeVar("_Value", int, float, str)


def main(arguments: list[str]) -> int:
    """Serve, and return the exit code.

    Args:
        arguments: the store's path and the options. With ``--alone`` the service leaves at once if another one that was
            started so serves the store.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        path = Path(arguments[0]).absolute()
        processes = _option(arguments, "--processes", int)
        idle_timeout_s = _option(arguments, "--idle-timeout", float)
        dask = _cluster(_option(arguments, "--dask", str), processes)
    except (IndexError, ValueError) as error:
        return _misused(error)
    try:
        return _serve(path, processes, idle_timeout_s, dask, alone="--alone" in arguments)
    except (StoreError, ChildStartError, ClusterError, OSError) as error:
        _logger.error("%s", error)  # noqa: TRY400
        return 1


def _serve(path: Path, processes: int | None, idle_timeout_s: float | None, dask: str | None, *, alone: bool) -> int:
    lock = StartLock(path) if alone else None
    if lock is not None and not lock.take():
        _logger.info("another worker serves %s", path)
        return 0
    store = open_store(path)
    with closing(store):
        try:
            service = WorkerService(
                store,
                processes=processes,
                idle_timeout_s=idle_timeout_s,
                executor=_dask_executor(store.files, dask, processes) if dask is not None else None,
                is_obsolete=_replacement_check(path),
                # First this, then the registration: who finds no worker registered must be able to start one.
                on_idle=lock.give_back if lock is not None else lambda: None,
            )
        except ValueError as error:
            return _misused(error)
        service.run()
    return 0


def _cluster(dask: str | None, processes: int | None) -> str | None:
    if processes is not None and dask not in (None, LOCAL):
        raise ValueError(f"--processes is for processes on this machine; those of {dask} are the cluster's")
    return dask


def _dask_executor(files: Path, address: str, processes: int | None) -> Executor:
    # What Dask has to say, with all its tracebacks, when a connection breaks, the executor says in a sentence.
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: not record.name.startswith("distributed"))
    warnings.filterwarnings("ignore", "Sending large graph", UserWarning)  # a circuit of a million gates is one
    return DaskExecutor(files, address, processes=processes or num_cores(), module_path=module_path())


def _misused(error: Exception) -> int:
    _logger.error("%s; usage: %s", error, (__doc__ or "").partition("``:")[0].strip("`"))
    return 2


def _replacement_check(path: Path) -> Callable[[], bool]:
    """Return a function that tells whether the store has been deleted or replaced since."""

    def identity() -> tuple[int, int] | None:
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    before = identity()
    return lambda: identity() != before


def _option(arguments: list[str], name: str, kind: Callable[[str], _Value]) -> _Value | None:
    return kind(arguments[arguments.index(name) + 1]) if name in arguments else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
