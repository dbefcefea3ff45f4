"""The lock that keeps two programs from each starting a service for the same store.

A service that was started by a program holds it as long as it serves. The system lets go of it when the service ends,
however it ends.
"""

import os
from pathlib import Path


class StartLock:
    """A lock on a file beside the store."""

    def __init__(self, store_path: Path) -> None:
        """Open the lock, without taking it.

        Args:
            store_path: the store's database.

        Raises:
            OSError: if the file can't be made.
        """
        path = store_path.with_name(f"{store_path.name}.worker.lock")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def take(self) -> bool:
        """Take the lock if nobody has it, and return whether it is taken now."""
        # Here and below, so that this can be imported on Windows, where there is no such module.
        import fcntl

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        """Let others take it."""
        import fcntl

        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back and close the file."""
        os.close(self._descriptor)
