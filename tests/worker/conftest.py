"""Jobs for the worker, a service that runs them, and bounded waiting for what it does."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from qiskit import QuantumCircuit
from qiskit.result.models import ExperimentResult

from queuebit.codec.circuits import encode_circuit
from queuebit.codec.json_values import checked_json
from queuebit.codec.results import decode_result
from queuebit.store import JobEvent, JobRecord, JobState, JobStore, Limits, NewJob, open_store
from queuebit.worker.hints import HintListener, send_hint
from queuebit.worker.liveness import process_started
from queuebit.worker.service import WorkerService

# For a loaded machine; nothing takes so long.
PATIENCE_S = 60.0

ODD_BACKENDS = Path(__file__).parent / "backends"


@pytest.fixture(scope="session", autouse=True)
def module_path() -> Iterator[None]:
    """Children find the odd backends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUEUEBIT_MODULE_PATH", str(ODD_BACKENDS))
        yield


def odd(*names: str) -> list[QuantumCircuit]:
    """Circuits whose names say what the odd backend does for them."""
    return [QuantumCircuit(1, 1, name=name) for name in names]


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def new_job(
    circuits: QuantumCircuit | Sequence[QuantumCircuit], backend: str = "basic_simulator", **fields: Any
) -> NewJob:
    circuits = [circuits] if isinstance(circuits, QuantumCircuit) else circuits
    return NewJob(
        job_id=str(uuid.uuid4()),
        backend_name=backend,
        backend_options=checked_json(fields.pop("backend_options", {}), "the backend's options"),
        circuits=tuple(encode_circuit(circuit) for circuit in circuits),
        options=checked_json(fields.pop("options", {}), "the options"),
        limits=Limits(
            **{name: fields.pop(name) for name in list(fields) if name in Limits.__dataclass_fields__},
        ),
        **fields,
    )


class Lab:
    """A store, and what tests do with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: JobStore = open_store(path)
        self._listener = HintListener()

    new_job = staticmethod(new_job)

    def submit(
        self, circuits: QuantumCircuit | Sequence[QuantumCircuit], backend: str = "basic_simulator", **fields: Any
    ) -> str:
        (record,) = self.store.submit([new_job(circuits, backend, **fields)])
        self.hint()
        return record.job_id

    def submit_odd(self, *names: str, backend: str = "odd_backends:OddBackend", **fields: Any) -> str:
        return self.submit(odd(*names), backend, **fields)

    def hint(self) -> None:
        send_hint(*(worker.port for worker in self.store.workers()))

    def cancel(self, job_id: str) -> None:
        self.store.request_cancel([job_id])
        self.hint()

    def until(self, condition: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> None:
        """Wait until a condition holds that depends on what services write."""
        deadline = time.monotonic() + limit_s
        while True:
            self._listener.subscribe(worker.port for worker in self.store.workers())
            if condition():
                return
            if time.monotonic() >= deadline:
                raise AssertionError(f"{what}: not within {limit_s:g} s")
            self._listener.wait(0.02)

    def until_final(self, job_id: str, limit_s: float = PATIENCE_S) -> JobRecord:
        self.until(lambda: self.store.get(job_id).is_final, f"the end of {job_id}", limit_s)
        return self.store.get(job_id)

    def until_running(self, job_id: str) -> None:
        self.until(lambda: self.store.get(job_id).state is JobState.RUNNING, f"the beginning of {job_id}")

    def done(self, job_id: str) -> list[ExperimentResult]:
        """The results of a job that must succeed."""
        record = self.until_final(job_id)
        assert record.state is JobState.DONE, record.error
        return [decode_result(stored, self.store.files) for stored in self.store.results(job_id)]

    def error(self, job_id: str) -> dict[str, Any]:
        """The error of a job that must fail."""
        record = self.until_final(job_id)
        assert record.state is JobState.ERROR
        return dict(record.error or {})

    def story(self, job_id: str) -> list[JobEvent]:
        return [event.event for event in self.store.events(job_id)]

    def pid(self) -> int:
        """The process of a child that is idle."""
        (result,) = self.done(self.submit_odd("nothing"))
        return int(result.metadata["pid"])

    def close(self) -> None:
        self.store.close()
        self._listener.close()


class ServiceThread:
    """A service in a thread of this process; its children are real ones."""

    def __init__(self, store: JobStore, **options: Any) -> None:
        self.service = WorkerService(store, **options)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="service", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.service.run()
        except BaseException as error:
            self.error = error

    def join(self, limit_s: float = PATIENCE_S) -> None:
        self._thread.join(limit_s)
        assert not self._thread.is_alive(), f"the service didn't end within {limit_s:g} s"

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.service.request_stop()
            self.service.request_stop()
        self.join()
        if self.error is not None:
            raise self.error


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, module_path: None) -> Iterator[Lab]:
    """A store that a service with two children serves, for all tests that leave it as they found it."""
    lab = Lab(tmp_path_factory.mktemp("served") / "lab.db")
    service = ServiceThread(lab.store, processes=2)
    yield lab
    service.stop()
    lab.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A store that nobody serves yet."""
    lab = Lab(tmp_path / "lab.db")
    yield lab
    lab.close()


@pytest.fixture
def serve(lab: Lab) -> Iterator[Callable[..., ServiceThread]]:
    """Starts services for the lab, which end with the test."""
    started: list[ServiceThread] = []

    def start(**options: Any) -> ServiceThread:
        """Serve with one child, or as the options say."""
        started.append(ServiceThread(lab.store, **{"processes": 1, **options}))
        return started[-1]

    yield start
    for service in started:
        service.stop()


@pytest.fixture(name="new_job")
def new_job_fixture() -> Callable[..., NewJob]:
    """Makes a job that isn't submitted yet."""
    return new_job


@pytest.fixture(name="bell")
def bell_fixture() -> QuantumCircuit:
    return bell()


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    """Tells whether a process is there, and not dead already."""
    return lambda pid: process_started(pid) is not None


@pytest.fixture
def children_of() -> Callable[[int], list[int]]:
    """Lists the processes that a process has started."""
    return lambda pid: [child.pid for child in psutil.Process(pid).children()]
