"""The one thread of a process that writes: what waits together is committed together.

A write is acknowledged after its commit. While one commit waits for the disk, further writes gather; they share the
next. A write that comes alone waits for nobody. The thread is not the caller's, so that an interrupt of the caller
never breaks off a transaction.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import apsw

from queuebit.store.clock import Clock
from queuebit.store.exceptions import StoreError, StoreUnusableError
from queuebit.store.failpoints import failpoint
from queuebit.store.sqlite.connecting import connect_to_write
from queuebit.store.sqlite.database_file import DatabaseFile
from queuebit.store.sqlite.failures import BROKEN_CONNECTION, store_error
from queuebit.store.sqlite.migrations import newest
from queuebit.store.sqlite.transaction import Transaction

Returned = TypeVar("Returned")
Work = Callable[[Transaction], Returned]

GROUP_LIMIT = 256
"""Writes of one commit at most, so that none waits long for the others: at 50 us each, 13 ms."""

CHECKPOINT_PAGES = 4000
"""Pages in the write-ahead log at which they are moved to the database: 16 MB.

With SQLite's 1000, the slowest of 100 submissions took 0.8 to 2.4 ms, with this 0.6; more was no better."""


class Request(Generic[Returned]):
    """A write that somebody waits for.

    Attributes:
        name: which operation it is.
        work: does it; may be called more than once, in transactions of which one is committed.
        withdrawn: nobody waits any more.
    """

    def __init__(self, name: str, work: Work[Returned]) -> None:
        """Make a request.

        Args:
            name: which operation it is.
            work: does it.
        """
        self.name, self.work = name, work
        self.withdrawn = False
        self._returned: Returned | None = None
        self._error: Exception | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def wait(self) -> Returned:
        """Wait for the commit, and return what the work has.

        Raises:
            Exception: what the work or the commit raised; then nothing was stored.
        """
        try:
            self._done.acquire()
        except BaseException:
            # Interrupted: what hasn't begun shall not happen. What has begun is committed as a whole, or not at all.
            self.withdrawn = True
            raise
        if self._error is not None:
            raise self._error
        return cast(Returned, self._returned)

    def succeed(self, returned: Returned) -> None:
        """Let the caller go on: it is on the disk.

        Args:
            returned: what the work returned.
        """
        self._returned = returned
        self._done.release()

    def fail(self, error: Exception) -> None:
        """Let the caller go on with an error: nothing was stored.

        Args:
            error: why.
        """
        self._error = error
        self._done.release()


