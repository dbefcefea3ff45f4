"""Watching jobs: what is shown where, how often a job is asked, and how the watching ends."""

import builtins
import enum
import io
import itertools
import os
import pty
import re
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers import JobStatus
from qiskit.providers.basic_provider import BasicSimulator as QiskitSimulator
from qiskit.result import Result
from qiskit_aer import AerSimulator
from rich.console import Console

from queuebit.monitor import job_monitor
from queuebit.monitor.snapshot import Snapshot, duration
from queuebit.monitor.terminal import TerminalDisplay
from queuebit.monitor.watching import gap_s
from queuebit.providers import Progress
from queuebit.providers.basic_provider import BasicProviderJob


class StatusOnlyJob:
    """Somebody's job that has no more than it must: a script of statuses, of which the last one stays."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.queries = 0

    def job_id(self):
        return "alien-1"

    def status(self):
        self.queries += 1
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, BaseException):
            raise status
        return status


class TalkativeJob(StatusOnlyJob):
    """Somebody's job that has everything that can be shown."""

    place = 3
    message = None

    def progress(self):
        return Progress(30, 120, "instructions")

    def queue_position(self):
        return self.place

    def error_message(self):
        return self.message


class FakeTime:
    """A clock that only sleeping and costly queries move."""

    def __init__(self):
        self.now = 1000.0
        self.sleeps = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds


class TimedJob:
    """A job that runs for some seconds of a fake clock; asking it takes time too."""

    def __init__(self, clock, *, runs_s, query_s=0.0, queued_s=0.0):
        self.clock, self.query_s = clock, query_s
        self.starts = clock.now + queued_s
        self.ends = self.starts + runs_s
        self.asked = []

    def job_id(self):
        return "timed-1"

    def status(self):
        self.clock.now += self.query_s
        self.asked.append(self.clock.now)
        if self.clock.now < self.starts:
            return JobStatus.QUEUED
        return JobStatus.RUNNING if self.clock.now < self.ends else JobStatus.DONE


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = FakeTime()
    monkeypatch.setattr("queuebit.monitor.watching.time", clock)
    monkeypatch.setattr("queuebit.monitor.snapshot.time", clock)
    return clock


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def watched(job, **options):
    """Watch a job with the output in a log, and return the log's lines."""
    log = io.StringIO()
    assert job_monitor(job, output=log, **options) is None
    return log.getvalue().splitlines()


