"""Jobs and the process they run in: its end, Ctrl-C, fork and spawn. Each test runs a program of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import queuebit

PRELUDE = """
import faulthandler, os, signal, sys, threading, time
def give_up():
    faulthandler.dump_traceback()
    os._exit(3)
watchdog = threading.Timer(100, give_up)
watchdog.daemon = True
watchdog.start()
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where this is started with Ctrl-C ignored
from qiskit import QuantumCircuit
from queuebit.providers import JobStatus, JobError, as_completed, wait_all
from queuebit.providers.basic_provider import BasicSimulator
from queuebit.providers.local_executor import LOCAL_EXECUTOR, available_cores

def endless():
    circuit = QuantumCircuit(1, 1)
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
    circuit.measure(0, 0)
    return circuit

def bell():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit

def deep():
    # Wide, and such that no two layers can be made one: it takes many seconds on any engine.
    circuit = QuantumCircuit(24)
    for _ in range(60):
        circuit.ry(0.1, range(24))
        circuit.cx(range(23), range(1, 24))
    circuit.measure_all()
    return circuit

def eventually(limit_s, condition):
    deadline = time.monotonic() + limit_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return condition()

def nothing_runs():
    return not list(LOCAL_EXECUTOR._unfinished)

def say(*words):
    print(*words, flush=True)

def waits():
    # Whether the main thread has come to where a wait blocks: in a run, in as_completed, in asyncio's event loop.
    frame, functions = sys._current_frames()[threading.main_thread().ident], set()
    while frame is not None:
        functions.add(frame.f_code.co_name)
        frame = frame.f_back
    return bool(functions & {"_wait_until", "_by_completion", "select"})

def say_ready_when_it_waits():
    def watch():
        assert eventually(60, lambda: any(run.status() is JobStatus.RUNNING for run in LOCAL_EXECUTOR._unfinished))
        assert eventually(60, waits)
        time.sleep(0.1)  # asyncio's own wait misses a Ctrl-C in the instant before it blocks
        say("ready")
    threading.Thread(target=watch).start()

backend = BasicSimulator()
backend.run(bell()).result()  # what is imported at the first run is imported now
"""

# For what a test waits for at most: a Python with Qiskit starts within a second on an idle machine.
PATIENCE_S = 90.0
# For a loaded machine; work that isn't left or stopped takes longer, or never ends.
INTERRUPTED_WITHIN_S = 20.0
ENDS_WITHIN_S = 20.0

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program that begins with the prelude; what still runs after the test is killed."""
    programs: list[subprocess.Popen[str]] = []
    environment = os.environ | {"PYTHONPATH": str(Path(queuebit.__file__).parents[1])}

    def started(text: str) -> "subprocess.Popen[str]":
        file = tmp_path / f"program_{len(programs)}.py"
        file.write_text(PRELUDE + text)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, str(file)]
        programs.append(subprocess.Popen(command, env=environment, start_new_session=True, **pipes))
        return programs[-1]

    yield started
    for program in programs:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.communicate()