class GroupWriter:
    """Commits writes in groups."""

    def __init__(self, file: DatabaseFile, connection: apsw.Connection, clock: Clock) -> None:
        """Make a writer; its thread starts with the first write.

        Args:
            file: the database.
            connection: a connection to it whose commits are durable; the writer's from now on.
            clock: where the times of events come from.
        """
        self._file, self._path, self._clock = file, file.path, clock
        self._connection: apsw.Connection | None = connection
        connection.set_wal_hook(self._note_log)
        self._pages_in_log = 0
        self._closed = False
        self._thread: threading.Thread | None = None
        self._restart()

    def write(self, name: str, work: Work[Returned]) -> Returned:
        """Do a write, and return when it is on the disk.

        Args:
            name: which operation it is.
            work: does it.

        Returns:
            What the work has returned.

        Raises:
            StoreError: if it can't be stored.
            Exception: what the work raised; then nothing was stored.
        """
        request = Request(name, work)
        with self._gate:
            if self._closed:
                raise StoreError(f"the store {self._path} is closed; open it again")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="queuebit-store-writer", daemon=True)
                self._thread.start()
            self._inbox.put(request)
        return request.wait()

    def close(self) -> None:
        """End the thread after what has been asked for; it closes the connection."""
        with self._gate:
            self._closed = True
            thread, self._thread = self._thread, None
            self._inbox.put(None)
        # A store that nobody holds may be closed by the garbage collector, on any thread, this one too.
        if thread is None:
            self._let_go()
        elif thread is not threading.current_thread():
            thread.join()

    def pause(self) -> None:
        """Close the connection until :meth:`resume`: a fork must not copy one. What is asked for meanwhile waits."""
        self._gate.acquire()
        self._turn.acquire()
        self._let_go()

    def resume(self, *, in_child: bool) -> None:
        """Go on after a fork.

        Args:
            in_child: whether this is the new process, in which the thread isn't there.
        """
        if in_child:
            self._restart()
        else:
            self._turn.release()
            self._gate.release()

    def _restart(self) -> None:
        self._gate = threading.Lock()
        self._turn = threading.Lock()
        self._inbox: queue.SimpleQueue[Request[Any] | None] = queue.SimpleQueue()
        self._thread = None

    def _serve(self) -> None:
        inbox, turn = self._inbox, self._turn
        while (group := _next_group(inbox)) is not None:
            with turn:
                self._commit([request for request in group if not request.withdrawn])
                # After the acknowledgement, so that nobody waits for it.
                self._move_log_to_database()
            del group
        self._let_go()

    def _commit(self, group: list[Request[Any]]) -> None:
        """Commit a group; one that fails is taken apart, so that each request fails for its own reasons only."""
        try:
            returned = self._transact(group)
        except Exception as error:
            self._give_up_connection_after(error)
            if len(group) > 1 and not isinstance(error, apsw.BusyError):
                for request in group:
                    self._commit([request])
            else:
                for request in group:
                    request.fail(self._for_caller(error))
        else:
            for request, value in zip(group, returned, strict=True):
                self._acknowledge(request, value)

    def _acknowledge(self, request: Request[Any], returned: Any) -> None:
        try:
            failpoint(f"{request.name}.after_commit")
        except Exception as error:
            request.fail(self._for_caller(error))
        else:
            request.succeed(returned)

    def _transact(self, group: list[Request[Any]]) -> list[Any]:
        if not group:
            return []
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._file.require()
            self._refuse_other_schema(connection)
            transaction = Transaction(connection, self._clock)
            returned = [request.work(transaction) for request in group]
            transaction.write_index()
            for request in group:
                failpoint(f"{request.name}.before_commit")
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        return returned

    def _refuse_other_schema(self, connection: apsw.Connection) -> None:
        version = connection.pragma("user_version")
        if version != newest():
            raise StoreUnusableError(
                f"the store {self._path} was changed to version {version} by another release of queuebit while this "
                f"process had it open with version {newest()}; start this process again with that release"
            )

    def _connected(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = connect_to_write(self._path)
            self._connection.set_wal_hook(self._note_log)
        return self._connection

    def _note_log(self, connection: apsw.Connection, database: str, pages: int) -> int:
        self._pages_in_log = pages
        return apsw.SQLITE_OK

    def _move_log_to_database(self) -> None:
        if self._pages_in_log < CHECKPOINT_PAGES or self._connection is None:
            return
        self._pages_in_log = 0
        # What can't be moved now, because somebody reads or the disk is full, is moved later: it is safe in the log.
        with contextlib.suppress(apsw.Error, OSError):
            failpoint("checkpoint.before")
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _give_up_connection_after(self, error: Exception) -> None:
        if isinstance(error, BROKEN_CONNECTION):
            self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(apsw.Error):
                connection.close()

    def _for_caller(self, error: Exception) -> Exception:
        ours = store_error(error, self._path)
        if ours is not error:
            ours.__cause__ = error
        return ours


def _next_group(inbox: "queue.SimpleQueue[Request[Any] | None]") -> list[Request[Any]] | None:
    """Return all that waits, once something does; None when the writer is closed and nothing is left."""
    request = inbox.get()
    group: list[Request[Any]] = []
    while request is not None:
        group.append(request)
        if len(group) == GROUP_LIMIT:
            return group
        try:
            request = inbox.get_nowait()
        except queue.Empty:
            return group
    if group:
        inbox.put(None)
    return group or None


def _roll_back(connection: apsw.Connection) -> None:
    # After some errors SQLite has rolled back already; and where it can't, the connection is given up.
    with contextlib.suppress(apsw.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
