"""A queue, the services that serve it as processes of their own, and what its clients were told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import psutil
from qiskit import QuantumCircuit

from queuebit import JobQueue
from queuebit.queue import QueueBackend, QueueJob
from queuebit.store import JobEvent, JobState
from queuebit.store.records import Part, ShotRange
from queuebit.worker.hints import send_hint
from queuebit.worker.liveness import is_alive, process_started

from .history import Acknowledged, Report, examined, files_of_nobody

REPOSITORY = Path(__file__).parents[2]

MODULE_PATH = (Path(__file__).parent / "backends", Path(__file__).parents[1] / "worker" / "backends")
"""Where the odd backends are."""

TORTURE = "torture_backends:TortureBackend"

PATIENCE_S = 90.0
"""For a loaded machine; nothing takes so long."""


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def states(number: int, num_qubits: int = 11) -> list[QuantumCircuit]:
    """Circuits whose statevectors are so large that each is a file."""
    circuits = []
    for index in range(number):
        circuit = QuantumCircuit(num_qubits, name=f"state {index}")
        for qubit in range(num_qubits):
            circuit.ry(0.1 + index + qubit, qubit)
        circuits.append(circuit)
    return circuits


def odd(names: Iterable[str]) -> list[QuantumCircuit]:
    """Circuits whose names say what the torture backend does for them."""
    return [QuantumCircuit(1, 1, name=name) for name in names]


def branching(angle: float = 1.0) -> QuantumCircuit:
    """A circuit each of whose shots goes its own way."""
    circuit = QuantumCircuit(4, 4, name=f"branching {angle}")
    for layer in range(6):
        circuit.ry(angle + layer, range(4))
        circuit.cx([0, 2], [1, 3])
        circuit.measure(range(4), range(4))
        with circuit.if_test((layer % 4, 1)):
            circuit.x(3)
    circuit.measure(range(4), range(4))
    return circuit


def of_shots(circuit: int, shots: int, number: int) -> tuple[Part, ...]:
    """The shots of a circuit in so many parts."""
    ends = [shots * piece // number for piece in range(number + 1)]
    return tuple(Part(circuit, 1, ShotRange(first, after - first)) for first, after in pairwise(ends))


def run_in_parts(backend: QueueBackend, circuits: Any, parts: Sequence[Part], **options: Any) -> QueueJob:
    """Submit a job that is cut as the test says, whatever it would cost."""
    prepared = backend.prepare(circuits, **options)
    (job,) = backend.queue.run_many([replace(prepared, job=replace(prepared.job, parts=tuple(parts)))])
    return job


def environment(failpoint: str = "", **variables: str) -> dict[str, str]:
    """The environment of a process that finds this package, the tests and the odd backends."""
    found = {**os.environ, "QUEUEBIT_MODULE_PATH": os.pathsep.join(map(str, MODULE_PATH)), **variables}
    paths = [*map(str, MODULE_PATH), *filter(None, [os.environ.get("PYTHONPATH")])]
    found["PYTHONPATH"] = os.pathsep.join(paths)
    if failpoint:
        found["QUEUEBIT_FAILPOINT"] = failpoint
    return found


class Laboratory:
    """A queue in a folder of its own.

    Attributes:
        queue: the queue, which starts no service by itself.
        told: what this process was told of its jobs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queue = JobQueue(path, start_worker=False)
        self.store = self.queue.store
        self.told: dict[str, Acknowledged] = {}
        self._processes: list[subprocess.Popen[str]] = []

    # Processes.

    def start(self, command: Sequence[str], *, failpoint: str = "", **options: Any) -> subprocess.Popen[str]:
        """Start a process in a session of its own; it ends with the laboratory at the latest."""
        log = options.pop("log", self.path.with_name("processes.log"))
        environ = environment(failpoint, **options.pop("variables", {}))
        with log.open("ab") as output:
            options = {"stderr": output, "stdout": output, "start_new_session": True, "cwd": REPOSITORY, **options}
            process = subprocess.Popen(command, text=True, env=environ, **options)
        self._processes.append(process)
        return process

    def serve(
        self, *options: str, processes: int | None = 1, failpoint: str = "", log: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start a service; without a number of processes where those aren't its own."""
        command = [sys.executable, "-m", "queuebit.worker", str(self.path), *options]
        command += [] if processes is None else ["--processes", str(processes)]
        return self.start(command, failpoint=failpoint, **({} if log is None else {"log": log}))

    def services(self) -> list[int]:
        """The processes of the services that are registered and alive."""
        return [worker.pid for worker in self.store.workers() if is_alive(worker)]

    def children(self, service: int) -> list[int]:
        """The processes that a service has started."""
        try:
            return [child.pid for child in psutil.Process(service).children()]
        except psutil.NoSuchProcess:
            return []

    def stop(self, service: subprocess.Popen[str]) -> int:
        """Tell a service to end, and return its exit code."""
        service.send_signal(signal.SIGTERM)
        return service.wait(PATIENCE_S)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    close_quietly(stream)
        self.queue.close()

    # Jobs.

    def run(
        self, circuits: Any, backend: str = "basic_simulator", *, errors: Iterable[str] = (), **options: Any
    ) -> str:
        """Submit a job, and note what was told of it."""
        job = self.queue.get_backend(backend).run(circuits, **options)
        self.note(job, errors=errors, seed=options.get("seed_simulator"))
        return job.job_id()

    def run_in_parts(
        self, circuits: Any, parts: Sequence[Part], backend: str = "basic_simulator", **options: Any
    ) -> str:
        """Submit a job that is cut as the test says, and note what was told of it."""
        job = run_in_parts(self.queue.get_backend(backend), circuits, parts, **options)
        self.note(job, seed=options.get("seed_simulator"))
        return job.job_id()

    def odd(self, *names: str, **options: Any) -> str:
        """Submit a job of the torture backend."""
        return self.run(odd(names), TORTURE, **options)

    def note(self, job: QueueJob, *, errors: Iterable[str] = (), **told: Any) -> None:
        """Note that a job was acknowledged."""
        known = {"num_circuits": self.store.get(job.job_id()).num_circuits, **told}
        self.told[job.job_id()] = Acknowledged(errors=frozenset({"worker_lost", *errors}), **known)

    def cancel(self, job_id: str) -> None:
        """Cancel a job, and note the answer."""
        answer = self.queue.job(job_id).cancel()
        if answer:
            self.told[job_id] = replace(self.told[job_id], cancelled=True)
        send_hint(*(worker.port for worker in self.store.workers()))

    def state(self, job_id: str) -> JobState:
        """Where a job stands; a final state is noted."""
        record = self.store.get(job_id)
        if job_id in self.told:
            told = self.told[job_id]
            attempt = max(told.attempt, record.attempt)
            self.told[job_id] = replace(told, attempt=attempt, final=record.state if record.is_final else told.final)
        return record.state

    def story(self, job_id: str) -> list[JobEvent]:
        """What has happened to a job, but for claims ahead that came to nothing: there are such on a busy machine."""
        story: list[JobEvent] = []
        for event in self.store.events(job_id):
            if event.event is JobEvent.RELEASE and "claimed ahead" in event.reason:
                assert story.pop() is JobEvent.CLAIM
            else:
                story.append(event.event)
        return story

    def error(self, job_id: str) -> Mapping[str, Any]:
        """The error of a job that must fail."""
        self.until_final([job_id])
        assert self.state(job_id) is JobState.ERROR
        return self.store.get(job_id).error or {}

    # Waiting and checking.

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() >= deadline:
                raise AssertionError(f"{what}: not within {PATIENCE_S:g} s; {self.log()}")
            time.sleep(0.005)

    def until_running(self, job_id: str) -> None:
        """Wait for a job's beginning."""
        self.until(lambda: self.state(job_id) is JobState.RUNNING, f"the beginning of {job_id}")

    def until_final(self, job_ids: Iterable[str]) -> None:
        """Wait for jobs' ends."""
        for job_id in job_ids:
            self.until(lambda job=job_id: self.store.get(job).is_final, f"the end of {job_id}")
            self.state(job_id)

    def drain(self) -> None:
        """Have a service run what there is and collect what was left, and end it."""
        service = self.serve(processes=2)
        # Before, a signal would end it as it ends any program.
        self.until(lambda: service.pid in self.services(), "the service")
        self.until_final(job.job_id for job in self.store.jobs(limit=None))
        self.until(lambda: not files_of_nobody(self.store), "the collection of orphans")
        assert self.stop(service) == 0, self.log()

    def check(self, *, is_drained: bool = True) -> Report:
        """Check the history; nobody may be writing."""
        report = examined(self.path, self.told, is_drained=is_drained)
        assert report.violations == []
        return report

    def log(self) -> str:
        """What the processes have said, its end."""
        return self.path.with_name("processes.log").read_text(errors="replace")[-3000:]


def close_quietly(stream: IO[str]) -> None:
    """Close the end of a pipe whose other end may be gone."""
    try:
        stream.close()
    except OSError:
        return


def is_running(pid: int) -> bool:
    """Tell whether a process is there, and not dead already."""
    return process_started(pid) is not None
