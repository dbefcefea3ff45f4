"""A million shots of the native engine are drawn as they should be, by one thread or two, with any instruction set."""

import os
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume
from qiskit.quantum_info import Statevector

from queuebit.engines import Control, Outcome
from queuebit.testing.engine_checks.chi_square import assert_sampled_from, uniform

_core = pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"

SHOTS = 1_000_000
SEEDS = pytest.mark.parametrize("seed", [1, 2**40 + 7])
SINGLE = pytest.mark.parametrize("single", [False, True], ids=["double", "single"])


def run(circuit: QuantumCircuit, *, seed: int = 1, shots: int = SHOTS, **options) -> Outcome:
    return StatevectorEngine(**options).compile(circuit).run(shots, seed, Control())


def drawn(outcome: Outcome) -> NDArray[np.int64]:
    """Return what the classical memory held after each shot."""
    return np.array(outcome.memory_values)[outcome.memory_index]


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def even(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    circuit.h(range(num_qubits))
    return circuit


def peaked(num_qubits: int) -> QuantumCircuit:
    """Return a circuit with one outcome that most shots have, and others of all degrees of rarity."""
    circuit = QuantumCircuit(num_qubits)
    for qubit in range(num_qubits):
        circuit.ry(2 * np.arcsin(np.sqrt(0.3 / 2**qubit)), qubit)
        if qubit % 3 == 1:
            circuit.x(qubit)
    return circuit


def volume(num_qubits: int) -> QuantumCircuit:
    return quantum_volume(num_qubits, seed=5)


MAKERS = {"bell": bell, "uniform": even, "peaked": peaked, "volume": volume}


@cache
def made(name: str, *num_qubits: int) -> QuantumCircuit:
    return MAKERS[name](*num_qubits)


@cache
def distribution(name: str, *num_qubits: int) -> dict[int, float]:
    """Return the probabilities, without those that are none but by rounding."""
    probabilities = Statevector(made(name, *num_qubits)).probabilities()
    possible = np.flatnonzero(probabilities > 1e-20)
    return dict(zip(possible.tolist(), (probabilities[possible] / probabilities[possible].sum()).tolist(), strict=True))


def measured_at_the_end(*circuit) -> QuantumCircuit:
    return made(*circuit).measure_all(inplace=False)


def measured_twice(*circuit) -> QuantumCircuit:
    """Return a circuit whose shots split before they are measured at the end."""
    num_qubits = made(*circuit).num_qubits
    split = QuantumCircuit(num_qubits, num_qubits + 1)
    split.compose(made(*circuit), range(num_qubits), inplace=True)
    split.measure(0, num_qubits)
    split.h(0)
    split.measure(range(num_qubits), range(num_qubits))
    return split


@SINGLE
@SEEDS
@pytest.mark.parametrize(
    "circuit", [("bell",), ("uniform", 10), ("peaked", 9), ("peaked", 14), ("volume", 6), ("volume", 14)], ids=str
)
def test_counts_of_a_million_shots_follow_the_probabilities(circuit, seed, single):
    outcome = run(measured_at_the_end(*circuit), seed=seed, single_precision=single)
    assert_sampled_from(drawn(outcome).tolist(), distribution(*circuit))


@SINGLE
def test_more_outcomes_than_shots_are_all_as_probable(single):
    outcomes = drawn(run(measured_at_the_end("uniform", 20), single_precision=single))
    for lowest_bit in (0, 10):
        assert_sampled_from((outcomes >> lowest_bit & 1023).tolist(), uniform(1024))


@SINGLE
def test_million_shots_that_split_follow_the_probabilities(single):
    circuit = QuantumCircuit(3, 4)
    circuit.compose(made("volume", 3), range(3), inplace=True)
    circuit.measure(0, 3)
    with circuit.if_test((circuit.clbits[3], 1)):
        circuit.x(0)
    circuit.reset(0)
    circuit.h(0)
    circuit.measure(range(3), range(3))
    before = Statevector(made("volume", 3)).probabilities()
    expected = {
        end | first << 3: sum(before[at] for at in range(8) if (at & 6, at & 1) == (end & 6, first)) / 2
        for end in range(8)
        for first in (0, 1)
    }
    assert_sampled_from(drawn(run(circuit, single_precision=single)).tolist(), expected)


@pytest.mark.parametrize("make", [measured_at_the_end, measured_twice])
@pytest.mark.parametrize("circuit", [("peaked", 9), ("volume", 16), *([("uniform", 17)] if IS_WHOLE else [])], ids=str)
def test_each_of_a_million_shots_is_the_same_on_any_threads_and_instruction_set(circuit, make):
    first = drawn(run(make(*circuit), simd="portable", threads=1))
    assert len(np.unique(first)) > 100
    for simd in _core.available_simd():
        for threads in (1, 2):
            np.testing.assert_array_equal(drawn(run(make(*circuit), simd=simd, threads=threads)), first)


@pytest.mark.parametrize("circuit", [("peaked", 9), ("volume", 14)], ids=str)
def test_few_shots_begin_as_many_shots_do(circuit):
    # Few are sought one by one, of many those of a part of the state together.
    many = drawn(run(measured_at_the_end(*circuit)))
    for shots in (1, 10, 1000, 40_000):
        np.testing.assert_array_equal(drawn(run(measured_at_the_end(*circuit), shots=shots)), many[:shots])
