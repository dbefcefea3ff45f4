"""The worker service: a single thread that waits for whatever happens next and does what follows from it."""

import logging
import math
import os
import selectors
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from queuebit.store.exceptions import StoreError
from queuebit.store.states import JobState
from queuebit.store.store import JobStore
from queuebit.worker.executor import Executor
from queuebit.worker.executors.process import ProcessExecutor
from queuebit.worker.hints import HintListener, send_hint
from queuebit.worker.job_flow import JobFlow
from queuebit.worker.liveness import is_alive, this_worker
from queuebit.worker.module_path import module_path
from queuebit.worker.num_cores import num_cores
from queuebit.worker.orphan_collector import OrphanCollector
from queuebit.worker.stop_signals import StopRequests

_logger = logging.getLogger(__name__)

# Hints make everything happen at once. Should one be lost, it happens this much later.
_LOOK_S = 1.0

# What the runs have left after the first request to stop. Service managers wait for 10 s and more before they kill.
_DRAIN_S = 8.0

# How long the store may take at the end, when it can't be written to.
_LAST_WORDS_S = 2.0


class WorkerService:
    """Claims a store's jobs, runs them in children, and writes down what becomes of them.

    Attributes:
        worker_id: the id that it registers.
    """

    def __init__(
        self,
        store: JobStore,
        *,
        processes: int | None = None,
        idle_timeout_s: float | None = None,
        drain_s: float = _DRAIN_S,
        executor: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
        is_obsolete: Callable[[], bool] = lambda: False,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; :meth:`run` does it.

        Args:
            store: where the jobs are; it stays open afterwards.
            processes: how many jobs run side by side, 1 or more; by default one for each core. The cores are shared
                among them, where jobs don't say how many threads they use.
            idle_timeout_s: the service ends when it has had nothing to do for so many seconds; by default never.
            drain_s: seconds that running jobs have left after the first request to stop.
            executor: where to run the jobs; by default in children.
            clock: seconds that only go forward.
            is_obsolete: asked now and then; the service ends when it returns True.
            on_idle: called before the service ends because it has nothing to do.

        Raises:
            ValueError: if ``processes`` is less than 1, or a time is negative.
        """
        if processes is not None and processes < 1:
            raise ValueError(f"processes must be 1 or more, got {processes!r}")
        for name, seconds in (("idle_timeout_s", idle_timeout_s), ("drain_s", drain_s)):
            if seconds is not None and not seconds >= 0:
                raise ValueError(f"{name} must be 0 or more seconds, got {seconds!r}")
        self.worker_id = str(uuid.uuid4())
        self._store = store
        self._executor = executor or _process_executor(store.files, processes)
        self._idle_timeout_s = math.inf if idle_timeout_s is None else idle_timeout_s
        self._drain_s = drain_s
        self._clock = clock
        self._is_obsolete = is_obsolete
        self._on_idle = on_idle
        self._orphans = OrphanCollector(store)
        self._stop_requests = StopRequests()
        self._flow = JobFlow(store, self._executor, self.worker_id, clock)
        self._is_hinted = False
        self._has_given_back = False
        self._is_of_no_use = False
        self._stops_heard = 0
        self._stop_by = math.inf

    def request_stop(self) -> None:
        """Have the service end, from any thread.

        The first time when its runs have ended or their time is over, the second time at once.
        """
        self._stop_requests.add()

    def run(self) -> None:
        """Serve until told to stop, or idle for long enough.

        Raises:
            ChildStartError: if no child can be started.
            StoreError: if the store can't be used any more.
        """
        with ExitStack() as stack:
            stack.callback(self._stop_requests.close)
            self._selector = stack.enter_context(selectors.DefaultSelector())
            self._hints = stack.enter_context(HintListener())
            stack.enter_context(self._stop_requests.from_signals())
            self._selector.register(self._hints, selectors.EVENT_READ, self._on_hint)
            self._selector.register(self._stop_requests, selectors.EVENT_READ, self._stop_requests.read)
            # Whoever finds this worker gone takes its jobs: by then, none of them runs.
            stack.callback(self._unregister)
            stack.callback(self._orphans.give_up)
            stack.callback(self._executor.close)
            # Before all else: they need most of the time that the first job waits.
            self._executor.open(self._selector)
            self._register()
            _logger.info("worker %s serves, process %d", self.worker_id, os.getpid())
            self._serve()
            _logger.info("worker %s ends", self.worker_id)

    def _serve(self) -> None:
        self._idle_since = self._next_round = self._clock()
        self._may_have_orphans = True  # from before its time
        while not self._is_over():
            self._step()

    def _step(self) -> None:
        for key, _ in self._selector.select(self._timeout_s()):
            key.data()
        now = self._clock()
        self._hear_stops(now)
        look, self._is_hinted = self._is_hinted, False
        if now >= self._next_round:
            self._next_round, look = now + _LOOK_S, True
            self._go_round()
        self._flow.step(look=look)
        if self._flow.has_changed:
            self._flow.has_changed = False
            self._hints.hint_subscribers()
        if self._flow.has_released:
            self._flow.has_released = False
            self._hint_others()
        if not self._flow.is_empty:
            self._idle_since = now

    def _timeout_s(self) -> float:
        if self._is_hinted:
            return 0.0
        until = min(self._next_round, self._stop_by if self._stop_by > self._clock() else math.inf)
        return max(0.0, min(until - self._clock(), self._flow.next_step_s()))

    def _on_hint(self) -> None:
        self._is_hinted = self._hints.receive() or self._is_hinted

    # Which workers there are.

    def _register(self) -> None:
        self._store.register_worker(this_worker(self.worker_id, self._hints.port))

    def _unregister(self) -> None:
        with _reporting("the worker can't be unregistered"):
            self._store.unregister_worker(self.worker_id)

    def _go_round(self) -> None:
        """See whether other workers have died, and whether this one is thought to have."""
        with _reporting("the workers can't be looked after"):
            if self.worker_id not in {worker.worker_id for worker in self._store.workers()}:
                self._register()
            if self._store.recover(is_alive):
                self._flow.has_changed = self._may_have_orphans = True
            if self._may_have_orphans:
                # Not before the dead are known: what a running job has written is left.
                self._may_have_orphans = not self._orphans.start()
        self._is_of_no_use = self._is_obsolete()

    def _hint_others(self) -> None:
        with _reporting("the other workers can't be found"):
            send_hint(*(worker.port for worker in self._store.workers() if worker.worker_id != self.worker_id))

    # The end.

    def _hear_stops(self, now: float) -> None:
        heard, self._stops_heard = self._stops_heard, self._stop_requests.count
        if heard == 0 < self._stops_heard:
            _logger.info("worker %s is asked to stop", self.worker_id)
            self._flow.stop_claiming("the worker stopped")
            self._stop_by = now + self._drain_s
        if heard < 2 <= self._stops_heard:
            self._stop_by = min(self._stop_by, now)
        if now >= self._stop_by and not self._has_given_back:
            self._has_given_back = True
            self._flow.give_back_running("the worker stopped")

    def _is_over(self) -> bool:
        now = self._clock()
        if self._stops_heard:
            return self._flow.is_empty or now >= self._stop_by + _LAST_WORDS_S
        return self._is_of_no_use or (now >= self._idle_since + self._idle_timeout_s and self._may_leave())

    def _may_leave(self) -> bool:
        """Unregister, and stay after all if somebody has submitted a job without knowing that."""
        self._on_idle()
        self._unregister()
        if not self._store.statistics()[JobState.QUEUED]:
            return True
        self._register()
        self._idle_since, self._is_hinted = self._clock(), True
        return False


@contextmanager
def _reporting(what: str) -> Iterator[None]:
    """Log what the store can't do now, and go on: it is tried again, or somebody else does it."""
    try:
        yield
    except StoreError as error:
        _logger.warning("%s: %s", what, error)


def _process_executor(files: Path, processes: int | None) -> ProcessExecutor:
    cores = num_cores()
    most = processes or cores
    return ProcessExecutor(files, processes=most, threads=max(1, cores // most), module_path=module_path())
