"""Parts of a child, and of what the service has of it, each by itself."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest

from queuebit.engines import Control, RunCancelledError
from queuebit.engines.choosing import compile_chosen
from queuebit.providers.basic_provider import BasicSimulator
from queuebit.worker import module_path
from queuebit.worker.circuit_runs import circuit_runs
from queuebit.worker.control_block import ControlBlock
from queuebit.worker.executors.child_process import Death
from queuebit.worker.failure import failure
from queuebit.worker.stop_signals import StopRequests
from queuebit.worker.usage import Usage


@pytest.fixture
def blocks():
    """Both sides' view of one control block."""
    descriptor = ControlBlock.new_descriptor()
    yield ControlBlock(descriptor), ControlBlock(descriptor)
    os.close(descriptor)


def test_a_control_block_is_seen_by_both_sides_and_is_an_engines_control(blocks):
    service, child = blocks
    control = Control(child.control)
    assert service.progress == (0, 0)
    child.expect(10)
    control.done += 4
    assert service.progress == (4, 10)
    service.cancel()
    assert child.cancelled
    with pytest.raises(RunCancelledError):
        control.raise_if_cancelled()
    service.clear()
    assert service.progress == (0, 0)
    assert not child.cancelled
    assert not control.cancelled


def test_progress_never_passes_its_end(blocks):
    service, child = blocks
    child.expect(10)
    Control(child.control).done = 12
    assert service.progress == (10, 10)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is that of the process")
def test_usage_is_each_runs_own():
    usage = Usage()
    array = np.ones(2**24)
    large = usage.of_run()
    del array
    usage.begin()
    small = usage.of_run()
    assert large["peak_memory_bytes"] - small["peak_memory_bytes"] > 100 * 2**20
    assert small["cpu_s"] < large["process_cpu_s"] <= small["process_cpu_s"]
    assert small["memory_bytes"] <= small["peak_memory_bytes"]


def test_a_failure_keeps_no_more_of_a_text_than_anyone_reads_and_what_utf8_cant_hold():
    kept = failure(ValueError("x" * 10**6 + "\ud800"), circuit_index=1, circuit_name="\udcff")
    assert kept["type"] == "ValueError"
    assert len(kept["message"]) < 100_000
    assert kept["message"].endswith("\\ud800")
    assert kept["circuit_name"] == "\\udcff"
    assert len(kept["traceback"]) < 100_000


def test_a_failure_without_a_message_has_its_type():
    assert failure(KeyboardInterrupt())["message"] == "KeyboardInterrupt"


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (0, "exit code 0"),
        (-11, "SIGSEGV"),
        (-9, "SIGKILL, perhaps because the machine had no memory left"),
        (-200, "signal 200"),
    ],
)
def test_a_death_has_a_reason(exit_code, words):
    assert Death(exit_code=exit_code, cpu_s=0.0, peak_memory_bytes=0).reason.endswith(words)


def test_requests_to_stop_are_counted():
    requests = StopRequests()
    requests.read()
    assert requests.count == 0
    requests.add()
    requests.add()
    requests.read()
    assert requests.count == 2
    requests.close()
    requests.add()


def test_ignored_signals_stay_ignored_and_others_are_requests():
    code = """if True:
        import os, signal, time
        from queuebit.worker.stop_signals import StopRequests
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        before = signal.getsignal(signal.SIGTERM)
        requests = StopRequests()
        with requests.from_signals():
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                os.kill(os.getpid(), number)
            requests.read()
        print(requests.count, signal.getsignal(signal.SIGTERM) is before)
    """
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["2", "True"]


@pytest.mark.parametrize(
    ("backend_threads", "option", "expected"),
    [(None, {}, 3), (None, {"threads": 2}, 2), (1, {}, 1), (1, {"threads": 2}, 2)],
)
def test_a_local_backend_is_told_how_many_threads_it_has(blocks, bell, monkeypatch, backend_threads, option, expected):
    choices = []

    def compile_spied(circuit, choice, **more):
        choices.append(choice)
        return compile_chosen(circuit, choice, **more)

    monkeypatch.setattr("queuebit.providers.local.backend.compile_chosen", compile_spied)
    backend = BasicSimulator(threads=backend_threads)
    runs = circuit_runs(backend, option, blocks[0], job_id=str(uuid.uuid4()), num_circuits=1, threads=3)
    runs.run(0, bell)
    assert [choice.threads or choice.usual_threads for choice in choices] == [expected]


def test_children_look_where_the_service_and_its_program_were(monkeypatch, tmp_path):
    of_python = [str(Path(module.__file__).parent) for module in (np, os)]
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", str(tmp_path / "none"), *of_python])
    environment = module_path.environment_of_program()
    monkeypatch.setenv("QUEUEBIT_MODULE_PATH", environment["QUEUEBIT_MODULE_PATH"])
    assert module_path.module_path() == [str(Path.cwd()), str(tmp_path)]
