"""Counts agree with those of Qiskit's own simulator and of Aer: exactly where they are certain, else statistically."""

from collections.abc import Callable
from typing import Any

import pytest
import qiskit.providers.basic_provider
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Clbit, Qubit
from qiskit.circuit.library import quantum_volume
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator
from scipy.stats import chi2_contingency, chisquare

SHOTS = 4000
# Seeds are fixed, so these tests give the same each time; a wrong distribution is far below this.
LEAST_P = 1e-4


def several_registers() -> QuantumCircuit:
    circuit = QuantumCircuit(
        QuantumRegister(2, "a"), QuantumRegister(2, "b"), ClassicalRegister(2, "low"), ClassicalRegister(1, "high")
    )
    circuit.x([0, 3])
    circuit.measure([0, 1, 3], [1, 0, 2])
    return circuit


def unused_register() -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(3, "unused"), ClassicalRegister(2, "used"))
    circuit.x(0)
    circuit.measure(0, 4)
    return circuit


def bits_without_register() -> QuantumCircuit:
    circuit = QuantumCircuit([Qubit(), Qubit()], [Clbit(), Clbit(), Clbit()])
    circuit.x(1)
    circuit.measure([0, 1], [0, 2])
    return circuit


def measured_twice_into_one_bit() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.measure(1, 0)
    circuit.measure(0, 1)
    return circuit


def measured_into_crossed_bits() -> QuantumCircuit:
    circuit = QuantumCircuit(4, 4)
    circuit.x([0, 1])
    circuit.measure([0, 1, 2, 3], [2, 0, 3, 1])
    return circuit


def measure_all_beside_another_register() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.x(1)
    circuit.measure(1, 0)
    circuit.measure_all()
    return circuit


def more_bits_than_a_machine_word() -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(70, "wide"), ClassicalRegister(3, "c"))
    circuit.x(0)
    circuit.measure([0, 0, 0], [0, 69, 71])
    return circuit


def entangled() -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(1, "high"), ClassicalRegister(2, "low"))
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.ry(1.0, 2)
    circuit.measure([0, 1, 2], [2, 1, 0])
    return circuit


def some_of_the_qubits() -> QuantumCircuit:
    circuit = quantum_volume(5, seed=3)
    circuit.add_register(ClassicalRegister(2, "c"))
    circuit.measure([4, 1], [0, 1])
    return circuit


def measured_on_the_way() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 3)
    circuit.ry(1.2, 0)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 1)
    circuit.reset(0)
    circuit.cx(1, 0)
    circuit.ry(0.7, 0)
    circuit.measure(0, 2)
    return circuit


CERTAIN = [
    several_registers,
    unused_register,
    bits_without_register,
    measured_twice_into_one_bit,
    measured_into_crossed_bits,
    measure_all_beside_another_register,
    more_bits_than_a_machine_word,
]
RANDOM = [entangled, some_of_the_qubits, measured_on_the_way]

Simulator = Callable[[], Any]
PEERS = [qiskit.providers.basic_provider.BasicSimulator, AerSimulator]


def run_on(simulator: Any, circuit: QuantumCircuit) -> Any:
    return simulator.run(transpile(circuit, simulator), shots=SHOTS, memory=True, seed_simulator=7).result()


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("make", CERTAIN)
def test_certain_counts_are_those_of_a_peer(counting_backend, peer: Simulator, make):
    theirs = run_on(peer(), make())
    ours = counting_backend.run(make(), shots=SHOTS, memory=True).result()
    assert ours.get_counts() == theirs.get_counts()
    assert ours.get_memory() == theirs.get_memory()
    assert ours.data()["counts"] == theirs.data()["counts"]


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("make", RANDOM)
def test_random_counts_are_distributed_as_those_of_a_peer(counting_backend, peer: Simulator, make):
    theirs = run_on(peer(), make()).get_counts()
    ours = counting_backend.run(make(), shots=SHOTS, seed_simulator=7).result().get_counts()
    outcomes = sorted(ours.keys() | theirs.keys())
    table = [[counts.get(outcome, 0) for outcome in outcomes] for counts in (ours, theirs)]
    assert chi2_contingency(table).pvalue > LEAST_P


@pytest.mark.parametrize("seed", range(3))
def test_random_counts_are_distributed_as_the_state_says(counting_backend, seed):
    circuit = quantum_volume(4, seed=seed)
    expected = Statevector(circuit).probabilities_dict()
    circuit.measure_all()
    counts = counting_backend.run(circuit, shots=SHOTS, seed_simulator=seed).result().get_counts()
    observed = [counts.get(outcome, 0) for outcome in expected]
    assert sum(observed) == SHOTS
    assert chisquare(observed, [SHOTS * probability for probability in expected.values()]).pvalue > LEAST_P


def test_registers_are_apart_by_a_space_the_last_one_first(counting_backend):
    result = counting_backend.run(several_registers(), shots=5, memory=True).result()
    assert result.get_counts() == {"1 10": 5}
    assert result.get_memory() == ["1 10"] * 5


def test_a_wide_register_keeps_every_bit(counting_backend):
    counts = counting_backend.run(more_bits_than_a_machine_word(), shots=5).result().get_counts()
    assert counts == {"010 1" + "0" * 68 + "1": 5}