def visible(text):
    """What the terminal's control sequences leave of a text, line by line."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "\n").split("\n")


# In a log


def test_a_log_gets_one_line_for_each_new_status(clock):
    running = [JobStatus.RUNNING] * 5
    job = StatusOnlyJob(JobStatus.INITIALIZING, JobStatus.QUEUED, JobStatus.QUEUED, *running, JobStatus.DONE)
    assert watched(job) == [
        "Job alien-1: INITIALIZING after 0.00 s",
        "Job alien-1: QUEUED after 0.05 s",
        "Job alien-1: RUNNING after 0.15 s",
        "Job alien-1: DONE after 0.40 s",
    ]


def test_a_job_that_is_final_already_is_asked_once_and_gets_one_line():
    job = StatusOnlyJob(JobStatus.CANCELLED)
    assert watched(job) == ["Job alien-1: CANCELLED"]
    assert job.queries == 1


def test_the_place_in_the_queue_is_shown_until_the_end(clock):
    lines = watched(TalkativeJob(JobStatus.QUEUED, JobStatus.DONE))
    assert lines == ["Job alien-1: QUEUED, position 3 in the queue after 0.00 s", "Job alien-1: DONE after 0.05 s"]


def test_the_last_line_says_why_a_job_failed(clock):
    job = TalkativeJob(JobStatus.RUNNING, JobStatus.ERROR)
    job.message = "circuit 2 (bell)\nhas a gate that \x1b[31mnobody\x1b[0m knows"
    assert watched(job)[-1] == (
        "Job alien-1: ERROR after 0.05 s: circuit 2 (bell) has a gate that [31mnobody [0m knows"
    )


def test_statuses_may_be_names_or_another_enum(clock):
    theirs = enum.Enum("TheirStatus", ["queued", "Done"])
    assert watched(StatusOnlyJob("QUEUED", "running", "DONE"))[-1] == "Job alien-1: DONE after 0.10 s"
    assert watched(StatusOnlyJob(theirs.queued, theirs.Done))[-1] == "Job alien-1: DONE after 0.05 s"


def test_a_status_without_a_name_is_refused_and_named():
    with pytest.raises(TypeError, match=r"status\(\) must return a JobStatus or the name of one, got 7"):
        watched(StatusOnlyJob(7))


def test_progress_of_another_kind_is_not_shown(clock):
    job = StatusOnlyJob(JobStatus.RUNNING, JobStatus.DONE)
    job.progress = lambda: Future()  # its done is a method
    assert len(watched(job)) == 2


def test_a_log_that_cannot_hold_a_character_gets_its_escape(clock):
    raw = io.BytesIO()
    job = TalkativeJob(JobStatus.ERROR)
    job.message = "\N{GREEK SMALL LETTER PSI} is not normalised"
    with io.TextIOWrapper(raw, encoding="ascii") as log:
        job_monitor(job, output=log)
        log.flush()
        assert raw.getvalue().decode() == "Job alien-1: ERROR: \\u03c8 is not normalised\n"


def test_output_goes_to_the_standard_output_of_the_moment(capsys):
    job_monitor(StatusOnlyJob(JobStatus.DONE))
    assert capsys.readouterr().out == "Job alien-1: DONE\n"


# Real jobs


def bell():
    circuit = QuantumCircuit(2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


@pytest.mark.parametrize("simulator", [QiskitSimulator, AerSimulator])
def test_jobs_of_other_packages_are_watched_to_their_end(simulator):
    backend = simulator()
    job = backend.run(transpile(bell(), backend))
    assert re.fullmatch(rf"Job {job.job_id()}: DONE( after .*)?", watched(job)[-1])


def result(*, success=True):
    return Result(
        backend_name="basic_simulator", backend_version="1", job_id="j-1", success=success, results=[], status="x"
    )


def test_our_job_is_shown_at_once_when_it_changes_however_long_the_interval():
    started, finish = threading.Event(), threading.Event()

    def work():
        started.set()
        assert finish.wait(60)
        return result()

    job = BasicProviderJob(None, "j-1", work)
    log = io.StringIO()
    watcher = threading.Thread(target=job_monitor, args=(job, 3600.0, log), daemon=True)
    watcher.start()
    wait_for("INITIALIZING", log)
    job.submit()
    wait_for("RUNNING", log)
    finish.set()
    watcher.join(10)
    assert not watcher.is_alive()
    assert log.getvalue().splitlines()[-1].startswith("Job j-1: DONE after ")


def wait_for(text, log, limit_s=10.0):
    deadline = time.monotonic() + limit_s
    while text not in log.getvalue():
        assert time.monotonic() < deadline, f"no {text} within {limit_s} s, but {log.getvalue()!r}"
        time.sleep(0.001)


def test_our_failed_job_ends_with_its_error_message():
    def fail():
        raise ValueError("the state has norm 2")

    job = BasicProviderJob(None, "j-2", fail)
    job.submit()
    last = watched(job)[-1]
    assert re.match(r"Job j-2: ERROR after \d", last)
    assert "the state has norm 2" in last


def test_our_job_counts_its_time_from_its_submission():
    job = BasicProviderJob(None, "j-3", result)
    job.submit()
    job.result()
    first, second = watched(job), watched(job)
    assert first == second
    assert re.fullmatch(r"Job j-3: DONE after 0\.\d\d s", first[-1])


# How often a job is asked


def test_a_remote_job_that_runs_for_an_hour_is_asked_at_most_every_five_seconds_in_the_end(clock):
    job = TimedJob(clock, runs_s=3600, query_s=0.2)
    watched(job)
    gaps = [round(later - earlier, 6) for earlier, later in itertools.pairwise(job.asked)]
    assert len(job.asked) < 3600 / 5 + 50
    assert max(gaps) == 5.2
    assert gaps == sorted(gaps)


def test_a_fast_remote_job_is_seen_within_a_tenth_of_its_time(clock):
    job = TimedJob(clock, runs_s=2.0, query_s=0.02)
    watched(job)
    assert clock.now - job.ends < 0.3


def test_a_job_that_is_cheap_to_ask_is_seen_within_50_ms_after_hours_too(clock):
    job = TimedJob(clock, runs_s=100.0)
    watched(job)
    assert clock.now - job.ends <= 0.0500001


def test_a_job_that_starts_after_a_long_queue_is_asked_often_again(clock):
    job = TimedJob(clock, queued_s=600, runs_s=0.5, query_s=0.05)
    watched(job)
    assert clock.now - job.ends < 5.2  # it ended before anybody saw it run
    job = TimedJob(clock, queued_s=600, runs_s=7, query_s=0.05)
    watched(job)
    assert clock.now - job.ends < 1


@pytest.mark.parametrize(
    ("unchanged_s", "query_s", "gap"),
    [(0, 0, 0.05), (10, 0, 0.05), (10, 0.1, 1.0), (1, 0.1, 0.1), (1000, 0.01, 1.0), (1000, 0.3, 5.0)],
)
def test_the_gap_grows_with_the_quiet_time_and_the_cost_of_a_query(unchanged_s, query_s, gap):
    assert gap_s(unchanged_s, query_s) == pytest.approx(gap)


def test_an_interval_overrides_the_gaps(clock):
    job = TimedJob(clock, runs_s=10, query_s=0.2)
    watched(job, interval=2.5)
    gaps = [round(later - earlier, 6) for earlier, later in itertools.pairwise(job.asked)]
    assert gaps == [2.7] * 4


def test_a_long_gap_is_slept_in_seconds_so_that_displays_can_move(clock):
    watched(TimedJob(clock, runs_s=2.5), interval=2.5)
    assert clock.sleeps == [1.0, 1.0, 0.5]


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf"), -0.0])
def test_an_interval_out_of_range_is_refused(interval):
    with pytest.raises(ValueError, match="interval must be finite and greater than 0 seconds, got"):
        job_monitor(StatusOnlyJob(JobStatus.DONE), interval=interval)


@pytest.mark.parametrize("interval", ["1", True, [1], 1j])
def test_an_interval_that_is_no_number_is_refused(interval):
    with pytest.raises(TypeError, match="interval must be a number of seconds or None, got"):
        job_monitor(StatusOnlyJob(JobStatus.DONE), interval=interval)


def test_a_huge_interval_is_as_good_as_any():
    assert watched(StatusOnlyJob(JobStatus.DONE), interval=10**400) == ["Job alien-1: DONE"]


@pytest.mark.parametrize(
    ("thing", "missing"),
    [
        ("j-1", "status"),
        ([StatusOnlyJob(JobStatus.DONE)], "status"),
        (None, "status"),
        (SimpleNamespace(status=lambda: JobStatus.DONE), "job_id"),
    ],
)
def test_what_is_no_job_is_refused_with_its_type_and_what_it_lacks(thing, missing):
    with pytest.raises(TypeError, match=rf"of type {type(thing).__name__}, which has no {missing}\(\)"):
        job_monitor(thing)


# Ends other than the job's


def test_ctrl_c_stops_the_watching_and_not_the_job(clock):
    job = StatusOnlyJob(JobStatus.RUNNING, KeyboardInterrupt())
    job.cancel = pytest.fail
    log = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        job_monitor(job, output=log)
    assert log.getvalue().splitlines()[-1] == ("Job alien-1: RUNNING after 0.05 s, no longer watched; the job goes on.")


def test_an_interrupt_does_not_keep_a_job_alive_that_nobody_else_holds():
    job = StatusOnlyJob(JobStatus.RUNNING, KeyboardInterrupt())
    alive = weakref.ref(job)
    held = [job]
    del job
    with pytest.raises(KeyboardInterrupt) as interrupt:
        job_monitor(held.pop(), output=io.StringIO())
    assert interrupt.value.__traceback__ is not None
    assert alive() is None


def test_an_exception_of_status_comes_out_after_the_line_is_closed(clock, terminal):
    job = StatusOnlyJob(JobStatus.QUEUED, ConnectionError("no route\nto host"))
    with pytest.raises(ConnectionError, match="no route"):
        job_monitor(job, output=terminal)
    text = terminal.getvalue()
    assert visible(text)[-2:] == [
        "Job alien-1: QUEUED after 0.05 s, no longer watched: ConnectionError: no route to host",
        "",
    ]
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


# On a terminal


def test_a_terminal_shows_one_live_line_and_keeps_the_last(clock, terminal):
    job_monitor(TalkativeJob(JobStatus.RUNNING, JobStatus.DONE), output=terminal)
    text = terminal.getvalue()
    live = next(line for line in visible(text) if "RUNNING" in line)
    assert re.search(r"\S  Job alien-1  RUNNING  [━╸╺]+   25 %  position 3 in the queue  0\.00 s", live)
    assert visible(text)[-2:] == ["Job alien-1: DONE after 0.05 s", ""]
    assert "\x1b[2K" in text[text.rindex("RUNNING") :], "the live line wasn't erased"
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor stayed hidden"


def test_a_terminal_line_moves_while_a_query_takes_its_time(terminal):
    class SlowJob(StatusOnlyJob):
        def status(self):
            if self.queries == 1:
                deadline = time.monotonic() + 10
                while len(spinner_frames(terminal)) < 3:
                    assert time.monotonic() < deadline, f"the line stood still: {terminal.getvalue()!r}"
                    time.sleep(0.01)
            return super().status()

    job_monitor(SlowJob(JobStatus.RUNNING, JobStatus.DONE), output=terminal)


def spinner_frames(terminal):
    return {line[:1] for line in visible(terminal.getvalue()) if "RUNNING" in line}


def test_a_terminal_that_cannot_redraw_gets_lines(clock, terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    job_monitor(StatusOnlyJob(JobStatus.RUNNING, JobStatus.DONE), output=terminal)
    assert terminal.getvalue() == "Job alien-1: RUNNING after 0.00 s\nJob alien-1: DONE after 0.05 s\n"


def test_a_log_stays_plain_where_colours_are_forced(clock, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert watched(StatusOnlyJob(JobStatus.DONE)) == ["Job alien-1: DONE"]


@pytest.mark.parametrize("columns", range(10, 121, 5))
def test_the_live_line_fits_any_terminal_with_room_for_the_echo_of_ctrl_c(columns):
    snapshot = Snapshot(
        job_id="7c1f4e9a-3b5d-4c7e-9f10-2a6b8d0e4c55", status="RUNNING", since=time.monotonic(), done=1, total=4
    )
    console = Console(file=Terminal(), width=columns, height=5, color_system=None)
    display = TerminalDisplay(console)
    display._snapshot = snapshot
    lines = console.render_lines(display, pad=False)
    assert len(lines) == 1
    text = "".join(segment.text for segment in lines[0])
    assert len(text) <= columns - 3
    if columns >= 60:
        assert "25 %" in text
        assert "━" in text


def test_a_spinner_in_an_ascii_terminal_is_ascii(clock, terminal):
    terminal.encoding = "ascii"
    job_monitor(TalkativeJob(JobStatus.RUNNING, JobStatus.DONE), output=terminal)
    terminal.getvalue().encode("ascii")


INTERRUPTED = """
    from queuebit.monitor import job_monitor
    class Job:
        def job_id(self): return "endless"
        def status(self): return "RUNNING"
    try:
        job_monitor(Job())
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_in_a_real_terminal_leaves_it_clean():
    leader, follower = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        start_new_session=True,
    )
    os.close(follower)
    try:
        seen = read_until(leader, "RUNNING")
        program.send_signal(signal.SIGINT)
        seen += read_until(leader, "interrupted\r\n")
        assert program.wait(60) == 0
    finally:
        program.kill()
        program.wait()
        os.close(leader)
    end = seen[seen.rindex("\x1b[2K") :]
    assert re.fullmatch(
        r"Job endless: RUNNING after .* s, no longer watched; the job goes on\.\s+interrupted\s+",
        "\n".join(visible(end)),
    )
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")


