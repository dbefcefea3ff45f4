"""The job contract on the durable queue's job, with a real store, service and children, without a single deviation."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types
from qiskit.providers import JobV1

from queuebit import JobQueue
from queuebit.queue import QueueJob
from queuebit.store import open_store
from queuebit.testing import JobContract
from queuebit.worker.service import WorkerService

BACKENDS = Path(__file__).parent.parent / "queue" / "backends"
GATED = "gated_backends:GatedBackend"


class Service:
    """A worker service in a thread of this process; its children are processes."""

    def __init__(self, path: Path, processes: int) -> None:
        self._store = open_store(path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("QUEUEBIT_MODULE_PATH", str(BACKENDS))
            self._service = WorkerService(self._store, processes=processes)
        self._thread = Thread(target=self._service.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._service.request_stop()
        self._service.request_stop()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._store.close()


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobQueue]:
    """A queue that a service with two processes serves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(BACKENDS)])
        path = tmp_path_factory.mktemp("contract") / "lab.db"
        service = Service(path, processes=2)
        with JobQueue(path, start_worker=False) as queue:
            yield queue
        service.stop()


class TestQueueJob(JobContract):
    failure_text = "division of 1 by zero"
    unavailable: ClassVar = {
        "constructed": "run() chooses the id",
        "unsubmitted": "run() submits",
    }

    @pytest.fixture(autouse=True)
    def _lab(self, queue: JobQueue, tmp_path: Path) -> Iterator[None]:
        self.queue, self.folder = queue, tmp_path
        self.numbers = itertools.count()
        self.is_over = False
        self.later: list[tuple[Thread, list[Service]]] = []
        yield
        self.is_over = True
        for thread, services in self.later:
            thread.join(30)
            for service in services:
                service.stop()

    def finished_job(self) -> JobV1:
        return self.queue.get_backend("basic_simulator").run(bell(), shots=10)

    def failing_job(self) -> JobV1:
        return self.queue.get_backend("basic_simulator").run(dividing_by_zero(), shots=10)

    def unsuccessful_job(self) -> JobV1:
        return self.queue.get_backend(GATED).run(bell(), succeed=False)

    def running_job(self, release: Event) -> JobV1:
        return self.queue.get_backend(GATED).run(bell(), gate=str(self.gate(release)))

    def queued_job(self, release: Event) -> JobV1:
        """A job of a queue that nobody serves before the release."""
        path = self.folder / "queued.db"
        job = JobQueue(path, start_worker=False).get_backend("basic_simulator").run(bell(), shots=10)
        services: list[Service] = []

        def serve() -> None:
            release.wait()
            if not self.is_over:
                services.append(Service(path, processes=1))

        thread = Thread(target=serve, daemon=True)
        thread.start()
        self.later.append((thread, services))
        return job

    def gate(self, release: Event) -> Path:
        """A file that comes with the release."""
        path = self.folder / f"gate{next(self.numbers)}"

        def open_gate() -> None:
            release.wait()
            path.touch()

        Thread(target=open_gate, daemon=True).start()
        return path

    def test_metadata_is_what_was_given_to_run(self) -> None:
        """What `constructed` would show: the metadata are those that were given."""
        metadata: dict[str, Any] = {"owner": "ada", "angles": (1, 2)}
        job = self.queue.get_backend("basic_simulator").run(bell(), shots=10, metadata=metadata)
        assert job.metadata == metadata
        assert isinstance(job, QueueJob)
        assert self.queue.job(job.job_id()).metadata == metadata


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def dividing_by_zero() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1, name="dividing_by_zero")
    nothing = circuit.add_var("nothing", expr.lift(0, types.Uint(4)))
    circuit.store(nothing, expr.div(expr.lift(1, types.Uint(4)), nothing))
    circuit.measure(0, 0)
    return circuit
