"""Jobs in parts, with real services: the whole is what one run gives, and whatever dies, it comes to its end."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import psutil
import pytest
from qiskit import QuantumCircuit

from queuebit import JobQueue
from queuebit.codec.results import decode_result
from queuebit.providers import JobFailedError, JobStatus
from queuebit.providers.basic_provider import BasicProvider
from queuebit.store.records import Part, ShotRange
from queuebit.worker.launcher import ensure_worker
from queuebit.worker.liveness import is_alive

from .conftest import Service

LIMIT_S = 60
SHOTS = 100


def of_shots(circuit: int, shots: int, number: int) -> tuple[Part, ...]:
    """The shots of a circuit in so many parts."""
    ends = [shots * piece // number for piece in range(number + 1)]
    return tuple(Part(circuit, 1, ShotRange(first, after - first)) for first, after in pairwise(ends))


def run(backend, circuits, parts, **options):
    """Submit a job that is cut as the test says."""
    prepared = backend.prepare(circuits, **options)
    return backend.queue.run_many([replace(prepared, job=replace(prepared.job, parts=parts))])[0]


def ghz(num_qubits, name="ghz"):
    circuit = QuantumCircuit(num_qubits, num_qubits, name=name)
    circuit.h(0)
    for qubit in range(1, num_qubits):
        circuit.cx(qubit - 1, qubit)
    circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


def teleported(name="teleported"):
    circuit = QuantumCircuit(3, 3, name=name)
    circuit.ry(1.1, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((1, 1)):
        circuit.x(2)
    with circuit.if_test((0, 1)):
        circuit.z(2)
    circuit.measure(2, 2)
    return circuit


def walk():
    circuit = QuantumCircuit(4, 4, name="walk")
    for _ in range(6):
        circuit.ry(1.0, range(4))
        circuit.cx([0, 2], [1, 3])
        circuit.measure(range(4), range(4))
    circuit.h(0)
    return circuit


IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"


@pytest.fixture(scope="module", params=[1, 3] if IS_WHOLE else [3], ids="{} processes".format)
def lab(request, tmp_path_factory, gated_backends) -> Iterator[JobQueue]:
    """A queue that a service with so many processes serves, for all tests here."""
    path = tmp_path_factory.mktemp("lab") / "lab.db"
    service = Service(path, processes=request.param)
    with JobQueue(path, start_worker=False) as queue:
        yield queue
    service.stop()


@pytest.fixture
def serve(queue) -> Iterator[Callable[..., Service]]:
    """Serves the test's own queue; services end with the test."""
    started: list[Service] = []

    def start(processes: int = 2) -> Service:
        started.append(Service(queue.path, processes=processes))
        return started[-1]

    yield start
    for service in started:
        service.stop()


CIRCUITS = {
    "shots of one state": (ghz(3), {}),
    "shots of a few branches": (teleported(), {}),
    "shots that each go their way": (walk(), {}),
    "in single precision": (walk(), {"precision": "single"}),
    "by Stim": (ghz(3), {"method": "clifford"}),
    "more bits than 64": (ghz(70), {}),
    "by the reference": (teleported(), {"method": "reference"}),
}


