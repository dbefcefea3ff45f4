"""A network between two processes that can fall silent, and break."""

import asyncio
import contextlib
import socket
import struct
import threading

# Closed so, a connection is reset instead of ended in good order.
_RESET = struct.pack("ii", 1, 0)


def free_port() -> int:
    """A port of the loopback interface where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Relay:
    """Passes on what is said over connections with a port of this machine.

    Attributes:
        address: where it listens instead, as Dask writes it.
        port: that address's port.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._loop = asyncio.new_event_loop()
        self._passes = asyncio.Event()
        self._passes.set()
        self._end = asyncio.Event()
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        self._has_begun.wait()
        self.address = f"tcp://127.0.0.1:{self.port}"

    def stall(self) -> None:
        """Pass on nothing more, not even that a side has closed its end; new connections begin, and are silent, too."""
        self._call(self._passes.clear)

    def forget(self) -> None:
        """Fall silent for ever on the connections that there are, and pass on what comes over new ones."""
        self._call(self._begin_anew)

    def cut(self) -> None:
        """Reset all connections, and each new one."""
        self._call(self._reset)

    def go_on(self) -> None:
        """Pass on again: what has been said meanwhile, too, where the connection has lasted."""
        self._call(self._open)

    def close(self) -> None:
        """End the relay."""
        self._call(self._end.set)
        self._thread.join()
        self._loop.close()

    def _call(self, what) -> None:
        """Do something in the relay's thread, and wait for that."""

        async def do():
            what()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    # In its thread.

    def _reset(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            _abort(writer)

    def _begin_anew(self) -> None:
        self._passes.clear()
        self._passes = asyncio.Event()
        self._passes.set()

    def _open(self) -> None:
        self._is_cut = False
        self._passes.set()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._has_begun.set()
        await self._end.wait()
        server.close()
        self._reset()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._is_cut:
            _abort(writer)
        passes = self._passes
        await passes.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _abort(writer)
            return
        self._writers.add(back)
        with contextlib.suppress(asyncio.CancelledError):  # at the relay's end, which asyncio would call an error
            await asyncio.gather(self._pump(reader, back, passes), self._pump(there, writer, passes))
        self._writers -= {writer, back}

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                await passes.wait()
                writer.write(data)
                await writer.drain()
        await passes.wait()
        writer.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
