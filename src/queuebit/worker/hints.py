"""Hints: datagrams on the loopback interface that say "look at the store", and nothing else.

Whoever commits something that others wait for sends a hint to them; they read the store again. The store is the truth:
a hint that is lost costs the time to the next look that happens anyway, and one too many costs a look. So nobody
acknowledges them, and anybody on this machine may send one.

A worker service takes hints at the port of its :class:`WorkerRecord`. It hears there of new jobs and of cancel
requests, and of listeners that want hints themselves: it sends them one after each commit that changes a job.
"""

import atexit
import contextlib
import selectors
import socket
import time
from collections.abc import Iterable
from functools import cache

_ADDRESS = "127.0.0.1"
_LOOK = b"queuebit: look"
_SUBSCRIBE = b"queuebit: subscribe"
_LONGEST = 64

# More than a socket's buffer holds: who never stops sending must not be listened to for ever.
_MOST_AT_ONCE = 1000

SUBSCRIPTION_S = 30.0
"""How long a service remembers a listener that doesn't subscribe again."""


def send_hint(*ports: int) -> None:
    """Tell those who listen at these ports to look at the store; never waits, never fails.

    Args:
        ports: on the loopback interface; 0 is nobody's.
    """
    for port in ports:
        _send(_sender(), _LOOK, port)


@cache
def _sender() -> socket.socket:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setblocking(False)
    atexit.register(sender.close)
    return sender


def _send(sender: socket.socket, datagram: bytes, port: int) -> None:
    if port:
        # Nobody listens, or too fast for the listener: it looks soon in any case.
        with contextlib.suppress(OSError):
            sender.sendto(datagram, (_ADDRESS, port))


class HintListener:
    """Takes hints.

    A waiter that wants them from the worker services subscribes, looks at the store, and waits; and does so again at
    each look, for services come and go::

        with HintListener() as listener:
            while not done():
                listener.subscribe(worker.port for worker in store.workers())
                listener.wait(1.0)

    Attributes:
        port: where it listens, or 0 if the system has no loopback interface; then no hint ever arrives.
    """

    def __init__(self) -> None:
        """Listen at a port of the system's choice."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind((_ADDRESS, 0))
            self.port = int(self._socket.getsockname()[1])
        except OSError:
            self.port = 0
        self._subscribers: dict[int, float] = {}

    def fileno(self) -> int:
        """Return the socket's descriptor, readable when something has arrived."""
        return self._socket.fileno()

    def subscribe(self, ports: Iterable[int]) -> None:
        """Ask worker services for hints.

        One that didn't know this listener yet sends one at once, so that nothing is missed between the last look at the
        store and the subscription.

        Args:
            ports: those of the services.
        """
        for port in ports:
            _send(self._socket, _SUBSCRIBE, port)

    def wait(self, timeout_s: float) -> bool:
        """Wait for a hint.

        Args:
            timeout_s: the longest wait, in seconds.

        Returns:
            Whether one came; all that are there count as one.
        """
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as arrivals:
            arrivals.register(self._socket, selectors.EVENT_READ)
            while not self.receive():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return False
                arrivals.select(left_s)
        return True

    def receive(self) -> bool:
        """Take in what has arrived, without waiting: hints, and other listeners' subscriptions.

        Returns:
            Whether there was a hint among it.
        """
        hinted = False
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram, (_, port) = self._socket.recvfrom(_LONGEST)
            except OSError:  # nothing more; or the system tells that an earlier datagram didn't arrive
                return hinted
            if datagram == _LOOK:
                hinted = True
            elif datagram == _SUBSCRIBE:
                self._take_in(port)
        return hinted

    def _take_in(self, port: int) -> None:
        known = port in self._subscribers
        self._subscribers[port] = time.monotonic() + SUBSCRIPTION_S
        if not known:
            _send(self._socket, _LOOK, port)

    def hint_subscribers(self) -> None:
        """Tell all that have subscribed here to look at the store."""
        now = time.monotonic()
        for port, until in list(self._subscribers.items()):
            if until < now:
                del self._subscribers[port]
            else:
                _send(self._socket, _LOOK, port)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def __enter__(self) -> "HintListener":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
