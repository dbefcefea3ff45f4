"""The one thread of a process that listens for hints, and looks at the stores for everybody who waits."""

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
import weakref
from abc import ABC, abstractmethod

from queuebit.queue.workers import CHECK_S, Workers
from queuebit.store.exceptions import StoreError
from queuebit.worker.hints import HintListener

_logger = logging.getLogger("queuebit")

# After a look the thread rests for so many times what the look took: with thousands of jobs to look at, it must leave
# the processor to whoever makes them.
_REST = 4
_LONGEST_REST_S = 0.25

# Who has waited for one job will soon wait for the next.
_LINGER_S = 2.0


class Watched(ABC):
    """What the thread looks after: the waits for the jobs of a store.

    Attributes:
        workers: the store's worker services, which send the hints.
    """

    workers: Workers

    @property
    @abstractmethod
    def is_waited_for(self) -> bool:
        """Whether anybody waits."""

    @abstractmethod
    def look(self) -> None:
        """Read the store and wake who can go on; never raises because the store can't be read."""

    @abstractmethod
    def reset(self) -> None:
        """Begin without anybody who waits, as a forked child must."""


class HintThread:
    """Looks when a hint comes, and a second after the last look in any case.

    The thread starts with the first wait of the process. While nobody waits, it sleeps.
    """

    def __init__(self) -> None:
        self._everybody: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._bell: _Bell | None = None
        self.reset()

    def reset(self) -> None:
        """Begin without a thread, as a forked child must."""
        self._lock = threading.Lock()
        self._attended: dict[Watched, float] = {}
        self._subscribed: dict[int, float] = {}
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()
        for watched in list(self._everybody):
            watched.reset()

    def attend(self, watched: Watched, *, look: bool = False) -> None:
        """Look after the waits for a store's jobs from now on, until nobody waits any more.

        Args:
            watched: the waits.
            look: whether to look at once.
        """
        with self._lock:
            is_new = watched not in self._attended
            if is_new:
                self._attended[watched] = 0.0
                self._everybody.add(watched)
            if self._bell is None:
                self._bell = _Bell()
                threading.Thread(target=self._serve, args=(self._bell,), name="queuebit-hints", daemon=True).start()
            elif is_new or look:
                self._bell.ring()

    def _serve(self, bell: "_Bell") -> None:
        try:
            self._listen(bell)
        except Exception:
            # Those who wait look by themselves, less often; the next one starts a new thread.
            _logger.exception("the thread that listens for hints has failed")
            with self._lock:
                self._attended.clear()
                self._bell = None
            bell.close()

    def _listen(self, bell: "_Bell") -> None:
        with HintListener() as listener, selectors.DefaultSelector() as arrivals:
            arrivals.register(listener, selectors.EVENT_READ)
            arrivals.register(bell, selectors.EVENT_READ)
            while True:
                began = time.monotonic()
                pause_s = self._go_round(listener, began)
                took_s = time.monotonic() - began
                time.sleep(min(_REST * took_s, _LONGEST_REST_S))
                arrivals.select(pause_s)
                bell.clear()
                listener.receive()

    def _go_round(self, listener: HintListener, now: float) -> float | None:
        """Look at all stores whose jobs are waited for; returns how long nothing more has to be done, None for ever."""
        with self._lock:
            attended = dict(self._attended)
        for watched, last_s in attended.items():
            if watched.is_waited_for:
                last_s = now
                self._see_to(watched, listener)
            with self._lock:
                self._attended[watched] = last_s
        return self._pause_s(now)

    def _see_to(self, watched: Watched, listener: HintListener) -> None:
        # Without the list of workers there is nobody to ask for hints; the look will say what is wrong.
        with contextlib.suppress(StoreError):
            watched.workers.ensure()
        now = time.monotonic()
        ports = [port for port in watched.workers.ports if now - self._subscribed.get(port, 0.0) > CHECK_S]
        self._subscribed.update(dict.fromkeys(ports, now))
        listener.subscribe(ports)
        watched.look()

    def _pause_s(self, now: float) -> float | None:
        with self._lock:
            for watched, last_s in list(self._attended.items()):
                if now - last_s > _LINGER_S and not watched.is_waited_for:
                    del self._attended[watched]
            return min((watched.workers.backstop_s for watched in self._attended), default=None)


class _Bell:
    """Wakes the thread, however often it is rung meanwhile."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._is_rung = False

    def fileno(self) -> int:
        """Return the descriptor that is readable when the bell has been rung."""
        return self._reader.fileno()

    def ring(self) -> None:
        """Ring."""
        if not self._is_rung:
            self._is_rung = True
            with contextlib.suppress(BlockingIOError):
                self._writer.send(b"!")

    def clear(self) -> None:
        """Be silent again. Who has rung until then is seen to by what follows."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(64):
                pass
        # In this order: who finds it rung and doesn't ring has said before what he wants.
        self._is_rung = False

    def close(self) -> None:
        """Let go of the sockets."""
        self._reader.close()
        self._writer.close()


HINT_THREAD = HintThread()

# A forked child has no such thread, and possibly a lock that nobody will release.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=HINT_THREAD.reset)
