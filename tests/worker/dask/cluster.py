"""A Dask scheduler and its workers, as processes on the loopback interface."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from distributed import Client

PATIENCE_S = 60.0
"""For a loaded machine; nothing takes so long."""

# What each process begins with. It ends with the one that has started it, also when that is killed.
_BEGINNING = """
import ctypes, os, runpy, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv.pop(1)):
    os._exit(1)
runpy.run_module("dask", run_name="__main__", alter_sys=True)
"""


class Cluster:
    """A scheduler and its workers, which tests start and kill.

    Attributes:
        folder: where the processes are, and their logs.
        address: the scheduler's; the next one has the same.
        port: that address's port.
        scheduler: its process.
        processes: all processes that were started.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._environment = environment
        self._file = folder / "scheduler.json"
        self.port = 0
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()

    def start_scheduler(self) -> None:
        """Start the scheduler, again under the address of the last one."""
        self._file.unlink(missing_ok=True)
        arguments = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-jupyter"]
        self.scheduler = self._start("scheduler", *arguments, "--scheduler-file", str(self._file))
        deadline = time.monotonic() + PATIENCE_S
        while not (self._file.exists() and self._file.read_text()):
            assert time.monotonic() < deadline, self.log("scheduler")
            assert self.scheduler.poll() is None, self.log("scheduler")
            time.sleep(0.01)
        self.address = json.loads(self._file.read_text())["address"]
        self.port = int(self.address.rpartition(":")[2])

    def start_worker(
        self,
        name: str,
        *options: str,
        nthreads: int = 1,
        nanny: bool = False,
        scheduler: str = "",
        **environment: str,
    ) -> subprocess.Popen[bytes]:
        """Start a worker; it is a process of its own, which a nanny would start again.

        It finds the scheduler at another address than its own if one is named, as that of a relay.
        """
        arguments = [
            scheduler or self.address,
            "--name",
            name,
            "--nthreads",
            str(nthreads),
            "--no-dashboard",
            "--memory-limit",
            "0",
        ]
        arguments += ["--nanny" if nanny else "--no-nanny", *options]
        return self._start("worker", *arguments, name=name, **environment)

    def _start(self, verb: str, *arguments: str, name: str = "", **environment: str) -> subprocess.Popen[bytes]:
        folder = self.folder / (name or verb)
        folder.mkdir(exist_ok=True)
        with (self.folder / f"{name or verb}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _BEGINNING, str(os.getpid()), verb, *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment, **environment},
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def until_workers(self, number: int) -> None:
        """Wait until the scheduler knows so many workers."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=PATIENCE_S)

    def kill_workers(self) -> None:
        """Kill all workers, and wait until the scheduler knows none."""
        for process in self.processes:
            if process is not self.scheduler and process.poll() is None:
                self.kill(process)
        deadline = time.monotonic() + PATIENCE_S
        with Client(self.address, set_as_default=False) as client:
            while client.nthreads():
                assert time.monotonic() < deadline, self.log("scheduler")
                time.sleep(0.01)

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process as a power cut would."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """Kill what still runs."""
        for process in reversed(self.processes):
            if process.poll() is None:
                self.kill(process)
