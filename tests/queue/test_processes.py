"""Jobs outlive the process that submits them, and any other finds them: with detached services, as users have them."""

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queuebit import JobQueue
from queuebit.providers import JobStatus
from queuebit.worker.launcher import ensure_worker
from queuebit.worker.liveness import is_alive

LIMIT_S = 60

HEAD = """
import sys, json
from qiskit import QuantumCircuit
from queuebit import JobQueue

bell = QuantumCircuit(2, name="bell")
bell.h(0)
bell.cx(0, 1)
bell.measure_all()
path = sys.argv[1]
"""


@pytest.fixture
def run_program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a program in another process; it gets the queue's path, and more."""
    started: list[subprocess.Popen[str]] = []

    def start(body: str, *arguments: object) -> subprocess.Popen[str]:
        script = tmp_path / f"program{len(started)}.py"
        script.write_text(HEAD + body)
        command = [sys.executable, str(script), *map(str, arguments)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A new queue's path; the services that were started for it end with the test."""
    path = tmp_path / "lab.db"
    yield path
    with JobQueue(path, start_worker=False) as queue:
        for worker in queue.store.workers():
            if is_alive(worker):
                os.kill(worker.pid, signal.SIGTERM)
                os.kill(worker.pid, signal.SIGTERM)
        deadline = time.monotonic() + LIMIT_S
        while any(is_alive(worker) for worker in queue.store.workers()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def answer(process):
    output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    return output.strip()


def test_a_job_is_run_by_a_service_that_the_queue_starts(path, bell):
    with JobQueue(path) as queue:
        job = queue.get_backend("basic_simulator").run(bell, shots=100)
        assert sum(job.result(LIMIT_S).get_counts().values()) == 100
        (worker,) = queue.store.workers()
        assert is_alive(worker)
        assert worker.pid != os.getpid()
        assert queue.get_backend("basic_simulator").run(bell).result(LIMIT_S).success
        assert queue.store.workers() == [worker]


def test_two_processes_find_each_others_jobs(served, bell, run_program):
    ours = served.get_backend("basic_simulator").run(bell, shots=40)
    program = """
queue = JobQueue(path)
counts = queue.job(sys.argv[2]).result(60).get_counts()
print(json.dumps([counts, queue.get_backend("basic_simulator").run(bell, shots=30, name="theirs").job_id()]))
"""
    counts, theirs = json.loads(answer(run_program(program, served.path, ours.job_id()[:13])))
    assert counts == ours.result(LIMIT_S).get_counts()
    found = served.job(theirs)
    assert found.name == "theirs"
    assert sum(found.result(LIMIT_S).get_counts().values()) == 30


def test_a_job_goes_on_when_its_submitter_is_killed(path, run_program):
    process = run_program(
        """
job = JobQueue(path).get_backend("basic_simulator").run([bell] * 50, shots=20)
print(job.job_id(), flush=True)
import time
time.sleep(60)
""",
        path,
    )
    job_id = process.stdout.readline().strip()
    process.kill()
    process.wait()
    with JobQueue(path, start_worker=False) as queue:
        result = queue.job(job_id).result(LIMIT_S)
    assert [sum(result.get_counts(index).values()) for index in range(50)] == [20] * 50


def test_a_pickled_job_is_the_same_job_elsewhere_and_can_be_cancelled_there(
    served, gated_backends, gate, bell, run_program, until
):
    done = served.get_backend("basic_simulator").run(bell, shots=25)
    running = served.get_backend(gated_backends).run(bell, gate=str(gate))
    until(running.running)
    program = """
import pickle
done, running = pickle.loads(bytes.fromhex(sys.argv[2]))
print(json.dumps([done.job_id(), done.result(60).get_counts(), running.status().name, running.cancel()]))
"""
    told = json.loads(answer(run_program(program, served.path, pickle.dumps([done, running]).hex())))
    assert told == [done.job_id(), done.result(LIMIT_S).get_counts(), "RUNNING", True]
    running.wait_for_final_state(LIMIT_S)
    assert running.status() is JobStatus.CANCELLED


def test_a_wait_brings_a_service_back_that_was_killed(path, gated_backends, gate, bell, until):
    with JobQueue(path) as queue:
        job = queue.get_backend(gated_backends).run(bell, gate=str(gate))
        until(job.running)
        (worker,) = queue.store.workers()
        os.kill(worker.pid, signal.SIGKILL)
        gate.touch()
        assert job.result(LIMIT_S).success
        assert job.usage().attempts == 2
        assert [event.event for event in job.events()] == ["submit", "claim", "lose", "claim", "finish"]


def test_a_queue_that_starts_no_worker_starts_none(path, bell):
    with JobQueue(path, start_worker=False) as queue:
        job = queue.get_backend("basic_simulator").run(bell)
        with pytest.raises(TimeoutError):
            job.result(timeout=0.2)
        assert queue.store.workers() == []
        ensure_worker(path)
        assert job.result(LIMIT_S).success


def test_a_worker_that_can_not_be_started_is_reported_and_the_job_waits(path, bell, monkeypatch, caplog):
    def fail(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr("queuebit.queue.workers.ensure_worker", fail)
    with JobQueue(path) as queue:
        job = queue.get_backend("basic_simulator").run(bell)
        assert job.status() is JobStatus.QUEUED
    assert "no worker can be started" in caplog.text
    assert "queuebit worker" in caplog.text


def test_services_are_looked_for_once_a_second_not_once_a_job(path, bell, monkeypatch):
    with JobQueue(path, start_worker=False) as queue:
        asked = []
        workers = queue.store.workers
        monkeypatch.setattr(queue.store, "workers", lambda: asked.append(1) or workers())
        simulator = queue.get_backend("basic_simulator")
        started = time.monotonic()
        for _ in range(100):
            simulator.run(bell)
        assert len(asked) <= 1 + (time.monotonic() - started)


def test_a_service_that_never_comes_is_not_started_for_ever(path, bell, monkeypatch, caplog):
    now, started = [1000.0], []
    monkeypatch.setattr("queuebit.queue.workers.ensure_worker", lambda *_, **__: started.append(now[0]))
    with JobQueue(path) as queue:
        monkeypatch.setattr("queuebit.queue.workers.time.monotonic", lambda: now[0])
        for _ in range(2000):
            queue._workers.ensure()
            now[0] += 0.5
    gaps = [round(later - earlier) for earlier, later in itertools.pairwise(started)]
    assert gaps[:5] == [10, 20, 40, 80, 160]
    assert max(gaps) == 300
    assert "isn't there; starting another one" in caplog.text
