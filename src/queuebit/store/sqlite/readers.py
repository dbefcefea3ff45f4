"""Connections for reading: each thread that reads has one for as long as it does, with its own view of the database."""

import contextlib
import threading
from collections.abc import Iterator

import apsw

from queuebit.store.exceptions import StoreError
from queuebit.store.sqlite.connecting import connect_to_read
from queuebit.store.sqlite.database_file import DatabaseFile
from queuebit.store.sqlite.failures import DAMAGED, store_error


class Readers:
    """Lends connections, and makes as many as are needed at once."""

    def __init__(self, file: DatabaseFile) -> None:
        """Make an empty stock.

        Args:
            file: the database.
        """
        self._file, self._path = file, file.path
        self._closed = False
        self._restart()

    @contextlib.contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """Lend a connection; each statement sees the database as it is when it begins.

        Raises:
            StoreError: if the store is closed or can't be read.
        """
        self._file.require()
        connection = self._borrow()
        keep = False
        try:
            yield connection
            keep = True
        except (apsw.Error, OSError) as error:
            keep = not isinstance(error, (apsw.IOError, *DAMAGED))
            raise store_error(error, self._path) from error
        except Exception:
            keep = True
            raise
        finally:
            self._give_back(connection, keep=keep)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """Lend a connection; all statements see the database as it is at the first."""
        with self.connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close all connections; those that are lent, when they come back."""
        with self._changed:
            self._closed = True
            self._close_idle()

    def pause(self) -> None:
        """Wait until nobody reads, and close all connections until :meth:`resume`: a fork must not copy one."""
        self._changed.acquire()
        while self._lent:
            self._changed.wait()
        self._close_idle()

    def resume(self, *, in_child: bool) -> None:
        """Go on after a fork.

        Args:
            in_child: whether this is the new process.
        """
        if in_child:
            self._restart()
        else:
            self._changed.release()

    def _restart(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._idle: list[apsw.Connection] = []
        self._lent = 0

    def _borrow(self) -> apsw.Connection:
        with self._changed:
            if self._closed:
                raise StoreError(f"the store {self._path} is closed; open it again")
            self._lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            return connect_to_read(self._path)
        except BaseException as error:
            self._count_back()
            if isinstance(error, Exception):
                raise store_error(error, self._path) from error
            raise

    def _give_back(self, connection: apsw.Connection, *, keep: bool) -> None:
        with self._changed:
            if keep and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
        self._count_back()

    def _count_back(self) -> None:
        with self._changed:
            self._lent -= 1
            self._changed.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()
