"""Which file a store has opened: one that was deleted or replaced meanwhile would swallow what is written to it."""

from pathlib import Path

from queuebit.store.exceptions import StoreUnusableError


class DatabaseFile:
    """The file of a database, as it was when it was opened.

    Attributes:
        path: where it was.
    """

    def __init__(self, path: Path) -> None:
        """Remember a file.

        Args:
            path: the database, which is there.
        """
        self.path = path
        self._identity = _identity(path)

    def require(self) -> None:
        """Refuse to go on when another file, or none, is where the database was: connections still hold the old one.

        Raises:
            StoreUnusableError: if the file was deleted, moved or replaced.
        """
        if _identity(self.path) != self._identity:
            raise StoreUnusableError(
                f"the store {self.path} was deleted, moved or replaced while this process had it open; nothing of this "
                "was stored. Put it back, or close it and open it again"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
