"""The two ends of the socket between the service and a child."""

import socket
from collections import deque
from collections.abc import Iterator

from queuebit.worker.messages import Message, MessageReader, encode_message

# More is a page-faulting allocation for each call, and isn't there at once anyway.
_PIECE_BYTES = 64 * 1024


class ServiceEnd:
    """The service's end. It never waits: what the child doesn't take yet is kept, for it may be stopped or stuck."""

    def __init__(self, connection: socket.socket) -> None:
        """Use a connected stream socket, which is made non-blocking."""
        connection.setblocking(False)
        self._socket = connection
        self._reader = MessageReader()
        self._unsent: deque[memoryview] = deque()
        self.at_end = False

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Send a message as far as it goes; :meth:`flush` sends the rest."""
        self._unsent.append(memoryview(encode_message(message)))
        self.flush()

    @property
    def has_unsent(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what the child takes now."""
        try:
            while self._unsent:
                sent = self._socket.send(self._unsent[0])
                self._unsent[0] = self._unsent[0][sent:]
                if not self._unsent[0]:
                    self._unsent.popleft()
        except BlockingIOError:
            pass
        except OSError:  # the child is gone, which its end tells
            self._unsent.clear()

    def receive(self) -> Iterator[Message]:
        """Yield the messages that have arrived, of at most one piece of the stream.

        ``at_end`` tells when no more will come.

        Raises:
            BrokenMessageError: if what came isn't a message.
        """
        try:
            data = self._socket.recv(_PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.at_end = True
        yield from self._reader.feed(data)

    def receive_rest(self) -> Iterator[Message]:
        """Yield everything that a child has sent before its end.

        Raises:
            BrokenMessageError: if what came isn't a message.
        """
        while not self.at_end:
            before = self._reader.received
            yield from self.receive()
            if self._reader.received == before:
                return

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class ChildEnd:
    """The child's end. It waits: a child has nothing else to do, and a service that is stopped holds it up."""

    def __init__(self, connection: socket.socket) -> None:
        """Use a connected stream socket, which is made blocking."""
        connection.setblocking(True)
        self._socket = connection
        self._reader = MessageReader()
        self._arrived: deque[Message] = deque()

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            OSError: if the service is gone.
        """
        self._socket.sendall(encode_message(message))

    def receive(self) -> Message | None:
        """Wait for a message and return it, or None when the service is gone.

        Raises:
            BrokenMessageError: if what came isn't a message.
        """
        while not self._arrived:
            try:
                data = self._socket.recv(_PIECE_BYTES)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self._arrived.extend(self._reader.feed(data))
        return self._arrived.popleft()
