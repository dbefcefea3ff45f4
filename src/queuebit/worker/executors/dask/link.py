"""The thread that keeps up a connection with a cluster."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from queuebit.worker.executors.dask.connecting import close, connect
from queuebit.worker.executors.dask.connection import Connection
from queuebit.worker.executors.dask.events import Ask, Batch, Listener
from queuebit.worker.executors.dask.exceptions import ClusterError, UnreachableError
from queuebit.worker.executors.dask.local_cluster import local_cluster
from queuebit.worker.executors.dask.mailbox import Mailbox
from queuebit.worker.executors.dask.members import Member
from queuebit.worker.executors.dask.staging import Staging

_logger = logging.getLogger(__name__)

_CONNECT_S = 10.0

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0

_CLOSE_S = 20.0

# Of so many connections that broke, workers are told to end what they have left.
_MOST_SESSIONS = 20


class Link:
    """Connects with a cluster, again when the connection breaks, and passes on what is to be said and heard.

    Its methods are called in the service's thread, and none but :meth:`close` waits.
    """

    def __init__(
        self,
        address: str,
        files: Path,
        *,
        local_processes: int,
        module_path: Sequence[str],
        mailbox: Mailbox,
        listener: Listener,
    ) -> None:
        """Begin to connect.

        Args:
            address: the scheduler's, or its file's, ``….json``.
            files: the store's folder of array files.
            local_processes: how many workers a cluster on this machine shall have, which is started and ended here; 0
                for none.
            module_path: folders of the user's own modules.
            mailbox: takes what is heard to the service's thread.
            listener: hears it there.
        """
        self._address = address
        self._files = files
        self._local_processes = local_processes
        self._module_path = module_path
        self._mailbox = mailbox
        self._listener = listener
        self._connection: Connection | None = None
        self._sessions: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="queuebit-dask", daemon=True)
        self._thread.start()

    def send(self, batch: Batch) -> None:
        """Give a worker runs.

        Args:
            batch: the runs.
        """
        self._do(lambda connection: connection.send(batch))

    def forget(self, key: str, numbers: Sequence[int]) -> None:
        """Let go of a task whose runs have ended.

        Args:
            key: the task's.
            numbers: its runs.
        """
        self._do(lambda connection: connection.forget(key, numbers))

    def ask(self, member: Member, ask: Ask) -> None:
        """Ask a worker what has happened, and have it end runs.

        Args:
            member: the worker.
            ask: what to do with which.
        """
        self._do(lambda connection: connection.ask(member, ask))

    def _do(self, what: Callable[[Connection], None]) -> None:
        def do() -> None:
            # Without a connection, everything that was in hand has been given back.
            if self._connection is not None:
                what(self._connection)

        self._call(do)

    def close(self) -> None:
        """End all runs and the connection, and wait for that."""
        self._call(self._closing.set)
        self._thread.join(_CLOSE_S)

    def _call(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the thread has ended
            self._loop.call_soon_threadsafe(call)

    # In the thread.

    def _serve(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._until_closed())
        except Exception as error:
            _logger.exception("the connection with the Dask cluster has failed")
            self._post(partial(self._listener.on_failed, ClusterError(f"the Dask cluster can't be used: {error!r}")))

    def _post(self, call: Callable[[], None]) -> None:
        self._mailbox.post(call)

    async def _until_closed(self) -> None:
        serving = asyncio.create_task(self._keep_connected())
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait([serving, closing], return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        serving.cancel()
        for outcome in await asyncio.gather(serving, return_exceptions=True):
            if isinstance(outcome, ClusterError):
                self._post(partial(self._listener.on_failed, outcome))
            elif isinstance(outcome, Exception):
                raise outcome

    async def _keep_connected(self) -> None:
        async with self._cluster() as address:
            pause_s, is_first = _FIRST_PAUSE_S, True
            while True:
                reason, was_connected = await self._connect_once(address, is_first=is_first)
                pause_s = _FIRST_PAUSE_S if was_connected else min(pause_s * 2, _LONGEST_PAUSE_S)
                is_first = False
                what = f"the Dask cluster at {address} is gone: {reason}" if was_connected else reason
                _logger.warning("%s; trying again in %g s", what, pause_s)
                await asyncio.sleep(pause_s)

    async def _connect_once(self, address: str, *, is_first: bool) -> tuple[str, bool]:
        """Serve as long as one connection lasts; return why it ended, and whether there was one."""
        try:
            async with self._connected(address) as connection:
                _logger.info("connected with the Dask cluster at %s", address)
                try:
                    return await connection.serve(must_fit=is_first), True
                finally:
                    self._connection = None
                    reason = f"the connection with the Dask cluster at {address} broke"
                    self._post(partial(self._listener.on_disconnected, reason))
        except UnreachableError as error:
            if is_first:
                raise ClusterError(str(error)) from error
            return str(error), False

    @asynccontextmanager
    async def _connected(self, address: str) -> AsyncIterator[Connection]:
        client = await connect(address, _CONNECT_S)
        try:
            staging = Staging(self._files)
        except OSError as error:
            await asyncio.shield(close(client))
            reason = f"the Dask cluster at {address} can't be used without a folder for its files: {error}"
            raise UnreachableError(reason) from error
        connection = Connection(
            client,
            staging,
            module_path=self._module_path,
            previous=self._sessions[-_MOST_SESSIONS:],
            post=self._post,
            listener=self._listener,
        )
        self._sessions.append(connection.session)
        self._connection = connection
        try:
            yield connection
        finally:
            await asyncio.shield(connection.close())

    @asynccontextmanager
    async def _cluster(self) -> AsyncIterator[str]:
        if not self._local_processes:
            yield self._address
            return
        async with local_cluster(self._local_processes) as address:
            yield address
