"""Watching where nothing can be live: one line per status, as a log wants it."""

from typing import TextIO

from queuebit.monitor.snapshot import Snapshot


class LineDisplay:
    """Writes a line whenever the status is another one.

    Args:
        stream: where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._status = ""

    def show(self, snapshot: Snapshot) -> None:
        """Write the snapshot if its status is new."""
        if snapshot.status != self._status:
            self._status = snapshot.status
            self._write(snapshot.line())

    def close(self, last_line: str) -> None:
        """Write the last line."""
        self._write(last_line)

    def _write(self, line: str) -> None:
        # A log in ASCII or Latin-1 must not stop the watching because a message has another character.
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        print(line.encode(encoding, "backslashreplace").decode(encoding), file=self._stream, flush=True)
