"""Whether a worker service is alive: what the operating system says, and no timer.

A process is named by the boot that it runs in, its number, and when it started, so that neither a reboot nor a number
that was given to another process makes a dead one look alive.
"""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import psutil

from queuebit.store.records import WorkerRecord

_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
_DEAD_STATES = (b"Z", b"X")


@cache
def boot_id() -> str:
    """Return a text that names this boot of this machine."""
    try:
        return _BOOT_ID_FILE.read_text(encoding="ascii").strip()
    except OSError:
        pass
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    return f"booted at {psutil.boot_time():.0f}"


def process_started(pid: int) -> float | None:
    """Return when a process started, or None if there is none of that number, or it is dead and not awaited yet.

    On Linux in seconds since the boot, elsewhere since 1970. On Linux the latter is computed from the clock, and would
    change when the clock is set.
    """
    if sys.platform == "linux":
        return _started_since_boot(pid)
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _started_since_boot(pid: int) -> float | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name comes first, in parentheses, and may hold anything. See proc_pid_stat(5).
    fields = line[line.rindex(b")") + 2 :].split()
    state, start_ticks = fields[0], int(fields[19])
    return None if state in _DEAD_STATES else start_ticks / os.sysconf("SC_CLK_TCK")


def this_worker(worker_id: str, port: int) -> WorkerRecord:
    """Return the record of a worker service in this process.

    Args:
        worker_id: its id.
        port: where it takes hints, or 0.
    """
    pid = os.getpid()
    return WorkerRecord(
        worker_id=worker_id,
        pid=pid,
        process_started=process_started(pid) or 0.0,
        boot_id=boot_id(),
        port=port,
        started_us=time.time_ns() // 1000,
    )


def is_alive(worker: WorkerRecord) -> bool:
    """Tell whether the process of a worker service is alive; one of another boot isn't."""
    return worker.boot_id == boot_id() and process_started(worker.pid) == worker.process_started