class TestTheWholeIsThatOfOneRun:
    """Of a local backend, bit for bit: for any number of parts and processes."""

    @pytest.mark.parametrize("name", ["basic_simulator", "qasm_simulator"])
    @pytest.mark.parametrize("case", CIRCUITS)
    def test_shots_in_any_number_of_parts(self, lab, name, case):
        circuit, options = CIRCUITS[case]
        options = {"shots": SHOTS, "seed_simulator": 11, "memory": True, **options}
        backend = lab.get_backend(name)
        whole = backend.run(circuit, split=False, **options)
        jobs = [run(backend, circuit, of_shots(0, SHOTS, number), **options) for number in (2, 3, 7, SHOTS)]
        expected = whole.result(LIMIT_S)
        assert expected.get_counts() == Counter(expected.get_memory())
        for job in jobs:
            result = job.result(LIMIT_S)
            assert result.get_memory() == expected.get_memory()
            assert list(result.data(0)["counts"].items()) == list(expected.data(0)["counts"].items())
            assert (result.success, result.results[0].shots) == (True, SHOTS)
            assert result.results[0].header == expected.results[0].header
            assert result.results[0].metadata == expected.results[0].metadata
            assert result.results[0].seed == 11

    def test_as_a_run_in_memory_gives(self, lab):
        direct = BasicProvider().get_backend("basic_simulator").run([walk(), ghz(2)], shots=SHOTS, seed_simulator=5)
        parts = (*of_shots(0, SHOTS, 4), *of_shots(1, SHOTS, 3))
        job = run(lab.get_backend("basic_simulator"), [walk(), ghz(2)], parts, shots=SHOTS, seed_simulator=5)
        assert job.result(LIMIT_S).get_counts() == direct.result().get_counts()

    @pytest.mark.parametrize("name", ["statevector_simulator", "unitary_simulator"])
    def test_states_and_matrices(self, lab, name):
        circuits = [QuantumCircuit(4, name=f"{number}") for number in range(5)]
        for number, circuit in enumerate(circuits):
            circuit.ry(0.3 * number, range(4))
        backend = lab.get_backend(name)
        whole, cut = backend.run(circuits, split=False), run(backend, circuits, (Part(0, 2), Part(2), Part(3, 2)))
        read = "get_statevector" if name.startswith("state") else "get_unitary"
        for number in range(5):
            one, other = (np.asarray(getattr(job.result(LIMIT_S), read)(number)) for job in (cut, whole))
            assert np.array_equal(one, other)

    def test_circuits_that_are_cut_and_circuits_that_are_not(self, lab):
        circuits = [ghz(2, "a"), ghz(3, "b"), walk(), ghz(4, "d"), teleported("e")]
        options = {"shots": 64, "seed_simulator": 3, "memory": True}
        backend = lab.get_backend("basic_simulator")
        whole = backend.run(circuits, split=False, **options)
        parts = (Part(0, 2), *of_shots(2, 64, 5), Part(3), *of_shots(4, 64, 2))
        cut = run(backend, circuits, parts, **options)
        for number in range(5):
            assert cut.result(LIMIT_S).get_memory(number) == whole.result(LIMIT_S).get_memory(number)
        assert cut.result().get_counts("walk") == whole.result().get_counts(2)
        assert [entry.success for entry in cut.result().results] == [True] * 5

    def test_a_job_that_is_cut_by_its_estimate(self, lab, branching, layers):
        backend = lab.get_backend("basic_simulator")
        options = {"shots": 600, "seed_simulator": 8}
        cut = backend.run([branching, layers, branching], **options)
        whole = backend.run([branching, layers, branching], split=False, **options)
        assert lab.store.parts(whole.job_id()) == ()
        assert len(lab.store.parts(cut.job_id())) > 3
        assert cut.result(LIMIT_S).get_counts() == whole.result(LIMIT_S).get_counts()
        assert [event.event for event in cut.events()] == ["submit", "claim", "finish"]


class TestAer:
    """A foreign backend's parts have seeds of their own, which the job's seed determines."""

    @pytest.fixture
    def noisy(self, lab):
        return lab.get_backend("noisy_backends:noisy_aer", error=0.1)

    def test_counts_add_up_and_the_seed_repeats_them(self, noisy, branching):
        options = {"shots": 199, "memory": True}
        jobs = [noisy.run(branching, seed_simulator=seed, **options) for seed in (4, 4, 5)]
        (num_parts,) = {noisy.queue.store.get(job.job_id()).num_parts for job in jobs}
        assert num_parts > 4
        results = [job.result(LIMIT_S) for job in jobs]
        for result in results:
            assert sum(result.get_counts().values()) == len(result.get_memory()) == 199
            assert result.get_counts() == Counter(result.get_memory())
        assert results[0].get_memory() == results[1].get_memory() != results[2].get_memory()

    def test_parts_are_other_shots(self, noisy):
        circuit = walk()
        job = run(noisy, [circuit, circuit], (*of_shots(0, 80, 4), *of_shots(1, 80, 4)), shots=80, seed_simulator=1)
        job.result(LIMIT_S)
        store = noisy.queue.store
        stored = [decode_result(result, store.files) for result in store.results(job.job_id())]
        assert len({result.seed_simulator for result in stored}) == 8
        assert len({str(result.data.counts) for result in stored}) == 8

    def test_the_first_shots_have_the_jobs_seed(self, noisy):
        job = run(noisy, walk(), of_shots(0, 80, 2), shots=80, seed_simulator=77)
        assert job.result(LIMIT_S).results[0].seed_simulator == 77

    def test_each_part_of_a_job_without_a_seed_is_random(self, noisy):
        job = run(noisy, walk(), of_shots(0, 200, 2), shots=200, memory=True)
        memory = job.result(LIMIT_S).get_memory()
        assert memory[:100] != memory[100:]

    def test_a_run_that_ignores_its_cancelling_is_ended_in_all_parts(self, noisy, until):
        long = ghz(22)
        job = run(noisy, long, of_shots(0, 10**6, 4), shots=10**6)
        until(job.running)
        time.sleep(0.3)
        assert job.cancel()
        job.wait_for_final_state(LIMIT_S)
        assert job.status() is JobStatus.CANCELLED


