"""A service's runs in one Dask worker: a thread that drives an executor of children, and tells what happens there."""

import contextlib
import logging
import math
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from queuebit.store.array_files import delete_files
from queuebit.store.records import StoredResult
from queuebit.worker.executor import CircuitReport, EndReport, Executor, RunEnd, RunKey
from queuebit.worker.executors.dask.batching import LONGEST_WAIT_S, WAITED
from queuebit.worker.executors.dask.wire import Happening, Order, Printed

_logger = logging.getLogger(__name__)

# How often what a run has printed, and its progress, are taken in.
_WATCH_S = 0.2

# A service that lives asks after its runner every 30 s.
_LONGEST_SILENCE_S = 150.0

# So many runs are remembered that have ended, and whose ends may still be on their way.
_MOST_ENDED = 4096

_CLOSE_S = 5.0


@dataclass(slots=True, eq=False)
class _Batch:
    """Runs that one Dask task waits for."""

    left: set[int]
    ended: threading.Event = field(default_factory=threading.Event)
    happenings: list[Happening] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _RunnerRun:
    order: Order
    batch: _Batch
    arrived: float
    begun: float | None = None
    progress: tuple[int, int] = (0, 0)


class Runner:
    """Does what a service orders. Its methods may be called from any thread, and none but two waits.

    Attributes:
        runner_id: its name; a worker that starts anew has another one.
    """

    def __init__(
        self,
        runner_id: str,
        executor: Executor,
        files: Path,
        *,
        sends_files: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            runner_id: its name.
            executor: where the runs take place; it isn't open yet.
            files: the folder where their files are.
            sends_files: whether these go with the results, because the service doesn't see the folder.
            clock: seconds that only go forward.
        """
        self.runner_id = runner_id
        self._executor = executor
        self._files = files
        self._sends_files = sends_files
        self._clock = clock
        self._lock = threading.RLock()
        self._waiting: deque[_RunnerRun] = deque()
        self._runs: dict[int, _RunnerRun] = {}
        self._by_key: dict[RunKey, _RunnerRun] = {}
        self._log: list[Happening] = []
        self._sequence = 0
        self._refused: set[int] = set()
        self._ended: dict[int, None] = {}
        self._requests: deque[tuple[int, bool]] = deque()
        self._heard = self._started = self._watched = clock()
        self._is_closing = False
        self._wake_end, self._other_end = socket.socketpair()
        for end in (self._wake_end, self._other_end):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._serve, name="queuebit-runner", daemon=True)
        self._thread.start()

    # For the Dask worker's threads.

    @property
    def is_closed(self) -> bool:
        """Whether it does nothing any more."""
        return self._is_closing

    def run(self, orders: Sequence[Order], is_wanted: Callable[[], bool]) -> list[Happening] | None:
        """Do runs, and wait for their ends.

        Args:
            orders: the runs.
            is_wanted: asked now and then; the runs are ended when nobody wants them.

        Returns:
            What has happened and hasn't been confirmed by :meth:`exchange`; None if the runner was closed meanwhile.
        """
        batch = _Batch({order.number for order in orders})
        with self._lock:
            now = self._clock()
            for order in orders:
                run = self._runs[order.number] = _RunnerRun(order, batch, now)
                if order.number in self._refused:
                    self._end(run, EndReport(key=order.assignment.key, end=RunEnd.STOPPED))
                else:
                    self._waiting.append(run)
            self._refused.difference_update(batch.left)
            self._wake()
        while not batch.ended.wait(0.5):
            if self._is_closing:
                return None
            if not is_wanted():
                self._abandon(batch)
        return None if batch.left else batch.happenings

    def _abandon(self, batch: _Batch) -> None:
        with self._lock:
            self._requests += [(number, True) for number in batch.left]
            self._wake()

    def exchange(
        self, confirmed: int, *, stop: Sequence[int] = (), kill: Sequence[int] = (), recall: Sequence[int] = ()
    ) -> tuple[list[Happening], dict[int, tuple[int, int]], list[int]]:
        """Tell what has happened, and take in which runs shall end.

        Args:
            confirmed: the last happening that has arrived; it isn't told again, nor those before it.
            stop: runs to stop.
            kill: runs to end now.
            recall: runs that shall not begin if they haven't come yet.

        Returns:
            What has happened since; the progress of each run that has begun; and those runs to stop or to recall that
            aren't here: should they come, they won't begin.
        """
        with self._lock:
            self._heard = self._clock()
            self._log = [each for each in self._log if each.sequence > confirmed]
            asked = {*stop, *kill, *recall}
            unknown = [number for number in asked if number not in self._runs and number not in self._ended]
            self._refused.update(unknown)
            self._requests += [(number, False) for number in stop] + [(number, True) for number in kill]
            if stop or kill:
                self._wake()
            progress = {number: run.progress for number, run in self._runs.items() if run.begun is not None}
            return list(self._log), progress, unknown

    def close(self) -> None:
        """End all runs, and wait until their processes have ended."""
        with self._lock:
            self._is_closing = True
            self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_S)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full of wake-ups, or closed
            self._other_end.send(b"w")

    # In its own thread, where the children have to be started: they end with it.

    def _serve(self) -> None:
        selector = selectors.DefaultSelector()
        try:
            selector.register(self._wake_end, selectors.EVENT_READ, self._take_wakes)
            with self._lock:
                self._executor.open(selector)
            while not self._is_closing:
                self._step(selector)
        except Exception:
            _logger.exception("a queuebit runner has failed")
        finally:
            self._is_closing = True
            self._executor.close()
            with self._lock:
                for batch in {id(run.batch): run.batch for run in self._runs.values()}.values():
                    batch.ended.set()
            selector.close()
            self._wake_end.close()
            self._other_end.close()

    def _take_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_end.recv(4096):
                pass

    def _step(self, selector: selectors.BaseSelector) -> None:
        ready = selector.select(self._timeout_s())
        with self._lock:
            for key, _ in ready:
                key.data()
            self._executor.tick()
            self._take_reports()
            self._take_requests()
            self._start()
            self._watch()
            self._give_back()
            if not self._runs and self._clock() > self._heard + _LONGEST_SILENCE_S:
                self._is_closing = True

    def _timeout_s(self) -> float:
        with self._lock:
            watch_s = self._watched + _WATCH_S - self._clock() if self._runs else math.inf
            return max(0.0, min(self._executor.next_tick_s(), watch_s, _LONGEST_SILENCE_S))

    def _take_reports(self) -> None:
        for report in self._executor.take_reports():
            run = self._by_key.get(report.key)
            if run is None:
                continue
            if isinstance(report, EndReport):
                self._end(run, report)
            else:
                self._happen(run, report)

    def _take_requests(self) -> None:
        while self._requests:
            number, kill = self._requests.popleft()
            run = self._runs.get(number)
            if run is None:
                continue
            if run.begun is None:
                self._waiting.remove(run)
                self._end(run, EndReport(key=run.order.assignment.key, end=RunEnd.STOPPED))
            else:
                (self._executor.kill if kill else self._executor.stop)(run.order.assignment.key)

    def _start(self) -> None:
        if len(self._waiting) > self._executor.num_free():
            self._executor.prepare(len(self._waiting) - self._executor.num_free())
        while self._waiting and self._executor.num_free():
            run = self._waiting.popleft()
            run.begun = self._started = self._clock()
            self._by_key[run.order.assignment.key] = run
            self._executor.start(run.order.assignment)

    def _watch(self) -> None:
        now = self._clock()
        if now < self._watched + _WATCH_S:
            return
        self._watched = now
        for key, run in list(self._by_key.items()):
            run.progress = self._executor.progress(key)
            text = self._executor.printed(key)
            if text:
                self._happen(run, Printed(key=key, text=text))

    def _give_back(self) -> None:
        if not (self._waiting and self._executor.num_parallel()):
            return
        since = self._clock() - LONGEST_WAIT_S
        if self._started > since or self._waiting[0].arrived > since:
            return
        for run in [run for run in self._waiting if run.arrived <= since]:
            self._waiting.remove(run)
            self._end(run, EndReport(key=run.order.assignment.key, end=RunEnd.RETURNED, reason=WAITED))

    # What has happened.

    def _happen(self, run: _RunnerRun, what: CircuitReport | EndReport | Printed, seconds: float = 0.0) -> None:
        result = None if isinstance(what, Printed) else what.result
        self._sequence += 1
        self._log.append(
            Happening(
                sequence=self._sequence,
                number=run.order.number,
                what=what,
                seconds=seconds,
                contents=self._contents(result),
            )
        )

    def _contents(self, result: StoredResult | None) -> tuple[bytes, ...]:
        if result is None or not self._sends_files:
            return ()
        contents = tuple((self._files / name).read_bytes() for name in result.files)
        delete_files(self._files, result.files)
        return contents

    def _end(self, run: _RunnerRun, report: EndReport) -> None:
        self._happen(run, report, 0.0 if run.begun is None else max(1e-6, self._clock() - run.begun))
        del self._runs[run.order.number]
        self._by_key.pop(report.key, None)
        batch = run.batch
        batch.left.discard(run.order.number)
        self._ended[run.order.number] = None
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        if not batch.left:
            self._finish(batch)

    def _finish(self, batch: _Batch) -> None:
        """Let the batch have what happened to its runs; what others tell of is told by :meth:`exchange`."""
        batch.happenings = [each for each in self._log if each.number not in self._runs]
        self._log = [each for each in self._log if each.number in self._runs]
        batch.ended.set()
