"""The queue's verbs as processes: quick where Qiskit isn't needed, with signals and terminals."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from queuebit.store import JobStore, NewJob, open_store
from queuebit.worker.liveness import is_alive

PATIENCE_S = 60.0

JOB = "12345678-0000-4000-8000-000000000000"
OTHER = "87654321-0000-4000-8000-000000000000"

# What a verb that needs no Qiskit does without.
_HEAVY = {"qiskit", "numpy", "stim", "matplotlib", "queuebit.engines", "queuebit.providers"}

_MODULES_AFTER = """
import sys
from queuebit.cli import main
try:
    main({args!r})
except SystemExit as end:
    assert end.code == 0, end.code
print(*sorted(sys.modules), file=sys.stderr)
"""

LOOKING = [
    ["jobs"],
    ["jobs", "--json"],
    ["jobs", "--watch", "--until-done", "--status", "cancelled"],
    ["show", "1234"],
    ["statistics"],
    ["doctor"],
    ["cancel", "1234"],
    ["delete", "8765"],
    ["delete", "--older-than", "0"],
]

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobStore]:
    """A queue that nobody serves, the default one, with a job that waits and one that was cancelled."""
    path = tmp_path / "lab.db"
    monkeypatch.setenv("QUEUEBIT_STORE", str(path))
    found = open_store(path)
    found.submit([NewJob(job_id=job_id, backend_name="b", circuits=(b"c",)) for job_id in (JOB, OTHER)])
    found.request_cancel([OTHER])
    yield found
    found.close()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start the command line as a process; it and the workers that it has started are ended with the test."""
    monkeypatch.setenv("QUEUEBIT_STORE", str(tmp_path / "lab.db"))
    started: list[subprocess.Popen[str]] = []

    def call(*args: str, stdout: Any = subprocess.PIPE, stderr: Any = subprocess.PIPE) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "queuebit", *args]
        streams = {"stdin": subprocess.DEVNULL, "stdout": stdout, "stderr": stderr}
        started.append(subprocess.Popen(command, text=True, start_new_session=True, **streams))
        return started[-1]

    yield call
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    end_workers(tmp_path / "lab.db")


def end_workers(path: Path) -> None:
    """End the services that serve a queue, at once."""
    store = open_store(path)
    deadline = time.monotonic() + PATIENCE_S
    while alive := [worker for worker in store.workers() if is_alive(worker)]:
        assert time.monotonic() < deadline
        for worker in alive:
            assert worker.pid != os.getpid()
            os.kill(worker.pid, signal.SIGTERM)
        time.sleep(0.05)
    store.close()


