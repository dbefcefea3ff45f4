"""``python -m queuebit.worker PATH [--processes N] [--idle-timeout S] [--alone]``: serve a store in this process.

What :mod:`queuebit.worker.launcher` starts. For people there is ``queuebit worker``.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from queuebit.store import StoreError, open_store
from queuebit.worker.executors.child_pool import ChildStartError
from queuebit.worker.service import WorkerService
from queuebit.worker.start_lock import StartLock

_logger = logging.getLogger("queuebit.worker")

_Number = TypeVar("_Number", int, float)


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
    except (IndexError, ValueError) as error:
        return _misused(error)
    try:
        return _serve(path, processes, idle_timeout_s, alone="--alone" in arguments)
    except (StoreError, ChildStartError, OSError) as error:
        _logger.error("%s", error)  # noqa: TRY400
        return 1


def _serve(path: Path, processes: int | None, idle_timeout_s: float | None, *, alone: bool) -> int:
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
                is_obsolete=_replacement_check(path),
                # First this, then the registration: who finds no worker registered must be able to start one.
                on_idle=lock.give_back if lock is not None else lambda: None,
            )
        except ValueError as error:
            return _misused(error)
        service.run()
    return 0


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


def _option(arguments: list[str], name: str, kind: Callable[[str], _Number]) -> _Number | None:
    return kind(arguments[arguments.index(name) + 1]) if name in arguments else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
