"""Opening a store: what can't be one is refused before anything is written, and a new one is made."""

import os
import struct
import time
from pathlib import Path

import apsw

from queuebit.store.exceptions import StoreUnusableError
from queuebit.store.failpoints import failpoint
from queuebit.store.sqlite.connecting import connect, make_durable
from queuebit.store.sqlite.failures import BUSY_TIMEOUT_S, store_error
from queuebit.store.sqlite.migrations import migrate, newest, refuse_newer, refuse_stranger, verified_version
from queuebit.store.sqlite.network_file_systems import refuse_network_file_system

MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100
PAUSE_S = 0.002


def open_database(path: Path) -> apsw.Connection:
    """Make sure that a store of the newest version is in a file, and return a connection that writes durably.

    Args:
        path: the database, without symbolic links.

    Raises:
        StoreUnusableError: if it can't be one; the file is left as it is.
        StoreCorruptError: if it is damaged.
    """
    refuse_impossible_path(path)
    refuse_network_file_system(path)
    try:
        _refuse_by_header(path)
        return _opened(path)
    except (apsw.Error, OSError) as error:
        raise store_error(error, path) from error


def refuse_impossible_path(path: Path) -> None:
    """Refuse a path at which no database can be.

    Args:
        path: the path.

    Raises:
        StoreUnusableError: if there is none, or it can't be written.
    """
    folder = path.parent
    if path.is_dir():
        raise StoreUnusableError(f"{path} is a folder; give the path of a file, for example {path / 'queue.db'}")
    if not folder.exists():
        raise StoreUnusableError(
            f"the folder {folder} of the store {path.name} isn't there; make it first: mkdir -p {folder}"
        )
    if not folder.is_dir():
        raise StoreUnusableError(f"{folder} is a file, so {path} can't be a store; give a path in a folder")
    if path.exists() and not path.is_file():
        raise StoreUnusableError(f"{path} is no ordinary file, so it can't be a store; give another path")
    for place in (folder, path):
        if place.exists() and not os.access(place, os.R_OK | os.W_OK | (os.X_OK if place == folder else 0)):
            raise StoreUnusableError(
                f"the store {path} can't be used: you may not read and write {place}; change that with chmod, "
                "or give another path"
            )


def _refuse_by_header(path: Path) -> None:
    """Refuse what the file's first bytes show to be no store, without SQLite: opening it could leave traces."""
    if not path.exists() or Path(f"{path}-journal").exists():
        return  # With a journal, the file may be in the middle of a change that SQLite will undo.
    header = _read_header(path)
    if not header:
        return
    if header[: len(MAGIC)] != MAGIC:
        raise StoreUnusableError(f"{path} is no database; it was left as it is. Give another path")
    if len(header) == HEADER_BYTES:
        user_version, application_id = struct.unpack_from(">I4xI", header, 60)
        refuse_stranger(path, application_id)
        refuse_newer(path, user_version)


def _read_header(path: Path) -> bytes:
    # Through SQLite's file layer: closing a file that was opened otherwise drops the locks that this process has on it.
    file = apsw.VFSFile("", str(path), [apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_MAIN_DB, 0])
    try:
        return file.xRead(min(HEADER_BYTES, path.stat().st_size), 0)
    finally:
        file.xClose()


def _opened(path: Path) -> apsw.Connection:
    connection = connect(path, create=True)
    try:
        # A version that isn't known may be in the write-ahead log alone; until it is, closing must not move the log.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        version = _version(connection, path)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        make_durable(connection)
        if version < newest():
            migrate(connection, path)
        failpoint("create.before_log")
        _keep_a_log(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: apsw.Connection, path: Path) -> int:
    # In one transaction: what another process makes of an empty file meanwhile must be seen as a whole.
    connection.execute("BEGIN")
    try:
        return verified_version(connection, path)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _keep_a_log(connection: apsw.Connection, path: Path) -> None:
    """Turn the write-ahead log on; SQLite doesn't wait for others itself when it does."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while connection.pragma("journal_mode") != "wal":
        try:
            mode = connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)
        else:
            _refuse_without_log(path, mode)


def _refuse_without_log(path: Path, mode: str) -> None:
    if mode != "wal":
        raise StoreUnusableError(
            f"the store {path} can't have a write-ahead log (its mode stays {mode}), because its file system doesn't "
            "let processes share memory; put it on a disk of this machine"
        )
