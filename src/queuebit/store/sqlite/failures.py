"""What SQLite says, said so that people know what to do."""

import errno
from pathlib import Path

import apsw

from queuebit.store.exceptions import StoreCorruptError, StoreError, StoreUnusableError

BUSY_TIMEOUT_S = 60.0
"""How long a write waits for another process's. One takes milliseconds; this is a guess at what only a hang needs."""

DAMAGED = (apsw.CorruptError, apsw.NotADBError)
BROKEN_CONNECTION = (*DAMAGED, apsw.IOError, apsw.FullError, apsw.InternalError, apsw.MisuseError, OSError)
"""After these a connection is given up, and the next write opens another."""


def store_error(error: Exception, path: Path) -> Exception:
    """Return the exception of ours for one of SQLite's, or the exception itself if it is no matter of the database.

    Args:
        error: what was raised.
        path: the database.
    """
    if isinstance(error, OSError):
        return StoreError(_input_output(error, path))
    if not isinstance(error, apsw.Error):
        return error
    if isinstance(error, DAMAGED):
        return damaged(path, str(error))
    if _code(error) == apsw.SQLITE_IOERR_SHORT_READ:
        return damaged(path, "its database or the log beside that is shorter than it was")
    if isinstance(error, apsw.SQLError) and str(error).startswith("no such table"):
        return damaged(path, f"it is emptied, or cut off: {error}")
    if isinstance(error, (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.AuthError)):
        return StoreUnusableError(f"the store {path} can't be opened for writing: {error}; {_who_may_write(path)}")
    return StoreError(_sentence(error, path))


def damaged(path: Path, what: str) -> StoreCorruptError:
    """Return the error for a damaged store.

    Args:
        path: the database.
        what: what is wrong with it.
    """
    return StoreCorruptError(f"the store {path} is damaged: {what}; run: queuebit doctor --store {path}")


def _code(error: apsw.Error) -> int:
    return int(getattr(error, "extendedresult", 0))  # not there in what SQLite itself didn't raise


def _sentence(error: apsw.Error, path: Path) -> str:
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return (
            f"another process has been writing to the store {path} for more than {BUSY_TIMEOUT_S:g} s; "
            "look for one that is stopped or hangs"
        )
    # The index of the log, which every process needs, can't be made on a full disk.
    if isinstance(error, apsw.FullError) or _code(error) == apsw.SQLITE_IOERR_SHMSIZE:
        return _full(path)
    if isinstance(error, apsw.IOError):
        return f"the store {path} can't be read or written: {error}; nothing of this was stored. Check the disk"
    if isinstance(error, apsw.TooBigError):
        return f"one value is too large for the store {path} ({error}); SQLite keeps up to 1,000,000,000 bytes in one"
    return f"the store {path} refused this: {error}"


def _input_output(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(path)
    return f"the store {path} can't be read or written: {error}; nothing of this was stored. Check the disk"


def _full(path: Path) -> str:
    return f"there is no space left for the store {path}; nothing of this was stored. Make room, and do it again"


def _who_may_write(path: Path) -> str:
    return f"{path} and its folder must be there and be writable for you"
