"""How a worker service is told to stop: by a signal, or by another thread."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

# What a service manager, Ctrl-C and the end of a terminal send.
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


class StopRequests:
    """Counts the requests to stop; the first is a polite one, the second means at once.

    Attributes:
        count: those that :meth:`read` has counted.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._is_closed = False
        self.count = 0

    def fileno(self) -> int:
        """Return a descriptor that is readable when a request has come."""
        return self._reading

    def add(self) -> None:
        """Ask for a stop; from any thread, and from a signal's handler."""
        if not self._is_closed:
            with contextlib.suppress(BlockingIOError):  # full of requests
                os.write(self._writing, b"s")

    def read(self) -> None:
        """Count what has come."""
        with contextlib.suppress(BlockingIOError):
            self.count += len(os.read(self._reading, 64))

    @contextlib.contextmanager
    def from_signals(self) -> Iterator[None]:
        """Take signals as requests for the time being.

        Those that are ignored stay so, as under ``nohup``. In another thread than the main one there are no signals.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, lambda *_: self.add()) for number in heard}
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            # Inherited from some starters of programs; with it the system doesn't tell how a child ended.
            before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        """Let go of the pipe; later requests are nobody's."""
        self._is_closed = True
        os.close(self._reading)
        os.close(self._writing)
