"""The worker services of a store, as far as who submits and waits needs them: that there is one, and where to hint."""

import logging
import threading
import time
from pathlib import Path

from queuebit.store.records import WorkerRecord
from queuebit.store.store import JobStore
from queuebit.worker.hints import send_hint
from queuebit.worker.launcher import ensure_worker
from queuebit.worker.liveness import is_alive

_logger = logging.getLogger("queuebit")

CHECK_S = 1.0
"""How long what is known of the services counts as true."""

# How long a service may take from its start to its registration; measured: 0.3 s, on a loaded machine several.
_STARTING_S = 10.0

# How often a wait looks while a service that hasn't registered yet is on its way: it can't be asked for hints.
_IMPATIENT_S = 0.02

_LONGEST_RETRY_S = 300.0


class Workers:
    """Knows the services that serve a store, sends them hints, and starts one where there is none."""

    def __init__(self, store: JobStore, path: Path, *, start: bool, dask: str | None = None) -> None:
        """Know nothing yet.

        Args:
            store: the store.
            path: its file.
            start: whether to start a service when there is none.
            dask: the address of the Dask cluster where that runs jobs; None for none.
        """
        self._store = store
        self._path = path
        self._start = start
        self._dask = dask
        self._next_check = 0.0
        self._next_start = 0.0
        self._retry_s = _STARTING_S
        self._ports: tuple[int, ...] = ()
        self.reset()

    def reset(self) -> None:
        """Begin with a new lock, as a forked child must."""
        self._checking = threading.Lock()

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the services take hints, as of the last check."""
        return self._ports

    @property
    def backstop_s(self) -> float:
        """How long a wait may go without a look."""
        is_starting = not self._ports and time.monotonic() < self._next_start
        return _IMPATIENT_S if is_starting else CHECK_S

    def hint(self) -> None:
        """Tell the services that there is something new; never waits, never fails."""
        send_hint(*self._ports)

    def ensure(self) -> None:
        """Make sure that a service runs or is about to; when that was seen a moment ago, this does nothing."""
        now = time.monotonic()
        if now < self._next_check or not self._checking.acquire(blocking=False):
            return
        try:
            self._check(now)
        finally:
            self._checking.release()

    def _check(self, now: float) -> None:
        workers = self._store.workers()
        alive = [worker for worker in workers if is_alive(worker)]
        self._ports = tuple(worker.port for worker in alive)
        if alive:
            self._next_start, self._retry_s = 0.0, _STARTING_S
        elif self._start and now >= self._next_start:
            self._start_one(workers, now)
        # A service that is on its way registers any moment.
        self._next_check = now + (CHECK_S if alive else min(CHECK_S, self.backstop_s))

    def _start_one(self, workers: list[WorkerRecord], now: float) -> None:
        if self._next_start:
            _logger.warning(
                "the worker that was started for %s isn't there; starting another one. What it says is in %s",
                self._path,
                f"{self._path}.worker.log",
            )
            # One that can't start must not be started for ever.
            self._retry_s = min(2 * self._retry_s, _LONGEST_RETRY_S)
        self._next_start = now + self._retry_s
        try:
            ensure_worker(self._path, workers=workers, dask=self._dask)
        except OSError as error:
            _logger.warning(
                "no worker can be started for %s: %s. Jobs wait until one runs: start it with `queuebit worker`",
                self._path,
                error,
            )
