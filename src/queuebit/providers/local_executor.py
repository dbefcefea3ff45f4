"""The threads that run jobs in memory: as many as the machine has cores for, shared by all backends."""

import atexit
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

# How long the interpreter waits at its end for cancelled work to notice. A guess: longer than the 100 ms that an
# engine may take, short enough not to look like hanging.
_EXIT_GRACE_S = 2.0


class Runnable(Protocol):
    """What the executor runs."""

    def execute(self) -> None:
        """Run to the end; never raises."""

    def cancel(self) -> bool:
        """Stop, or never start; True if it wasn't over already."""

    def abandon(self) -> None:
        """End in a forked child, where no thread will ever run it; tells nobody."""

    def silence(self) -> None:
        """Tell nobody of the end any more."""


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalExecutor:
    """Runs work on at most ``max_threads`` daemon threads, first come, first served.

    Unlike ``concurrent.futures.ThreadPoolExecutor`` it doesn't make the interpreter wait for the work at exit.
    """

    def __init__(self, max_threads: int | None = None) -> None:
        """Create the executor; threads start when there is work.

        Args:
            max_threads: the most threads to use, 1 or more; by default the number of available cores.
        """
        self._max_threads = max_threads or available_cores()
        self.reset()

    def reset(self) -> None:
        """Start anew without threads, as a forked child must; unfinished work is abandoned."""
        self._changed = threading.Condition()
        self._waiting: deque[Runnable] = deque()
        self._threads = 0
        self._idle = 0
        self._lent = 0
        self._serving = threading.local()
        unfinished = list(getattr(self, "_unfinished", ()))
        self._unfinished: weakref.WeakSet[Runnable] = weakref.WeakSet()
        for work in unfinished:
            work.abandon()

    def submit(self, work: Runnable) -> None:
        """Have the work executed by a thread of the pool."""
        with self._changed:
            self._waiting.append(work)
            self._unfinished.add(work)
        try:
            self._find_thread()
        except RuntimeError:
            # The system gives no more threads. The work waits for one that there is; without any it can't run.
            if self._threads == 0:
                self.forget(work)
                raise

    def has_room(self) -> bool:
        """Tell whether work that is submitted now would start at once."""
        busy = self._threads - self._idle
        return not self._waiting and busy < self._max_threads + self._lent

    def _find_thread(self) -> None:
        """Wake an idle thread for what waits, or start one if there may be one more."""
        with self._changed:
            if len(self._waiting) <= self._idle:
                self._changed.notify()
                return
            if self._threads >= self._max_threads + self._lent:
                return
            self._threads += 1
            number = self._threads
        try:
            threading.Thread(target=self._serve, name=f"queuebit-local-{number}", daemon=True).start()
        except RuntimeError:
            with self._changed:
                self._threads -= 1
            raise

    @contextmanager
    def waiting_for_others(self) -> Iterator[None]:
        """Lend the place of the calling thread to another while it waits for work that may need one.

        Work that waits for other work, and done callbacks that do, would otherwise hold all places and wait for ever.
        Does nothing on a thread that isn't the executor's.
        """
        if not getattr(self._serving, "here", False):
            yield
            return
        with self._changed:
            self._lent += 1
        try:
            self._find_thread()
            yield
        finally:
            with self._changed:
                self._lent -= 1
                self._changed.notify()

    def forget(self, work: Runnable) -> None:
        """Drop work that will not be executed any more, so that nothing keeps it alive."""
        with self._changed:
            if work in self._waiting:
                self._waiting.remove(work)
                self._unfinished.discard(work)

    def _serve(self) -> None:
        self._serving.here = True
        while (work := self._next()) is not None:
            work.execute()
            with self._changed:
                self._unfinished.discard(work)
                self._changed.notify_all()
            del work  # an idle thread must not keep the last job's circuits alive

    def _next(self) -> Runnable | None:
        """Wait for work; None when the thread is one too many, because a lent place was given back."""
        with self._changed:
            self._idle += 1
            while not self._waiting and self._threads <= self._max_threads + self._lent:
                self._changed.wait()
            self._idle -= 1
            if self._waiting:
                return self._waiting.popleft()
            self._threads -= 1
            return None

    def cancel_all(self, grace_s: float) -> int:
        """Cancel everything and wait until the threads have noticed.

        Args:
            grace_s: how long to wait at most, in seconds.

        Returns:
            How many pieces of work were cancelled.
        """
        with self._changed:
            unfinished = list(self._unfinished)
        for work in unfinished:
            # A done callback may take any time, and nobody is left to profit from it.
            work.silence()
        cancelled = sum(work.cancel() for work in unfinished)
        deadline = time.monotonic() + grace_s
        with self._changed:
            while self._unfinished and (left_s := deadline - time.monotonic()) > 0:
                self._changed.wait(left_s)
        return cancelled


LOCAL_EXECUTOR = LocalExecutor()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOCAL_EXECUTOR.reset)


@atexit.register
def _cancel_at_exit() -> None:
    cancelled = LOCAL_EXECUTOR.cancel_all(_EXIT_GRACE_S)
    if cancelled:
        jobs = "1 job that was" if cancelled == 1 else f"{cancelled} jobs that were"
        print(
            f"queuebit: cancelled {jobs} still running at exit; call result() before the end to keep the work.",
            file=sys.stderr,
        )
