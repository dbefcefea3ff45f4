"""A queue that a service serves, and one that nobody serves."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

from queuebit import JobQueue
from queuebit.queue import QueueBackend
from queuebit.store import open_store
from queuebit.worker.service import WorkerService

BACKENDS = Path(__file__).parent / "backends"

# For a loaded machine; nothing takes so long.
PATIENCE_S = 60.0


class Service:
    """A worker service in a thread of this process; its children are processes."""

    def __init__(self, path: Path, processes: int = 1) -> None:
        self._store = open_store(path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("QUEUEBIT_MODULE_PATH", str(BACKENDS))
            self._service = WorkerService(self._store, processes=processes)
        self._thread = threading.Thread(target=self._service.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._service.request_stop()
        self._service.request_stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._store.close()


@pytest.fixture(scope="session", autouse=True)
def gated_backends() -> Iterator[str]:
    """The name of a backend whose runs wait for a file; this process finds it, and so do the workers' children."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(BACKENDS)])
        yield "gated_backends:GatedBackend"


@pytest.fixture(scope="session")
def served_path(tmp_path_factory: pytest.TempPathFactory, gated_backends: str) -> Iterator[Path]:
    """The path of a queue that a service with two processes serves, for all tests that leave no job behind."""
    path = tmp_path_factory.mktemp("served") / "lab.db"
    service = Service(path, processes=2)
    yield path
    service.stop()


@pytest.fixture
def served(served_path: Path) -> Iterator[JobQueue]:
    """A queue whose jobs run."""
    with JobQueue(served_path, start_worker=False) as queue:
        yield queue


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    """A new queue, which nobody serves: its jobs stay QUEUED."""
    with JobQueue(tmp_path / "lab.db", start_worker=False) as queue:
        yield queue


@pytest.fixture
def serve() -> Iterator[Callable[[JobQueue], None]]:
    """Starts a service with one process for a queue; it ends with the test."""
    started: list[Service] = []
    yield lambda queue: started.append(Service(queue.path))
    for service in started:
        service.stop()


@pytest.fixture
def simulator(queue: JobQueue) -> QueueBackend:
    """A backend of the queue that nobody serves."""
    return queue.get_backend("basic_simulator")


@pytest.fixture
def layers() -> QuantumCircuit:
    """Some milliseconds of work, the shots of which are sampled from one state."""
    circuit = QuantumCircuit(16, 16, name="layers")
    for layer in range(12):
        circuit.rx(0.1 * (layer + 1), range(16))
        for qubit in range(layer % 2, 15, 2):
            circuit.cx(qubit, qubit + 1)
    circuit.measure(range(16), range(16))
    return circuit


@pytest.fixture
def branching() -> QuantumCircuit:
    """About 0.1 ms of work for each shot, which go each their own way."""
    circuit = QuantumCircuit(12, 12, name="branching")
    for _ in range(4):
        circuit.ry(1.0, range(12))
        circuit.cx(range(0, 12, 2), range(1, 12, 2))
        circuit.measure(range(12), range(12))
    circuit.h(0)
    return circuit


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that isn't there; jobs of the gated backend that are given its name run until it is."""
    path = tmp_path / "gate"
    yield path
    path.touch()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"it didn't come to hold within {PATIENCE_S} s"
            time.sleep(0.002)

    return wait
