"""How a connection to the database is made."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from queuebit.store.exceptions import StoreUnusableError
from queuebit.store.sqlite.failures import BUSY_TIMEOUT_S

SAFE_SQLITE = (3, 51, 3)
"""Before it, since 3.7.0, a commit could be lost when two processes wrote while the write-ahead log was reset."""

CACHE_KIB = 16_384
"""Pages that the writing connection keeps: the inner pages of all trees for ten million jobs."""

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.00005, 0.002
"""Between two looks at a lock: a commit takes about a quarter of a millisecond. SQLite's own pauses grow to 100 ms."""


def connect(path: Path, *, create: bool = False) -> apsw.Connection:
    """Open the database.

    Args:
        path: the database.
        create: make an empty one if there is none.

    Raises:
        StoreUnusableError: if the SQLite that ``apsw`` uses can lose commits.
        apsw.Error: if it can't be opened.
    """
    _refuse_old_sqlite()
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=200)
    connection.set_busy_handler(patience(BUSY_TIMEOUT_S))
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def connect_to_read(path: Path) -> apsw.Connection:
    """Open the database for reading only.

    Args:
        path: the database, which has to be there.
    """
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def connect_to_write(path: Path) -> apsw.Connection:
    """Open the database so that what is committed is on the disk.

    Args:
        path: the database.
    """
    connection = connect(path)
    make_durable(connection)
    return connection


def make_durable(connection: apsw.Connection) -> None:
    """Let a connection's commits wait for the disk.

    Args:
        connection: the connection.
    """
    connection.execute("PRAGMA synchronous = FULL")
    # On macOS nothing less reaches the disk; elsewhere these change nothing.
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def patience(timeout_s: float) -> Callable[[int], bool]:
    """Return a busy handler that looks often, so that many writers share a store without long gaps.

    Args:
        timeout_s: how long it waits for one lock.
    """
    deadline = 0.0

    def wait(looks: int) -> bool:
        nonlocal deadline
        now = time.monotonic()
        if looks == 0:
            deadline = now + timeout_s
        if now >= deadline:
            return False
        longest = min(LONGEST_PAUSE_S, SHORTEST_PAUSE_S * 2 ** min(looks, 10))
        time.sleep(random.uniform(SHORTEST_PAUSE_S, longest))  # noqa: S311  # so that two don't look in step
        return True

    return wait


def _refuse_old_sqlite() -> None:
    version = apsw.sqlite_lib_version()
    if tuple(int(part) for part in version.split(".")[:3]) < SAFE_SQLITE:
        raise StoreUnusableError(
            f"apsw uses SQLite {version}, which can lose commits; queuebit needs 3.51.3 or newer. "
            "Install apsw from a wheel, which brings its own: pip install --force-reinstall --only-binary apsw apsw"
        )
