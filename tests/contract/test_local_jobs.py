"""The job contract on both local job classes, built each of the ways, without a single deviation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, ClassVar

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types
from qiskit.providers import BackendV2, JobV1
from qiskit.result import Result

from queuebit.providers.basic_provider import BasicProvider, BasicProviderJob
from queuebit.providers.basicaer import BasicAer, BasicAerJob
from queuebit.providers.local.backend import LocalBackend
from queuebit.providers.local_executor import available_cores
from queuebit.providers.local_job import LocalJob
from queuebit.testing import JobContract
from queuebit.testing.work import Work, end_unsuccessfully, hold, succeed


class FromCallable(JobContract):
    job_class: ClassVar[type[LocalJob]]

    def make_job(self, work: Work, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return self.job_class(backend, job_id, work, **metadata)

    def queued_job(self, release: Event) -> JobV1:
        self.ahead = [self.running_job(release) for _ in range(available_cores())]
        assert self.soon(lambda: all(job.running() for job in self.ahead))
        return self.running_job(release)


class FromFuture(JobContract):
    job_class: ClassVar[type[LocalJob]]
    unavailable: ClassVar = {"unsubmitted": "whoever made the future has submitted its work"}

    @pytest.fixture(autouse=True)
    def _executors(self) -> Iterator[None]:
        with ThreadPoolExecutor() as executor, ThreadPoolExecutor(max_workers=1) as one_by_one:
            self.executor, self.one_by_one = executor, one_by_one
            yield

    def make_job(self, work: Work, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return self.job_class(backend, job_id, self.executor.submit(work), **metadata)

    def queued_job(self, release: Event) -> JobV1:
        self.one_by_one.submit(hold(release))
        return self.job_class(None, "queued", self.one_by_one.submit(succeed))


class FromResult(JobContract):
    job_class: ClassVar[type[LocalJob]]
    unavailable: ClassVar = dict.fromkeys(
        ("unsubmitted", "queued", "running", "cancelled", "failing"), "it is made from a result that is there"
    )

    def constructed_job(self, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return self.from_result(succeed(), backend, job_id, **metadata)

    def finished_job(self) -> JobV1:
        return self.from_result(succeed(), None, "finished")

    def unsuccessful_job(self) -> JobV1:
        return self.from_result(end_unsuccessfully(), None, "unsuccessful")

    def from_result(self, result: Result, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return self.job_class(backend, job_id, result, **metadata)


class FromBackend(JobContract):
    backend: ClassVar[LocalBackend]
    failure_text = "division of 1 by zero"
    unavailable: ClassVar = {
        "constructed": "run() chooses the id, and takes no metadata",
        "unsubmitted": "run() submits",
        "unsuccessful": "a circuit that fails raises",
        "release": "a circuit can't be told to end",
    }

    @pytest.fixture(autouse=True)
    def _ahead(self) -> Iterator[None]:
        self.ahead: list[JobV1] = []
        yield
        for job in self.ahead:
            job.cancel()

    def finished_job(self) -> JobV1:
        return self.backend.run(bell(), shots=10)

    def failing_job(self) -> JobV1:
        return self.backend.run(dividing_by_zero(), shots=10)

    def running_job(self, release: Event) -> JobV1:
        return self.backend.run(endless(), shots=10)

    def queued_job(self, release: Event) -> JobV1:
        self.ahead = [self.running_job(release) for _ in range(available_cores())]
        assert self.soon(lambda: all(job.running() for job in self.ahead))
        return self.finished_job()


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


def endless() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1, name="endless")
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
    circuit.measure(0, 0)
    return circuit


class TestBasicProviderJobFromCallable(FromCallable):
    job_class = BasicProviderJob


class TestBasicProviderJobFromFuture(FromFuture):
    job_class = BasicProviderJob


class TestBasicProviderJobFromResult(FromResult):
    job_class = BasicProviderJob


class TestBasicProviderJobFromBackend(FromBackend):
    backend = BasicProvider().get_backend("basic_simulator")


class TestBasicAerJobFromCallable(FromCallable):
    job_class = BasicAerJob


class TestBasicAerJobFromFuture(FromFuture):
    job_class = BasicAerJob


class TestBasicAerJobFromResult(FromResult):
    job_class = BasicAerJob


class TestBasicAerJobFromBackend(FromBackend):
    backend = BasicAer.get_backend("qasm_simulator")
