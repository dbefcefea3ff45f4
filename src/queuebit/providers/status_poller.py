"""Watches jobs that can't tell of their changes: one thread polls the status of all of them."""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from queuebit.providers.jobstatus import JOB_FINAL_STATES, JobStatus

# Guesses: quick enough for local work, and after a while gentle to somebody's server.
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 2.0
_GROWTH = 1.5

_logger = logging.getLogger("queuebit")


class _HasStatus(Protocol):
    def status(self) -> JobStatus: ...


class _Watched(NamedTuple):
    due: float
    order: int
    pause_s: float
    job: _HasStatus
    fn: Callable[[Any], object]


class StatusPoller:
    """Calls back when a job is final, by polling its status less and less often.

    The thread starts with the first job and ends with the last one.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all jobs and the thread, as a forked child must."""
        self._lock = threading.Condition()
        self._heap: list[_Watched] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, job: _HasStatus, fn: Callable[[Any], object]) -> None:
        """Have ``fn(job)`` called once when the job is final, at once if it is already.

        Args:
            job: anything with a ``status()``. If that raises, ``fn`` is called too: whoever waits will meet the
                error when asking the job.
            fn: what to call; what it raises is reported to the ``queuebit`` logger.
        """
        if _is_over(job):
            _call(fn, job)
            return
        with self._lock:
            self._push(job, fn, _FIRST_PAUSE_S)
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll, name="queuebit-status-poller", daemon=True)
                self._thread.start()
            self._lock.notify()

    def _push(self, job: _HasStatus, fn: Callable[[Any], object], pause_s: float) -> None:
        heapq.heappush(self._heap, _Watched(time.monotonic() + pause_s, next(self._order), pause_s, job, fn))

    def _poll(self) -> None:
        while watched := self._next_due():
            if _is_over(watched.job):
                _call(watched.fn, watched.job)
            else:
                with self._lock:
                    self._push(watched.job, watched.fn, min(watched.pause_s * _GROWTH, _LONGEST_PAUSE_S))
            del watched  # an idle thread must not keep the last job alive

    def _next_due(self) -> _Watched | None:
        with self._lock:
            while self._heap:
                wait_s = self._heap[0].due - time.monotonic()
                if wait_s <= 0:
                    return heapq.heappop(self._heap)
                self._lock.wait(wait_s)
            self._thread = None
            return None


def _is_over(job: _HasStatus) -> bool:
    try:
        return job.status() in JOB_FINAL_STATES
    except Exception:
        _logger.debug("status() of %r raised; its watchers are called", job, exc_info=True)
        return True


def _call(fn: Callable[[Any], object], job: object) -> None:
    try:
        fn(job)
    except Exception:
        _logger.exception("a done callback of %r raised", job)


STATUS_POLLER = StatusPoller()

# A forked child has no polling thread and possibly a lock that nobody will release: it starts anew.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=STATUS_POLLER.reset)