class TestFailures:
    """One circuit fails; the others' results are there."""

    def test_the_others_are_kept(self, lab, failing):
        circuits = [ghz(2), failing, walk(), ghz(3)]
        backend = lab.get_backend("basic_simulator")
        job = run(backend, circuits, (Part(0), Part(1), *of_shots(2, SHOTS, 4), Part(3)), shots=SHOTS)
        with pytest.raises(JobFailedError, match=r"circuit 1 \('dividing_by_zero'\): ") as failed:
            job.result(LIMIT_S)
        assert (failed.value.circuit_index, failed.value.circuit_name) == (1, "dividing_by_zero")
        assert "ClassicalValueError" in failed.value.remote_traceback
        assert "more circuit" not in job.error_message()
        partial = job.partial_result()
        assert [entry.success for entry in partial.results] == [True, False, True, True]
        assert sum(partial.get_counts(2).values()) == SHOTS

    def test_a_circuit_that_is_cut_fails_once(self, lab, failing):
        circuits = [failing, ghz(2), failing]
        parts = (*of_shots(0, SHOTS, 20), Part(1), *of_shots(2, SHOTS, 3))
        job = run(lab.get_backend("basic_simulator"), circuits, parts, shots=SHOTS)
        job.wait_for_final_state(LIMIT_S)
        assert job.error_message().startswith("circuit 0 ('dividing_by_zero'): ")
        assert job.error_message().endswith("; 1 more circuit failed")
        assert [entry.success for entry in job.partial_result().results] == [False, True, False]

    def test_a_backend_that_can_not_be_made_fails_the_job_once(self, lab, bell):
        backend = lab.get_backend("gated_backends:only_in_the_test")
        job = run(backend, [bell] * 6, tuple(Part(number) for number in range(6)))
        with pytest.raises(JobFailedError, match="there is no licence on this machine"):
            job.result(LIMIT_S)
        assert "more circuit" not in job.error_message()

    def test_a_time_limit_is_for_all_parts_together(self, lab, endless):
        parts = tuple(Part(number) for number in range(4))
        job = run(lab.get_backend("basic_simulator"), [endless] * 4, parts, time_limit=0.5)
        with pytest.raises(JobFailedError, match=r"its time limit of 0\.5 s"):
            job.result(LIMIT_S)

    def test_some_shots_are_there_of_a_circuit_whose_others_never_came(self, lab, gated_backends, gate, until):
        """With how many there are of how many, also where the backend's own number of shots is meant."""
        circuits = [ghz(1, "open"), ghz(1, "closed")]
        backend = lab.get_backend(gated_backends)
        gate.with_name("gate-open").touch()
        parts = (*of_shots(0, 10, 2), *of_shots(1, 10, 2))
        job = run(backend, circuits, parts, gate=str(gate.with_name("gate-{circuit}")))
        until(lambda: len(lab.store.results(job.job_id())) == 2)
        assert [entry.status for entry in job.partial_result().results] == ["DONE", "NOT FINISHED"]
        assert job.partial_result().results[1].shots == 10
        job.cancel()
        job.wait_for_final_state(LIMIT_S)
        partial = job.partial_result()
        assert partial.get_counts("open") == {"0": 10}
        assert [entry.success for entry in partial.results] == [True, False]


def test_progress_of_one_circuit_is_in_parts_and_of_several_in_circuits(lab, gated_backends, gate, until):
    backend = lab.get_backend(gated_backends)
    names = str(gate.with_name("gate-{circuit}"))
    gate.with_name("gate-open").touch()
    several = run(backend, [ghz(1, "open"), ghz(1, "closed")], (*of_shots(0, 10, 2), Part(1)), gate=names)
    until(lambda: several.progress().done == 1)
    assert several.progress() == (1, 2, "circuits")
    gate.with_name("gate-closed").touch()
    several.result(LIMIT_S)
    assert several.progress() == (2, 2, "circuits")
    one = run(backend, ghz(1, "last"), of_shots(0, 10, 5), gate=names)
    until(lambda: one.progress().unit == "parts")
    assert one.progress() == (0, 5, "parts")
    gate.with_name("gate-last").touch()
    assert one.result(LIMIT_S).get_counts() == {"0": 10}
    assert one.progress() == (5, 5, "parts")


def test_usage_is_that_of_all_parts(lab, branching):
    backend = lab.get_backend("basic_simulator")
    whole = backend.run(branching, shots=2000, split=False, threads=1)
    cut = run(backend, branching, of_shots(0, 2000, 8), shots=2000, threads=1)
    for job in (whole, cut):
        job.result(LIMIT_S)
    assert cut.usage().cpu_s > 0.3 * whole.usage().cpu_s > 0
    assert cut.usage().attempts == 1
    assert cut.usage().peak_memory_bytes > 0