def read_word(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    word = program.stdout.readline().strip()
    if not word:
        raise AssertionError(program.communicate(timeout=PATIENCE_S)[1])
    return word


def interrupt(program: "subprocess.Popen[str]") -> float:
    """Wait until the program says "ready", press Ctrl-C, and return how long it took to say "interrupted"."""
    assert read_word(program) == "ready"
    pressed = time.monotonic()
    program.send_signal(signal.SIGINT)
    assert read_word(program) == "interrupted"
    return time.monotonic() - pressed


def end(program: "subprocess.Popen[str]") -> tuple[str, str]:
    """Wait for the program's end, which must be a good one, and return what it still wrote."""
    out, error = program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0, error
    return out, error


@pytest.mark.parametrize(
    ("jobs", "line"),
    [
        ("[backend.run(endless())]", "1 job that was"),
        ("[backend.run(deep())]", "1 job that was"),
        ("[backend.run(endless()) for _ in range(30)]", "30 jobs that were"),
    ],
    ids=["loop", "large", "many"],
)
def test_leaving_while_jobs_run_cancels_them_with_one_line(start, jobs, line):
    program = start(f"jobs = {jobs}\nassert eventually(60, jobs[0].running)\nsay('leaving')\n")
    assert read_word(program) == "leaving"
    left = time.monotonic()
    out, error = end(program)
    assert time.monotonic() - left < ENDS_WITHIN_S
    assert out == ""
    (warning,) = error.splitlines()
    assert warning.startswith(f"queuebit: cancelled {line} still running at exit")


def test_leaving_does_not_wait_for_work_that_cannot_be_stopped(start):
    program = start("""
from queuebit.providers.basic_provider import BasicProviderJob
job = BasicProviderJob(None, "stuck", lambda: time.sleep(60))
job.submit()
assert eventually(60, job.running)
say("leaving")
""")
    assert read_word(program) == "leaving"
    left = time.monotonic()
    out, error = end(program)
    assert time.monotonic() - left < ENDS_WITHIN_S
    assert (out, len(error.splitlines())) == ("", 1)


def test_leaving_when_all_is_done_says_nothing(start):
    program = start("""
jobs = [backend.run(bell()) for _ in range(5)]
wait_all(jobs)
dropped = backend.run(endless())
dropped.cancel()
say("leaving")
""")
    assert read_word(program) == "leaving"
    assert end(program) == ("", "")


def test_leaving_with_an_error_keeps_the_exit_code(start):
    program = start("job = backend.run(endless())\nraise SystemExit(7)\n")
    error = program.communicate(timeout=PATIENCE_S)[1]
    assert program.returncode == 7
    assert len(error.splitlines()) == 1


WAITS = ("result()", "result(timeout=50)", "wait_for_final_state()", "wait_for_final_state(50, 20)")


@pytest.mark.parametrize(
    ("circuit", "wait"),
    [*(("endless()", wait) for wait in WAITS), *(("deep()", wait) for wait in (WAITS if IS_WHOLE else WAITS[:1]))],
)
def test_ctrl_c_returns_at_once_and_a_job_that_nobody_holds_stops(start, wait, circuit):
    program = start(f"""
circuit = {circuit}
try:
    say_ready_when_it_waits()
    backend.run(circuit).{wait}
except KeyboardInterrupt as interrupt:
    say("interrupted")
    kept = interrupt  # as the prompt keeps it
assert eventually(60, nothing_runs), "work goes on"
""")
    assert interrupt(program) < INTERRUPTED_WITHIN_S
    assert end(program) == ("", "")


@pytest.mark.parametrize(
    ("wait", "keep"),
    [
        ("wait_all([backend.run(endless()), backend.run(bell())])", "interrupt"),
        ("list(as_completed([backend.run(endless()), backend.run(bell())]))", "interrupt"),
        ("asyncio.run(one())", "interrupt"),
        # asyncio's own frames in the traceback hold what was gathered.
        ("asyncio.run(several())", "None"),
    ],
    ids=["wait_all", "as_completed", "await", "gather"],
)
def test_ctrl_c_while_waiting_in_other_ways_stops_what_nobody_holds(start, wait, keep):
    program = start(f"""
import asyncio
async def one():
    await backend.run(endless())
async def several():
    await asyncio.gather(backend.run(endless()), backend.run(bell()))
try:
    say_ready_when_it_waits()
    {wait}
except KeyboardInterrupt as interrupt:
    say("interrupted")
    kept = {keep}
assert eventually(60, nothing_runs), "work goes on"
""")
    assert interrupt(program) < INTERRUPTED_WITHIN_S
    assert end(program) == ("", "")


@pytest.mark.parametrize("wait", ["result()", "wait_for_final_state()", "wait_for_final_state(callback=print_nothing)"])
def test_ctrl_c_leaves_a_job_that_is_held_running(start, wait):
    program = start(f"""
def print_nothing(*_): pass
job = backend.run(deep())
assert eventually(60, job.running)
try:
    say_ready_when_it_waits()
    job.{wait}
except KeyboardInterrupt:
    say("interrupted")
before = job.progress().done
assert job.running()
assert eventually(60, lambda: job.progress().done > before)
job.cancel()
assert eventually(60, nothing_runs)
""")
    assert interrupt(program) < INTERRUPTED_WITHIN_S
    assert end(program) == ("", "")


def test_an_uncaught_ctrl_c_ends_the_program(start):
    program = start("say_ready_when_it_waits()\nbackend.run(endless()).result()\n")
    assert read_word(program) == "ready"
    program.send_signal(signal.SIGINT)
    pressed = time.monotonic()
    _, error = program.communicate(timeout=PATIENCE_S)
    assert time.monotonic() - pressed < ENDS_WITHIN_S
    assert "KeyboardInterrupt" in error


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_is_told_that_the_job_is_its_parents(start):
    program = start("""
running, waiting = [backend.run(endless()) for _ in range(available_cores())], backend.run(bell())
calls = []
waiting.add_done_callback(lambda job: calls.append(os.getpid()))
assert eventually(60, lambda: all(job.running() for job in running))

# Fork in the worst moment: another thread holds the lock of a job.
held, go_on = threading.Event(), threading.Event()
def hold():
    with running[0]._run._changed:
        held.set()
        go_on.wait()
threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(60)
    try:
        for job in [*running, waiting]:
            assert job.status() is JobStatus.ERROR
            assert "forked child" in job.error_message()
            try:
                job.result(timeout=1)
            except JobError as error:
                assert "process that submitted it" in str(error)
            else:
                raise AssertionError("a result")
        job = backend.run(bell(), shots=30)
        assert sum(job.result(timeout=60).get_counts().values()) == 30
        say("child")
    except BaseException as error:
        say(repr(error))
    os._exit(0)
go_on.set()
assert os.waitpid(child, 0)[1] == 0
assert all(job.running() for job in running)
for job in running:
    job.cancel()
assert waiting.result(timeout=60).success
assert eventually(60, lambda: calls)
say("parent", calls == [os.getpid()])
""")
    assert read_word(program) == "child"
    assert read_word(program) == "parent True"
    end(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_leaves_no_word_about_its_parents_jobs(start):
    program = start("""
job = backend.run(endless())
child = os.fork()
if not child:
    signal.alarm(60)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert not job.in_final_state()
job.cancel()
""")
    assert end(program) == ("", "")


def test_jobs_run_in_spawned_processes(tmp_path, start):
    program = start("""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def counts_of(seed):
    job = backend.run(bell(), shots=100, seed_simulator=seed)
    return os.getpid(), job.result().get_counts()

def job_of(seed):
    job = backend.run(bell(), shots=100, seed_simulator=seed)
    job.wait_for_final_state()
    return job

if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as processes:
        for seed, (process, counts) in enumerate(processes.map(counts_of, range(3))):
            assert process != os.getpid()
            assert counts == counts_of(seed)[1]
        job = processes.submit(job_of, 5).result(timeout=50)
        assert job.result().get_counts() == counts_of(5)[1]
    say("done")
""")
    assert read_word(program) == "done"
    assert end(program) == ("", "")


def test_a_slow_done_callback_does_not_hold_up_leaving(start):
    program = start("""
job = backend.run(endless())
job.add_done_callback(lambda job: time.sleep(50))
say("ready")
""")
    read_word(program)
    began = time.monotonic()
    error = end(program)[1]
    assert time.monotonic() - began < ENDS_WITHIN_S
    assert "cancelled 1 job that was still running at exit" in error


def test_a_forked_child_calls_nobody_back(start):
    program = start("""
job = backend.run(endless())
job.add_done_callback(lambda job: say("called in", "the parent" if os.getpid() == parent else "a child"))
parent = os.getpid()
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
job.cancel()
""")
    assert end(program)[0] == "called in the parent\n"
