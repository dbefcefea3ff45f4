"""What a child prints, taken from its pipe as it comes."""

import codecs
import os

# So much is kept from the beginning of what comes between two reports, and again from its end. A job that prints a
# gigabyte costs the service no more memory than this.
_KEPT_CHARACTERS = 64 * 1024

# What a pipe holds.
_PIECE_BYTES = 64 * 1024

# A child that prints faster than this program reads must not hold up the others.
_MOST_PIECES = 16


class CapturedOutput:
    """Reads a child's standard output and error from the end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        """Use the reading end of a pipe, which is made non-blocking."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self.at_end = False
        self._begin()

    def _begin(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._head = self._tail = ""
        self._left_out = 0

    def fileno(self) -> int:
        """Return the pipe's descriptor."""
        return self._descriptor

    def read(self) -> None:
        """Take in what is there; of much, a part, but never less than a pipe holds."""
        for _ in range(_MOST_PIECES):
            try:
                data = os.read(self._descriptor, _PIECE_BYTES)
            except BlockingIOError:
                return
            if not data:
                self.at_end = True
                return
            self._keep(self._decoder.decode(data))

    def _keep(self, text: str) -> None:
        room = _KEPT_CHARACTERS - len(self._head)
        self._head += text[:room]
        self._tail += text[room:]
        excess = len(self._tail) - _KEPT_CHARACTERS
        if excess > 0:
            self._left_out += excess
            self._tail = self._tail[excess:]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been printed since the last :meth:`take`."""
        return not self._head

    def take(self) -> str:
        """Return what has been printed since the last call; of too much, the two ends, and how much was left out."""
        note = f"\n[... {self._left_out} characters are left out here ...]\n" if self._left_out else ""
        text = f"{self._head}{note}{self._tail}"
        self._head = self._tail = ""
        self._left_out = 0
        return text

    def take_last(self) -> str:
        """Return what has been printed since the last :meth:`take`; the next run begins anew."""
        text = self.take() + self._decoder.decode(b"", final=True)
        self._begin()
        return text

    def drop(self) -> None:
        """Forget what has been printed so far, which is nobody's; the next run begins anew."""
        self.read()
        self._begin()

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._descriptor)
