"""Waiting for the jobs of a store: one query tells of all of them."""

import contextlib
import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator

from queuebit.providers.job import LONGEST_BLOCK_S
from queuebit.providers.local_executor import LOCAL_EXECUTOR
from queuebit.queue.hint_thread import HINT_THREAD, Watched
from queuebit.queue.known_job import KnownJob, Wake, Waker
from queuebit.queue.workers import CHECK_S, Workers
from queuebit.store.exceptions import StoreError, UnknownJobError
from queuebit.store.records import JobRecord
from queuebit.store.store import JobStore

GLANCE = 256
"""How many unfinished jobs a look asks for though nobody waits for them yet: whoever waits for jobs one after another
finds the next ones known. 100 us for all of them together."""


class JobWatch(Watched):
    """Knows the unfinished jobs that this process has handles of, and wakes who waits for them."""

    def __init__(self, store: JobStore, workers: Workers) -> None:
        """Watch a store.

        Args:
            store: the store.
            workers: its worker services.
        """
        self._store = store
        self.workers = workers
        self._unfinished: weakref.WeakValueDictionary[str, KnownJob] = weakref.WeakValueDictionary()
        self._waited: dict[str, KnownJob] = {}
        self._looked = 0.0
        self.reset()

    def reset(self) -> None:
        """Begin without anybody who waits, as a forked child must: they wait in the parent."""
        self._lock = threading.Lock()
        for known in self._waited.values():
            known.wakers = []
        self._waited = {}
        self.workers.reset()

    # What is known.

    def known(self, record: JobRecord) -> KnownJob:
        """Return what all handles of a job share.

        Args:
            record: the job as it was just read.
        """
        with self._lock:
            known = self._unfinished.get(record.job_id)
            if known is None:
                known = KnownJob(record)
                if not record.is_final:
                    self._unfinished[record.job_id] = known
                return known
        self.learn(known, record)
        return known

    def learn(self, known: KnownJob, record: JobRecord) -> None:
        """Take in what was read of a job, and wake who waited for it.

        Args:
            known: the job.
            record: what was read.
        """
        with self._lock:
            woken = self._learn(known, record)
        _wake(woken, None)

    def _learn(self, known: KnownJob, record: JobRecord) -> list[Waker]:
        woken = known.learn(record)
        if known.record.is_final:
            self._unfinished.pop(record.job_id, None)
        if not known.wakers:
            self._waited.pop(record.job_id, None)
        return woken

    # Looking.

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waited)

    def look(self) -> None:
        """See in one query what has become of the jobs that somebody waits for; wakes who can go on."""
        with self._lock:
            asked = dict(self._waited)
        if not asked:
            return
        try:
            self._look(asked)
        except StoreError as error:
            self._give_up(error)

    def _look(self, asked: dict[str, KnownJob]) -> None:
        with self._lock:
            for job_id, known in itertools.islice(self._unfinished.items(), max(0, GLANCE - len(asked))):
                asked.setdefault(job_id, known)
            states = {job_id: known.record.state for job_id, known in asked.items()}
        changed = self._store.changed(states)
        self._looked = time.monotonic()
        with self._lock:
            found = [(asked[job_id], record) for job_id, record in changed.items()]
            woken = [waker for known, record in found if record for waker in self._learn(known, record)]
            gone = {known.record.job_id: self._drop(known) for known, record in found if record is None}
        _wake(woken, None)
        for job_id, wakers in gone.items():
            _wake(wakers, UnknownJobError(f"there is no job {job_id} any more: it has been deleted"))

    def _drop(self, known: KnownJob) -> list[Waker]:
        self._unfinished.pop(known.record.job_id, None)
        self._waited.pop(known.record.job_id, None)
        return known.take_wakers(final=True)

    def _give_up(self, error: StoreError) -> None:
        """Wake everybody, for nothing more can be learned."""
        with self._lock:
            woken = [waker for known in self._waited.values() for waker in known.take_wakers(final=True)]
            self._waited = {}
        _wake(woken, error)

    # Waiting.

    def wait(self, known: KnownJob, is_over: Callable[[], bool], timeout_s: float, *, when_final: bool) -> bool:
        """Wait until something has become true of a job.

        Args:
            known: the job.
            is_over: whether it is true; asked after each change.
            timeout_s: the longest wait.
            when_final: whether only the job's end can make it true.

        Returns:
            Whether it is true.

        Raises:
            StoreError: if the store can't be read, or the job has been deleted.
        """
        deadline = time.monotonic() + timeout_s
        pause = _Pause()
        while not is_over():
            with self._waking(known, pause.end, when_final=when_final), LOCAL_EXECUTOR.waiting_for_others():
                self._look({known.record.job_id: known})
                while not (is_over() or pause.is_over(deadline)):
                    # The thread that looks after all waits does this; should it not, everybody does for himself.
                    if time.monotonic() - self._looked > 2 * CHECK_S:
                        self._look({known.record.job_id: known})
            pause.raise_error()
            if time.monotonic() >= deadline:
                return is_over()
        return True

    def call_when_final(self, known: KnownJob, wake: Wake) -> None:
        """Have somebody woken once when a job is final, at once if it is already.

        Args:
            known: the job.
            wake: called on any thread; returns at once.
        """
        if known.record.is_final or not self._add(known, Waker(wake, when_final=True)):
            wake(None)
            return
        HINT_THREAD.attend(self, look=True)

    @contextlib.contextmanager
    def _waking(self, known: KnownJob, wake: Wake, *, when_final: bool) -> Iterator[None]:
        waker = Waker(wake, when_final)
        if self._add(known, waker):
            HINT_THREAD.attend(self)
        try:
            yield
        finally:
            with self._lock:
                if waker in known.wakers:
                    known.wakers.remove(waker)
                if not known.wakers:
                    self._waited.pop(known.record.job_id, None)

    def _add(self, known: KnownJob, waker: Waker) -> bool:
        """Add somebody who waits; False if the job is final and there is nothing to wait for."""
        with self._lock:
            if known.record.is_final:
                return False
            known.wakers.append(waker)
            self._waited[known.record.job_id] = known
            return True


class _Pause:
    """What a thread that waits for a change sleeps on."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._error: StoreError | None = None

    def end(self, error: StoreError | None) -> None:
        """Let the thread go on."""
        self._error = error
        self._ended.set()

    def is_over(self, deadline: float) -> bool:
        """Sleep for a moment; returns whether the pause was ended, or the deadline is there."""
        left_s = deadline - time.monotonic()
        if self._ended.wait(max(0.0, min(left_s, LONGEST_BLOCK_S))):
            self._ended.clear()
            return True
        return left_s <= LONGEST_BLOCK_S

    def raise_error(self) -> None:
        """Raise what kept the store from being read, if something did."""
        if self._error is not None:
            raise self._error


def _wake(wakers: Iterable[Waker], error: StoreError | None) -> None:
    for waker in wakers:
        waker.wake(error)