class Screen:
    """A terminal of 80 columns and 24 lines, and what was written to it."""

    def __init__(self) -> None:
        self._reader, self.writer = pty.openpty()
        fcntl.ioctl(self.writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.set_blocking(self._reader, False)
        self._written = b""

    def text(self) -> str:
        """Return what was written so far."""
        try:
            while chunk := os.read(self._reader, 65536):
                self._written += chunk
        except (BlockingIOError, OSError):  # nothing more now, or for ever
            pass
        return self._written.decode()

    def wait_for(self, text: str) -> None:
        """Wait until a text was written."""
        until(lambda: text in self.text())

    def close(self) -> None:
        os.close(self._reader)
        os.close(self.writer)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setenv("TERM", "xterm")
    found = Screen()
    yield found
    found.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"it didn't come to hold within {PATIENCE_S} s"
        time.sleep(0.01)


def status_of(job_id: str, path: Path) -> str:
    store = open_store(path)
    try:
        return store.get(job_id).state.name
    finally:
        store.close()


@pytest.mark.parametrize("args", LOOKING, ids=" ".join)
def test_verbs_that_only_look_import_no_qiskit(store: JobStore, args: list[str]) -> None:
    program = _MODULES_AFTER.format(args=args)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout
    assert not _HEAVY & set(done.stderr.split())


def test_waiting_for_a_job_that_has_ended_imports_no_qiskit(store: JobStore) -> None:
    program = _MODULES_AFTER.format(args=["wait", "8765", "--json"]).replace("end.code == 0", "end.code == 1")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["jobs"][0]["status"] == "CANCELLED"
    assert not _HEAVY & set(done.stderr.split())


def test_a_job_outlives_its_submitter_and_is_found_by_another_process(start: Start, tmp_path: Path) -> None:
    submitted = start("submit", "bell.qasm", "--seed", "5")
    job_id = submitted.communicate(timeout=PATIENCE_S)[0].strip()
    assert submitted.returncode == 0
    shown, _ = start("result", job_id[:8], "--json").communicate(timeout=PATIENCE_S)
    assert json.loads(shown)["circuits"][0]["counts"].keys() == {"00", "11"}


def test_ctrl_c_ends_the_waiting_and_not_the_job(start: Start, screen: Screen, tmp_path: Path) -> None:
    job_id = start("submit", "endless.qasm").communicate(timeout=PATIENCE_S)[0].strip()
    waiting = start("wait", job_id, stderr=screen.writer)
    screen.wait_for("RUNNING endless.qasm")
    os.killpg(waiting.pid, signal.SIGINT)
    waiting.communicate(timeout=PATIENCE_S)
    assert waiting.returncode == 130
    assert "interrupted: the job goes on" in screen.text()
    assert screen.text().rindex("\x1b[?25h") > screen.text().rindex("\x1b[?25l")
    assert status_of(job_id, tmp_path / "lab.db") == "RUNNING"
    assert start("cancel", job_id).wait(PATIENCE_S) == 0
    assert start("wait", job_id).wait(PATIENCE_S) == 1


def test_a_watched_list_moves_and_ctrl_c_is_its_end(start: Start, screen: Screen, store: JobStore) -> None:
    watching = start("jobs", "--watch", stdout=screen.writer)
    screen.wait_for("QUEUED")
    store.submit([NewJob(job_id="abcdef00-0000-4000-8000-000000000000", backend_name="b", circuits=(b"c",))])
    screen.wait_for("abcdef00")
    assert not re.search(r"12345678[^\n]*CANCELLED", screen.text())
    store.request_cancel([JOB])
    until(lambda: re.search(r"12345678[^\n]*CANCELLED", screen.text()))
    os.killpg(watching.pid, signal.SIGINT)
    watching.communicate(timeout=PATIENCE_S)
    assert watching.returncode == 0
    assert screen.text().rindex("\x1b[?25h") > screen.text().rindex("\x1b[?25l")
    assert "Traceback" not in screen.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_serves_until_it_is_told_to_stop(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    worker = start("worker", "--processes", "1")
    until(lambda: (tmp_path / "lab.db").exists())
    submitted = start("submit", "flip.qasm", "--no-worker", "--json")
    job = json.loads(submitted.communicate(timeout=PATIENCE_S)[0])["job"]
    assert start("wait", job["job_id"]).wait(PATIENCE_S) == 0
    worker.send_signal(number)
    _, said = worker.communicate(timeout=PATIENCE_S)
    assert worker.returncode == 0
    assert "is asked to stop" in said
    assert "Traceback" not in said


def test_an_idle_worker_ends_by_itself(start: Start) -> None:
    assert start("worker", "--processes", "1", "--idle-timeout", "0.1").wait(PATIENCE_S) == 0


def test_a_worker_for_what_is_no_queue_is_bad_input(start: Start) -> None:
    worker = start("worker", "--store", "bell.qasm")
    _, said = worker.communicate(timeout=PATIENCE_S)
    assert worker.returncode == 2
    assert "no database" in said


def test_a_reader_that_has_gone_is_no_error(start: Start, store: JobStore) -> None:
    for args in (["jobs"], ["jobs", "--json"], ["show", "1234"], ["statistics"]):
        reader, writer = os.pipe()
        os.close(reader)
        process = start(*args, stdout=writer)
        os.close(writer)
        assert process.communicate(timeout=PATIENCE_S)[1] == ""
        assert process.returncode == 0
