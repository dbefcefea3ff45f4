"""Options that are honoured: of the constructor, of set_options, and of a run, the nearest one first."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector, random_statevector, random_unitary

from queuebit.providers.basic_provider import BasicSimulator
from queuebit.providers.basicaer import QasmSimulatorPy, StatevectorSimulatorPy, UnitarySimulatorPy


def hadamards(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    circuit.h(range(num_qubits))
    return circuit


def test_a_run_takes_1024_shots_unless_told(counting_backend, bell):
    result = counting_backend.run(bell).result()
    assert result.results[0].shots == sum(result.get_counts().values()) == 1024


def test_the_basic_simulator_keeps_the_memory_and_qasm_simulator_does_not(bell):
    assert "memory" in BasicSimulator().run(bell).result().data()
    assert "memory" not in QasmSimulatorPy().run(bell).result().data()


@pytest.mark.parametrize("simulator", [BasicSimulator, QasmSimulatorPy])
def test_options_of_the_constructor_hold_for_every_run(simulator, bell):
    backend = simulator(shots=17, memory=True, seed_simulator=5)
    result = backend.run(bell).result()
    assert result.results[0].seed_simulator == 5
    assert len(result.get_memory()) == 17


def test_options_that_are_set_hold_for_every_run(counting_backend, bell):
    counting_backend.set_options(shots=17, memory=True, seed_simulator=5)
    first, second = (counting_backend.run(bell).result() for _ in range(2))
    assert len(first.get_memory()) == 17
    assert first.get_memory() == second.get_memory()


def test_options_of_a_run_hold_for_that_run_alone(counting_backend, bell):
    counting_backend.set_options(shots=17)
    assert counting_backend.run(bell, shots=5).result().results[0].shots == 5
    assert counting_backend.run(bell).result().results[0].shots == 17


def test_backends_do_not_share_their_options():
    changed, other = BasicSimulator(), BasicSimulator()
    changed.set_options(shots=17)
    assert other.options.shots == 1024


def test_an_unknown_option_is_refused_by_the_constructor_and_when_set(any_backend):
    with pytest.raises(AttributeError, match="shotz"):
        type(any_backend)(shotz=100)
    with pytest.raises(AttributeError, match="shotz"):
        any_backend.set_options(shotz=100)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpys_whole_numbers_are_numbers(counting_backend, bell, kind):
    result = counting_backend.run(bell, shots=kind(20), seed_simulator=kind(3), memory=np.bool_(True)).result()
    plain = counting_backend.run(bell, shots=20, seed_simulator=3, memory=True).result()
    assert result.get_memory() == plain.get_memory()
    assert type(result.results[0].shots) is type(result.results[0].seed_simulator) is int


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**63 - 1])
def test_the_whole_range_of_seeds_is_taken(counting_backend, bell, seed):
    result = counting_backend.run(bell, seed_simulator=seed).result()
    assert result.results[0].seed_simulator == seed


def test_a_run_begins_with_the_initial_statevector(counting_backend):
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.measure_all()
    state = np.zeros(8)
    state[0b110] = 1
    assert counting_backend.run(circuit, initial_statevector=state).result().get_counts() == {"111": 1024}


@pytest.mark.parametrize("form", [list, tuple, np.asarray, Statevector])
def test_an_initial_statevector_has_many_forms(form):
    state = random_statevector(8, seed=1)
    result = StatevectorSimulatorPy().run(hadamards(3), initial_statevector=form(state.data)).result()
    np.testing.assert_allclose(np.asarray(result.get_statevector()), state.evolve(hadamards(3)).data, atol=1e-12)


def test_an_initial_statevector_of_whole_numbers_is_taken():
    result = StatevectorSimulatorPy().run(hadamards(1), initial_statevector=[0, 1]).result()
    np.testing.assert_allclose(np.asarray(result.get_statevector()), [2**-0.5, -(2**-0.5)], atol=1e-15)


@pytest.mark.parametrize("form", [np.asarray, Operator, np.ndarray.tolist])
def test_a_run_begins_with_the_initial_unitary(form):
    unitary = np.asarray(random_unitary(8, seed=1))
    result = UnitarySimulatorPy().run(hadamards(3), initial_unitary=form(unitary)).result()
    np.testing.assert_allclose(np.asarray(result.get_unitary()), Operator(hadamards(3)).data @ unitary, atol=1e-12)


def test_an_initial_state_changed_after_the_run_began_changes_nothing(backend, bell):
    state = np.array([1, 0, 0, 0], dtype=complex)
    job = backend.run([bell] * 20, initial_statevector=state, shots=5)
    state[:] = [0, 1, 0, 0]
    assert all(set(counts) <= {"00", "11"} for counts in job.result().get_counts())


def test_a_circuit_changed_after_the_run_began_changes_nothing(backend, bell):
    circuits = [bell] * 20
    job = backend.run(circuits, shots=5)
    bell.data.clear()
    bell.name = "changed"
    circuits.clear()
    result = job.result()
    assert [each.name for each in result.results] == ["bell"] * 20
    assert all(set(counts) <= {"00", "11"} for counts in result.get_counts())


def test_amplitudes_below_the_threshold_become_zero():
    circuit = QuantumCircuit(1)
    circuit.ry(2e-3, 0)
    simulator = StatevectorSimulatorPy()
    assert np.asarray(simulator.run(circuit, chop_threshold=1e-2).result().get_statevector())[1] == 0
    assert np.asarray(simulator.run(circuit, chop_threshold=1e-4).result().get_statevector())[1] != 0
    unitary = np.asarray(UnitarySimulatorPy(chop_threshold=1e-2).run(circuit).result().get_unitary())
    assert unitary[0, 1] == unitary[1, 0] == 0


def test_rounding_noise_is_chopped_unless_told_otherwise():
    circuit = QuantumCircuit(1)
    circuit.rx(np.pi, 0)
    noisy = np.asarray(StatevectorSimulatorPy().run(circuit, chop_threshold=0).result().get_statevector())
    assert 0 < abs(noisy[0]) < 1e-15
    assert np.asarray(StatevectorSimulatorPy().run(circuit).result().get_statevector())[0] == 0


def test_the_memory_of_a_statevector_holds_what_was_measured_on_the_way():
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.h(0)
    result = StatevectorSimulatorPy().run(circuit, memory=True).result()
    assert result.get_memory() == ["1"]
    np.testing.assert_allclose(np.asarray(result.get_statevector()), [2**-0.5, -(2**-0.5)], atol=1e-15)


@pytest.mark.parametrize("container", [list, tuple, iter, lambda circuits: (each for each in circuits)])
def test_circuits_come_in_any_iterable(backend, bell, container):
    assert len(backend.run(container([bell, bell, bell])).result().results) == 3