def read_until(descriptor, end, limit_s=20.0):
    seen, deadline = b"", time.monotonic() + limit_s
    while end.encode() not in seen:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"{end!r} didn't come within {limit_s} s, but: {seen.decode()!r}"
        seen += os.read(descriptor, 65536)
    return seen.decode()


# In a notebook


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """IPython's shell as in a kernel, with what it displays kept."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # another one's, if the tests run from within it
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    kept_stdout, kept_stderr, kept_hook = sys.stdout, sys.stderr, sys.excepthook
    kept_names = set(vars(builtins))
    shell = InteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}}), display_pub_class=CapturingDisplayPublisher
    )
    shell.kernel = object()
    yield shell
    InteractiveShell.clear_instance()
    sys.stdout, sys.stderr, sys.excepthook = kept_stdout, kept_stderr, kept_hook
    for name in set(vars(builtins)) - kept_names:
        delattr(builtins, name)


def test_a_notebook_shows_one_output_that_is_updated_in_place(shell, clock, capsys):
    job = TalkativeJob(JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.ERROR)
    job.message = "<b>&"
    job_monitor(job)
    first, second, last = shell.display_pub.outputs
    assert [output.get("update", False) for output in (first, second, last)] == [False, True, True]
    assert len({output["transient"]["display_id"] for output in (first, second, last)}) == 1
    assert "<b>QUEUED</b>" in first["data"]["text/html"]
    assert '<progress max="1" value="0.2500"></progress> <code> 25 %' in second["data"]["text/html"]
    assert last["data"]["text/html"] == "<code>Job alien-1: ERROR after 0.10 s: &lt;b&gt;&amp;</code>"
    assert last["data"]["text/plain"] == "Job alien-1: ERROR after 0.10 s: <b>&"
    assert capsys.readouterr().out == ""
    assert "ipywidgets" not in sys.modules


def test_a_notebook_is_not_flooded_with_updates(shell, clock, monkeypatch):
    monkeypatch.setattr("queuebit.monitor.notebook.time", clock)
    job_monitor(TimedJob(clock, runs_s=10.0))
    assert 40 <= len(shell.display_pub.outputs) <= 53


def test_a_notebook_says_that_an_interrupted_job_goes_on(shell, clock):
    with pytest.raises(KeyboardInterrupt):
        job_monitor(StatusOnlyJob(JobStatus.RUNNING, KeyboardInterrupt()))
    assert "the job goes on" in shell.display_pub.outputs[-1]["data"]["text/html"]


def test_a_file_named_in_a_notebook_gets_lines(shell):
    assert watched(StatusOnlyJob(JobStatus.DONE)) == ["Job alien-1: DONE"]
    assert shell.display_pub.outputs == []


def test_ipython_without_a_kernel_is_a_terminal_or_a_log(shell, capsys):
    shell.kernel = None
    job_monitor(StatusOnlyJob(JobStatus.DONE))
    assert capsys.readouterr().out == "Job alien-1: DONE\n"
    assert shell.display_pub.outputs == []


def test_watching_a_job_loads_neither_qiskit_nor_ipython():
    program = INTERRUPTED.replace("RUNNING", "DONE") + '    print({"qiskit", "IPython"} & set(sys.modules))\n'
    done = subprocess.run(
        [sys.executable, "-c", "import sys\n" + textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "Job endless: DONE\nset()\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"),
        (0.4217, "0.42 s"),
        (7.46, "7.5 s"),
        (59.97, "1:00"),
        (125, "2:05"),
        (3725, "1:02:05"),
        (-0.001, "0.00 s"),
    ],
)
def test_durations_are_readable(seconds, text):
    assert duration(seconds) == text