def test_what_all_parts_print_is_in_the_log(lab, gated_backends):
    circuits = [ghz(1, f"number {number}") for number in range(4)]
    job = run(lab.get_backend(gated_backends), circuits, tuple(Part(number) for number in range(4)))
    job.result(LIMIT_S)
    assert sorted(job.logs().splitlines()) == [f"number {number} waits for its gate" for number in range(4)]


def test_cancelling_stops_all_parts(lab, endless, until, bell):
    job = run(lab.get_backend("basic_simulator"), [bell, *[endless] * 9], tuple(Part(number) for number in range(10)))
    until(lambda: lab.store.results(job.job_id()))
    assert job.cancel()
    job.wait_for_final_state(LIMIT_S)
    assert job.status() is JobStatus.CANCELLED
    assert [entry.success for entry in job.partial_result().results] == [True] + [False] * 9
    # All processes are free again.
    jobs = [lab.get_backend("basic_simulator").run(bell) for _ in range(4)]
    assert all(job.result(LIMIT_S).success for job in jobs)


def test_a_rerun_is_cut_as_before(lab, branching):
    backend = lab.get_backend("basic_simulator")
    parts = of_shots(0, 50, 3)
    job = run(backend, branching, parts, shots=50)
    again = job.rerun()
    assert lab.store.parts(again.job_id()) == parts
    assert again.result(LIMIT_S).get_counts() == job.result(LIMIT_S).get_counts()


def test_a_job_in_parts_goes_from_queue_to_queue(lab, tmp_path, branching):
    job = run(
        lab.get_backend("basic_simulator"),
        [branching, ghz(2)],
        (*of_shots(0, 50, 3), Part(1)),
        shots=50,
        memory=True,
    )
    memories = [job.result(LIMIT_S).get_memory(number) for number in range(2)]
    lab.export(tmp_path / "job.zip", [job])
    with JobQueue(tmp_path / "other.db", start_worker=False) as other:
        (imported,) = other.import_(tmp_path / "job.zip")
        assert other.store.parts(imported.job_id()) == lab.store.parts(job.job_id())
        assert [imported.result().get_memory(number) for number in range(2)] == memories
        assert [event.event for event in imported.events()] == [event.event for event in job.events()]
        assert len(other.store.parts(imported.rerun().job_id())) == 4


def children():
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_a_process_that_is_killed_loses_its_part_alone(queue, serve, branching):
    backend = queue.get_backend("basic_simulator")
    before = {child.pid for child in children()}
    serve(processes=2)
    options = {"shots": 4000, "seed_simulator": 6}
    whole = BasicProvider().get_backend("basic_simulator").run(branching, **options)
    job = run(backend, branching, of_shots(0, 4000, 16), **options)
    job_id, killed = job.job_id(), 0
    while not job.in_final_state() and killed < 2:
        if len(queue.store.results(job_id)) > 2 * killed:
            for child in children():
                if child.pid not in before:
                    child.kill()
            killed += 1
        time.sleep(0.01)
    assert job.result(LIMIT_S).get_counts() == whole.result().get_counts()
    events = [event for event in job.events() if event.event == "lose_part"]
    assert events
    assert all(" of 16 runs again: " in event.reason and "SIGKILL" in event.reason for event in events)
    assert {event.status for event in events} == {JobStatus.RUNNING}
    assert (job.usage().attempts, queue.store.get(job_id).crashes) == (1, 0)


def test_a_service_that_is_killed_loses_the_parts_that_run(tmp_path, branching, until):
    options = {"shots": 4000, "seed_simulator": 9}
    whole = BasicProvider().get_backend("basic_simulator").run([branching, ghz(2)], **options)
    with JobQueue(tmp_path / "lab.db", start_worker=False) as queue:
        ensure_worker(queue.path)
        parts = (*of_shots(0, 4000, 24), Part(1))
        job = run(queue.get_backend("basic_simulator"), [branching, ghz(2)], parts, **options)
        until(lambda: queue.store.results(job.job_id()))
        (worker,) = queue.store.workers()
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: not is_alive(worker))
        kept = queue.store.results(job.job_id())
        assert 0 < len(kept) < 25
        assert not job.in_final_state()
        # The system takes a moment to let go of what the dead one held.
        until(lambda: ensure_worker(queue.path))
        try:
            assert job.result(LIMIT_S).get_counts() == whole.result().get_counts()
            results = queue.store.results(job.job_id())
            assert [result for result in results if result in kept] == kept, "what was there has been run again"
            assert [event.event for event in job.events()] == ["submit", "claim", "lose", "claim", "finish"]
            assert job.usage().attempts == 2
            assert queue.store.parts(job.job_id()) == parts
        finally:
            for another in queue.store.workers():
                os.kill(another.pid, signal.SIGTERM)
                until(lambda another=another: not is_alive(another))
