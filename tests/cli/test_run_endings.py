"""How a run ends when it is stopped or nobody reads: with real processes, signals, pipes and terminals."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Longer than anything here takes, short enough to notice that something hangs.
PATIENCE_S = 60.0


@dataclass
class Command:
    """The command line as a process, in a process group of its own as a shell would start it."""

    process: subprocess.Popen[str]

    def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """Wait for the end and return the exit code and what was printed."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, stdout, stderr


@pytest.fixture
def start() -> Iterator[Callable[..., Command]]:
    """Start the command line as a process; what still runs at the end of the test is killed."""
    started: list[Command] = []

    def call(*args: str, stdout: Any = subprocess.PIPE, stderr: Any = subprocess.PIPE, **env: str) -> Command:
        process = subprocess.Popen(
            [sys.executable, "-m", "queuebit", *args],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            env={**os.environ, **env},
            start_new_session=True,
        )
        started.append(Command(process))
        return started[-1]

    yield call
    for command in started:
        if command.process.poll() is None:
            os.killpg(command.process.pid, signal.SIGKILL)
            command.process.communicate()


Start = Callable[..., Command]


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
        """Wait until a text was written, and fail if it isn't."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.text():
            assert time.monotonic() < deadline, f"not on the terminal within {PATIENCE_S} s: {text}"
            time.sleep(0.01)

    def close(self) -> None:
        os.close(self._reader)
        os.close(self.writer)


@pytest.fixture
def screen() -> Iterator[Screen]:
    found = Screen()
    yield found
    found.close()


def wait_until_it_runs(start: Start, screen: Screen, *args: str) -> Command:
    """Start an endless run and return when its job is running."""
    command = start("run", *args, stderr=screen.writer, TERM="xterm")
    screen.wait_for("%")
    return command


def test_ctrl_c_cancels_and_shows_what_had_finished(start: Start, screen: Screen) -> None:
    command = wait_until_it_runs(start, screen, "flip.qasm", "endless.qasm")
    command.interrupt()
    code, stdout, _ = command.end()
    assert code == 130
    assert re.search(r"^1 +1,024 +100.0 %", stdout, re.MULTILINE)
    assert "endless.qasm  CANCELLED" in stdout
    assert "interrupted: the run was cancelled; 1 of 2 circuits finished" in screen.text()
    assert "Traceback" not in screen.text()


def test_ctrl_c_with_json_still_gives_the_document(start: Start, screen: Screen) -> None:
    command = wait_until_it_runs(start, screen, "flip.qasm", "endless.qasm", "--json", "--output", "result.json")
    command.interrupt()
    code, stdout, _ = command.end()
    assert code == 130
    document = json.loads(stdout)
    assert document["error"]["kind"] == "interrupted"
    assert [circuit["status"] for circuit in document["circuits"]] == ["DONE", "CANCELLED"]
    assert json.loads(Path("result.json").read_text()) == document


def test_termination_gives_the_terminal_its_cursor_back(start: Start, screen: Screen) -> None:
    command = wait_until_it_runs(start, screen, "endless.qasm")
    command.process.terminate()
    code, _, _ = command.end()
    assert code == 143
    assert screen.text().rindex("\x1b[?25h") > screen.text().rindex("\x1b[?25l")


def test_a_timeout_ends_with_124(start: Start) -> None:
    code, stdout, stderr = start("run", "flip.qasm", "endless.qasm", "--timeout", "0.2").end()
    assert code == 124
    assert "1,024" in stdout
    assert stderr == "timeout: cancelled after 0.2 s; 1 of 2 circuits finished\n"


def test_the_live_line_moves_and_leaves_no_trace(start: Start, screen: Screen, folder: Path) -> None:
    # Wide, and such that no two layers can be made one: it takes seconds on any engine.
    chain = " ".join(f"cx q[{qubit}], q[{qubit + 1}];" for qubit in range(21))
    layers = f"rx(0.3) q; {chain}\n" * 400
    (folder / "long.qasm").write_text(
        f'OPENQASM 2.0; include "qelib1.inc"; qreg q[22]; creg c[22]; {layers} measure q -> c;'
    )
    command = start("run", "long.qasm", "--timeout", "1", stderr=screen.writer, TERM="xterm")
    command.end()
    frames = screen.text()
    assert "Reading long.qasm" in frames or "Loading Qiskit" in frames
    percents = [int(percent) for percent in re.findall(r"(\d+)%", frames)]
    assert len(set(percents)) > 2
    assert percents == sorted(percents)
    assert "\x1b[2K" in frames[frames.rindex("%") :], "the last frame is erased"
    assert frames.rindex("\x1b[?25h") > frames.rindex("\x1b[?25l")


def test_nothing_moves_without_a_terminal(start: Start) -> None:
    code, _, stderr = start("run", "flip.qasm", FORCE_COLOR="1").end()
    assert (code, stderr) == (0, "")


def test_a_dumb_terminal_gets_no_live_line(start: Start, screen: Screen) -> None:
    assert start("run", "flip.qasm", stderr=screen.writer, TERM="dumb").end()[0] == 0
    assert screen.text() == ""


def test_a_terminal_gets_colours_unless_it_says_no(start: Start, screen: Screen) -> None:
    start("run", "flip.qasm", stdout=screen.writer, TERM="xterm-256color").end()
    assert re.search(r"\x1b\[[0-9;]*36m█", screen.text())
    start("run", "--shots", "0", stderr=screen.writer, TERM="xterm-256color").end()
    assert "\x1b[31m" in screen.text()


def test_no_color_is_heeded(start: Start, screen: Screen) -> None:
    start("run", "flip.qasm", stdout=screen.writer, TERM="xterm-256color", NO_COLOR="1").end()
    start("run", "--shots", "0", stderr=screen.writer, TERM="xterm-256color", NO_COLOR="1").end()
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", screen.text())


@pytest.mark.parametrize("args", [["run", "flip.qasm"], ["run", "flip.qasm", "--json"], ["--help"]])
def test_a_reader_that_has_gone_is_no_error(start: Start, args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = start(*args, stdout=writer)
    os.close(writer)
    code, _, stderr = command.end()
    assert (code, stderr) == (0, "")


def test_a_reader_that_has_gone_does_not_hide_a_failure(start: Start) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = start("run", "failing.qasm", stdout=writer)
    os.close(writer)
    assert command.end()[0] == 1


@pytest.mark.parametrize(("args", "code"), [(["run", "flip.qasm"], 0), (["run", "--shots", "0", "--json"], 2)])
def test_no_stream_at_all_is_no_error(args: list[str], code: int) -> None:
    command = [sys.executable, "-m", "queuebit", *args]
    closed = ["sh", "-c", '"$@" >&- 2>&-', "sh", *command]
    assert subprocess.run(closed, timeout=PATIENCE_S).returncode == code


def test_nobody_reads_the_errors(start: Start) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = start("run", "nowhere.qasm", "--json", stdout=writer, stderr=writer)
    os.close(writer)
    assert command.end()[0] == 2


def test_output_that_cannot_be_written_is_an_error(start: Start) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, stderr = start("run", "flip.qasm", stdout=full).end()
    assert code == 74
    assert stderr.startswith("error: the output can't be written")
    assert "Traceback" not in stderr


def test_output_in_ascii_is_no_error(start: Start) -> None:
    code, stdout, _ = start("run", "flip.qasm", PYTHONIOENCODING="ascii", PYTHONUTF8="0").end()
    assert code == 0
    assert "####" in stdout


def test_exit_codes_of_a_process(start: Start) -> None:
    commands = {
        0: start("run", "flip.qasm"),
        1: start("run", "failing.qasm"),
        2: start("run", "nowhere.qasm"),
    }
    assert {code: command.end()[0] for code, command in commands.items()} == {0: 0, 1: 1, 2: 2}


def test_the_installed_command_is_the_same(folder: Path) -> None:
    from importlib.metadata import entry_points

    scripts = [entry for entry in entry_points(group="console_scripts") if entry.name == "queuebit"]
    if scripts:
        assert scripts[0].value == "queuebit.cli:main"


def test_signals_are_handled_as_before_afterwards(queuebit: Callable[..., object]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    queuebit("--version")
    assert signal.getsignal(signal.SIGTERM) is before


def test_standard_input_of_a_process(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "queuebit", "run", "-"],
        input=(folder / "flip.qasm").read_text(),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert "<stdin>" in done.stdout
