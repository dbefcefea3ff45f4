"""One child, as the service sees it: a process, a socket, a lifeline, a pipe of what it prints, and a control block."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from queuebit.worker.channel import ServiceEnd
from queuebit.worker.child import CANCEL
from queuebit.worker.control_block import ControlBlock
from queuebit.worker.executors.captured_output import CapturedOutput
from queuebit.worker.messages import Message

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# Dask sets the first, so that its workers' memory shrinks at once; a cluster of our own sets both. With either, a
# simulator is given new pages for each state: of circuits of 18 qubits, that takes a quarter of the time.
_MALLOC_VARIABLES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")

# macOS counts in bytes.
_PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """How a child ended, and what it used from its beginning.

    Attributes:
        exit_code: its exit code, or the negative number of the signal that ended it.
        cpu_s: processor seconds.
        peak_memory_bytes: the most resident memory.
    """

    exit_code: int
    cpu_s: float
    peak_memory_bytes: int

    @property
    def reason(self) -> str:
        """How it ended, for people."""
        if self.exit_code >= 0:
            return f"its process ended with exit code {self.exit_code}"
        try:
            name = signal.Signals(-self.exit_code).name
        except ValueError:
            name = f"signal {-self.exit_code}"
        perhaps = ", perhaps because the machine had no memory left" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{perhaps}"


class ChildProcess:
    """Starts a child and holds its ends.

    Attributes:
        pid: its process.
        threads: how many threads libraries in it use.
        channel: the service's end of the socket.
        output: what it prints.
        block: the memory shared with it.
    """

    def __init__(self, files: Path, *, threads: int, module_path: Sequence[str] = ()) -> None:
        """Start the child.

        Args:
            files: the folder where it writes results' arrays.
            threads: for libraries that take their number of threads from the environment.
            module_path: folders of the user's own modules.

        Raises:
            OSError: if the system gives no more processes or descriptors.
        """
        self.threads = threads
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            here, there = socket.socketpair()
            ours.enter_context(here)
            theirs.enter_context(there)
            lifeline, self._lifeline = os.pipe()
            theirs.callback(os.close, lifeline)
            ours.callback(os.close, self._lifeline)
            printed, printing = os.pipe()
            theirs.callback(os.close, printing)
            ours.callback(os.close, printed)
            block = ControlBlock.new_descriptor()
            theirs.callback(os.close, block)
            self.block = ControlBlock(block)
            descriptors = [there.fileno(), lifeline, block]
            arguments = [*map(str, descriptors), str(os.getpid()), str(files), *module_path]
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "queuebit.worker.child", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=printing,
                stderr=printing,
                pass_fds=descriptors,
                env=_environment(threads),
                start_new_session=True,
            )
            ours.pop_all()
        os.set_blocking(self._lifeline, False)
        self.pid = self._process.pid
        self.channel = ServiceEnd(here)
        self.output = CapturedOutput(printed)
        self._end_descriptor = _end_descriptor(self.pid)
        self._memory: psutil.Process | None = None

    @property
    def end_descriptor(self) -> int | None:
        """A descriptor that is readable when the process has ended; None where the system has no such thing."""
        return self._end_descriptor

    def request_cancel(self) -> None:
        """Ask the run that the child has now to stop."""
        self.block.cancel()
        # A pipe that is full of requests, or has nobody at its other end, needs no more of them.
        with contextlib.suppress(OSError):
            os.write(self._lifeline, CANCEL)

    def memory_bytes(self) -> int:
        """Return the process's resident memory now; 0 when it has ended."""
        try:
            self._memory = self._memory or psutil.Process(self.pid)
            return int(self._memory.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    def kill(self) -> None:
        """End the process, and all that it has started and that is still in its session's first group."""
        if self._process.returncode is not None:
            return
        # Before it has begun its session there is no such group yet; dead, it leads its group until it is awaited.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)

    def death(self) -> Death | None:
        """Return how the process ended, once; None while it lives."""
        if self._process.returncode is not None:
            return None
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return None
        # What it has started has nobody to work for. Its number isn't another group's while one of them lives.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Death(
            exit_code=self._process.returncode,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=usage.ru_maxrss * _PEAK_UNIT_BYTES,
        )

    def last_words(self) -> Iterator[Message]:
        """Take in all that a dead child has left in its socket and its pipe, and yield the messages.

        Raises:
            BrokenMessageError: if something there isn't a message.
        """
        self.output.read()
        yield from self.channel.receive_rest()

    def await_death(self) -> None:
        """End the process and wait until it has ended."""
        self.kill()
        self._process.wait()

    def close(self) -> None:
        """Let go of everything; a child that lives ends by that."""
        self.channel.close()
        self.output.close()
        os.close(self._lifeline)
        if self._end_descriptor is not None:
            os.close(self._end_descriptor)


def _environment(threads: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _MALLOC_VARIABLES}
    return {**inherited, **dict.fromkeys(_THREAD_VARIABLES, str(threads))}


def _end_descriptor(pid: int) -> int | None:
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # an old kernel, or no descriptors left: then the end of the socket tells, and the regular look
        return None
