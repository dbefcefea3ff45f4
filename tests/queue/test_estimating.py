"""What is left of the jobs in a store, by the estimate that they were cut by."""

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers.fake_provider import GenericBackendV2

from queuebit import JobQueue
from queuebit.queue import planning
from queuebit.queue.estimating import EstimatedJob, estimated_jobs
from queuebit.store import NewJob, StoredResult
from queuebit.store.records import ShotRange
from queuebit.worker.liveness import this_worker

FAKE = "qiskit.providers.fake_provider:GenericBackendV2"


@pytest.fixture(autouse=True)
def cut_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that take no time are cut as if they took long."""
    monkeypatch.setattr(planning, "_WORTH_CUTTING_S", 0.0)
    monkeypatch.setattr(planning, "_SHORTEST_PART_S", 0.0)


def summed(job: EstimatedJob) -> float:
    return sum(part.work.seconds for part in job.parts)


def test_jobs_come_in_the_order_in_which_they_are_handed_out(queue: JobQueue, bell: QuantumCircuit) -> None:
    backend = queue.get_backend()
    names = [backend.run(bell, name=name, priority=priority).name for name, priority in (("a", 0), ("b", 5), ("c", 0))]
    assert names == ["a", "b", "c"]
    assert [job.record.name for job in estimated_jobs(queue.store)] == ["b", "a", "c"]


def test_each_part_is_there_with_its_time_and_memory(queue: JobQueue, bell: QuantumCircuit) -> None:
    wide = QuantumCircuit(18)
    wide.h(range(18))
    wide.measure_all()
    job = queue.get_backend(method="statevector").run([bell, wide, wide], shots=100)
    (found,) = estimated_jobs(queue.store)
    plan = queue.store.parts(job.job_id())
    assert [part.part for part in found.parts] == list(plan)
    assert len(plan) > 1
    assert found.parts[-1].work.seconds > found.parts[0].work.seconds > 0
    assert found.parts[-1].work.memory_bytes is not None
    assert found.parts[-1].work.memory_bytes >= 16 << 18


def test_a_cut_circuit_takes_as_long_as_its_pieces(queue: JobQueue, bell: QuantumCircuit) -> None:
    backend = GenericBackendV2(2, seed=1)
    circuit = transpile(bell, backend)
    queue.get_backend(FAKE, num_qubits=2, seed=1).run(circuit, shots=1000)
    (found,) = estimated_jobs(queue.store)
    assert len(found.parts) > 1
    assert all(part.part.shots is not None for part in found.parts)
    whole = planning.foreign_cost(circuit, backend, {"shots": 1000}, 1000)
    assert summed(found) == pytest.approx(whole.seconds)


def test_of_a_running_job_what_has_no_result_is_left(queue: JobQueue, bell: QuantumCircuit) -> None:
    queue.get_backend().run([bell] * 6)
    (before,) = estimated_jobs(queue.store)
    queue.store.register_worker(this_worker("w", 0))
    (claim,) = queue.store.claim("w", 1)
    done = before.parts[0]
    queue.store.keep_results(
        claim, [StoredResult(index=index, content=b"r") for index in range(done.part.first, done.part.number)]
    )
    (after,) = estimated_jobs(queue.store)
    assert after.parts == before.parts[1:]


def test_of_a_running_circuit_the_pieces_without_a_result_are_left(queue: JobQueue, bell: QuantumCircuit) -> None:
    circuit = transpile(bell, GenericBackendV2(2, seed=1))
    queue.get_backend(FAKE, num_qubits=2, seed=1).run(circuit, shots=1000)
    (before,) = estimated_jobs(queue.store)
    queue.store.register_worker(this_worker("w", 0))
    (claim,) = queue.store.claim("w", 1)
    shots = before.parts[1].part.shots
    assert isinstance(shots, ShotRange)
    queue.store.keep_results(claim, [StoredResult(index=0, content=b"r", shots=shots)])
    (after,) = estimated_jobs(queue.store)
    assert after.parts == (before.parts[0], *before.parts[2:])


def test_a_job_that_shall_be_cancelled_isnt_planned(queue: JobQueue, bell: QuantumCircuit) -> None:
    job = queue.get_backend().run(bell)
    queue.store.register_worker(this_worker("w", 0))
    queue.store.claim("w", 1)
    queue.store.request_cancel([job.job_id()])
    assert estimated_jobs(queue.store) == []


def test_a_job_of_which_nothing_can_be_known_doesnt_hold_up_the_others(queue: JobQueue, bell: QuantumCircuit) -> None:
    for number, (backend, circuit) in enumerate((("no_module_here:Backend", b"c"), ("basic_simulator", b"damaged"))):
        job_id = f"{number:08x}-0000-4000-8000-000000000000"
        queue.store.submit([NewJob(job_id=job_id, backend_name=backend, circuits=(circuit,))])
    queue.get_backend().run(bell)
    no_module, damaged, good = estimated_jobs(queue.store)
    assert "no_module_here" in no_module.reason
    assert damaged.reason
    assert [len(job.parts) for job in (no_module, damaged, good)] == [0, 0, 1]
    assert good.reason == ""


def test_nothing_is_known_of_the_memory_of_circuits_too_wide_for_a_state(queue: JobQueue) -> None:
    wide = QuantumCircuit(50)
    wide.h(0)
    wide.measure_all()
    queue.get_backend("qiskit_aer:AerSimulator", method="stabilizer").run(wide, shots=10)
    (found,) = estimated_jobs(queue.store)
    assert found.parts[0].work.memory_bytes is None
