"""Results: Qiskit's own Result, filled as Qiskit's own simulators fill it, and more."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import qiskit.providers.basic_provider
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit.random import random_circuit
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator, Statevector
from qiskit.result import Result

import queuebit
from queuebit.providers.basicaer import StatevectorSimulatorPy, UnitarySimulatorPy


def flipped(name: str, ones: list[int], num_qubits: int = 3) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, num_qubits, name=name)
    for qubit in ones:
        circuit.x(qubit)
    circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


@pytest.fixture
def registers() -> QuantumCircuit:
    """A circuit with all that a header can tell."""
    circuit = QuantumCircuit(
        QuantumRegister(2, "left"),
        QuantumRegister(1, "right"),
        ClassicalRegister(2, "low"),
        ClassicalRegister(1, "high"),
        name="registers",
        global_phase=0.25,
        metadata={"experiment": 7, "labels": ["a", "b"]},
    )
    circuit.x(2)
    circuit.measure([0, 1, 2], [0, 1, 2])
    return circuit


def test_the_header_is_the_one_of_qiskits_simulator(counting_backend, registers):
    simulator = qiskit.providers.basic_provider.BasicSimulator()
    theirs = simulator.run(transpile(registers, simulator)).result().results[0].header
    assert counting_backend.run(registers).result().results[0].header == theirs
    assert theirs["metadata"] == {"experiment": 7, "labels": ["a", "b"]}


def test_every_backend_fills_the_header(any_backend):
    circuit = QuantumCircuit(2, 3, name="idle", metadata={"k": 1})
    if any_backend.output == "counts":
        circuit.measure(0, 0)
    header = any_backend.run(circuit).result().results[0].header
    assert header["name"] == "idle"
    assert header["qreg_sizes"] == [["q", 2]]
    assert header["creg_sizes"] == [["c", 3]]
    assert header["memory_slots"] == 3
    assert header["metadata"] == {"k": 1}


def test_the_result_says_where_it_is_from(any_backend):
    circuit = QuantumCircuit(1, 1)
    if any_backend.output == "counts":
        circuit.measure(0, 0)
    job = any_backend.run(circuit)
    result = job.result()
    assert type(result) is Result
    assert result.backend_name == any_backend.name
    assert result.backend_version == queuebit.__version__
    assert result.job_id == job.job_id()
    assert (result.success, result.status) == (True, "COMPLETED")
    assert (result.results[0].success, result.results[0].status) == (True, "DONE")
    assert result.results[0].metadata["engine"] in {info.name for info in queuebit.engines.list_engines()}


def test_the_result_says_when_it_was_made_and_how_long_it_took(backend, bell):
    before = datetime.now(UTC)
    result = backend.run([bell, bell]).result()
    assert before <= datetime.fromisoformat(result.date) <= datetime.now(UTC)
    times = [experiment.time_taken for experiment in result.results]
    assert min(times) > 0
    assert sum(times) <= result.time_taken < 60


def test_the_result_is_made_when_the_job_ends_not_when_it_is_asked_for(backend, bell):
    job = backend.run(bell)
    job.wait_for_final_state()
    result = job.result()
    assert datetime.fromisoformat(result.date) <= job.time_finished
    assert job.time_finished - datetime.fromisoformat(result.date) < timedelta(seconds=5)
    assert job.result() is result


def test_the_times_of_a_job_are_in_order(backend, bell):
    before = datetime.now(UTC)
    job = backend.run(bell)
    job.result()
    assert before <= job.time_created <= job.time_submitted <= job.time_started <= job.time_finished
    assert job.time_finished <= datetime.now(UTC)


def test_counts_and_memory_tell_the_same(counting_backend, bell):
    result = counting_backend.run(bell, shots=200, memory=True).result()
    memory = result.get_memory()
    assert len(memory) == 200
    assert {outcome: memory.count(outcome) for outcome in set(memory)} == result.get_counts()


def test_the_given_seed_gives_the_same_shots_again(counting_backend, bell):
    first, second = (counting_backend.run(bell, memory=True, seed_simulator=11).result() for _ in range(2))
    assert first.get_memory() == second.get_memory()
    assert first.results[0].seed_simulator == 11


def test_the_seed_that_was_chosen_gives_the_same_shots_again(counting_backend, bell):
    first = counting_backend.run([bell, bell], memory=True).result()
    seed = first.results[0].seed_simulator
    again = counting_backend.run([bell, bell], memory=True, seed_simulator=seed).result()
    assert [first.get_memory(index) for index in (0, 1)] == [again.get_memory(index) for index in (0, 1)]


def test_runs_without_a_seed_differ(counting_backend, bell):
    seeds = {counting_backend.run(bell, shots=1).result().results[0].seed_simulator for _ in range(5)}
    assert len(seeds) == 5


def test_equal_circuits_of_a_job_are_sampled_independently(counting_backend, bell):
    result = counting_backend.run([bell, bell], memory=True, seed_simulator=11).result()
    assert result.get_memory(0) != result.get_memory(1)


def test_different_seeds_give_different_shots(counting_backend, bell):
    memories = [
        tuple(counting_backend.run(bell, memory=True, seed_simulator=seed).result().get_memory()) for seed in range(5)
    ]
    assert len(set(memories)) == 5


def test_results_come_in_the_order_of_the_circuits(counting_backend):
    circuits = [flipped(f"flip {number}", [bit for bit in range(3) if number >> bit & 1]) for number in range(8)]
    result = counting_backend.run(circuits, shots=3).result()
    assert [experiment.header["name"] for experiment in result.results] == [each.name for each in circuits]
    assert result.get_counts() == [{f"{number:03b}": 3} for number in range(8)]


def test_counts_are_found_by_index_name_and_circuit(counting_backend):
    circuits = [flipped("zero", []), flipped("one", [0]), flipped("two", [1])]
    result = counting_backend.run(circuits, shots=3).result()
    assert result.get_counts(1) == result.get_counts("one") == result.get_counts(circuits[1]) == {"001": 3}
    with pytest.raises(QiskitError, match="three"):
        result.get_counts("three")


def test_counts_of_a_single_circuit_need_no_index(counting_backend):
    assert counting_backend.run(flipped("one", [0])).result().get_counts() == {"001": 1024}


@pytest.mark.parametrize("seed", range(3))
def test_states_and_unitaries_are_the_circuits(seed):
    circuit = random_circuit(4, 5, seed=seed)
    state = StatevectorSimulatorPy().run(circuit).result().get_statevector()
    unitary = UnitarySimulatorPy().run(circuit).result().get_unitary()
    np.testing.assert_allclose(np.asarray(state), Statevector(circuit).data, atol=1e-12)
    np.testing.assert_allclose(np.asarray(unitary), Operator(circuit).data, atol=1e-12)


def test_states_are_found_by_index_name_and_circuit_and_rounded():
    plus, minus = QuantumCircuit(1, name="plus"), QuantumCircuit(1, name="minus")
    plus.h(0)
    minus.x(0)
    minus.h(0)
    result = StatevectorSimulatorPy().run([plus, minus]).result()
    for key in (1, "minus", minus):
        np.testing.assert_array_equal(np.asarray(result.get_statevector(key, decimals=3)), [0.707, -0.707])


def test_a_backend_of_states_has_no_counts():
    result = StatevectorSimulatorPy().run(QuantumCircuit(1)).result()
    with pytest.raises(QiskitError, match="No memory"):
        result.get_memory()
    assert "counts" not in result.data()


def test_a_result_of_counts_is_json(counting_backend, registers):
    result = counting_backend.run(registers, memory=True).result()
    returned = Result.from_dict(json.loads(json.dumps(result.to_dict())))
    assert returned.get_counts() == result.get_counts()
    assert returned.get_memory() == result.get_memory()
    assert returned.results[0].header == result.results[0].header
    assert returned.results[0].seed_simulator == result.results[0].seed_simulator


def test_a_result_of_states_is_a_dict_and_back():
    result = StatevectorSimulatorPy().run(QuantumCircuit(1)).result()
    returned = Result.from_dict(result.to_dict())
    np.testing.assert_array_equal(returned.get_statevector(), result.get_statevector())


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda job: pickle.loads(pickle.dumps(job))])
def test_a_finished_job_travels_with_its_backend_and_result(counting_backend, bell, twin):
    job = counting_backend.run(bell, memory=True)
    counts = job.result().get_counts()
    other = twin(job)
    assert other.job_id() == job.job_id()
    assert other.backend().name == counting_backend.name
    assert other.result().get_counts() == counts
    assert other.progress() == job.progress()
    assert other.time_finished == job.time_finished
    assert other.partial_result() is other.result()


def test_progress_ends_at_its_total_also_where_the_way_was_not_known(backend):
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
        circuit.measure(0, 0)
    with circuit.for_loop(range(5)):
        circuit.h(1)
    job = backend.run([circuit, circuit])
    job.result()
    done, total, unit = job.progress()
    assert done == total > 0
    assert unit == "instructions"
