"""What the cluster's thread tells the service's: calls that are made when the service's selector has waked."""

import contextlib
import socket
from collections import deque
from collections.abc import Callable


class Mailbox:
    """Calls on their way to the thread that waits for them."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._read_end, self._write_end = socket.socketpair()
        for end in (self._read_end, self._write_end):
            end.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor that is readable when there is something to do."""
        return self._read_end.fileno()

    def post(self, call: Callable[[], None]) -> None:
        """Have the other thread make a call.

        Args:
            call: the call.
        """
        self._calls.append(call)
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: nobody is there any more
            self._write_end.send(b"c")

    def read(self) -> None:
        """Make the calls that have arrived."""
        with contextlib.suppress(BlockingIOError):
            while self._read_end.recv(4096):
                pass
        while self._calls:
            self._calls.popleft()()

    def close(self) -> None:
        """Let go of the descriptors; what is posted from now on is dropped."""
        self._read_end.close()
        self._write_end.close()
