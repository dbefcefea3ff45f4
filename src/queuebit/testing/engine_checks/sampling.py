"""Outcomes are drawn from the exact distribution, by shots that don't depend on how they are cut into runs."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector, random_statevector

from queuebit.engines import MAX_SEED
from queuebit.testing.engine_checks.chi_square import assert_sampled_from, uniform
from queuebit.testing.engine_checks.operators import OperatorRuns, generator, generic
from queuebit.testing.engine_runs import SEED

SHOTS = 20_000


def coins(num_coins: int, *, in_mid_circuit: bool = False) -> QuantumCircuit:
    """Return a circuit that throws coins, on a qubit each or one after another on one qubit.

    Args:
        num_coins: How many.
        in_mid_circuit: Whether it is one qubit.
    """
    circuit = QuantumCircuit(1 if in_mid_circuit else num_coins, num_coins)
    for coin in range(num_coins):
        qubit = 0 if in_mid_circuit else coin
        circuit.h(qubit)
        circuit.measure(qubit, coin)
    return circuit


def teleportation(theta: float, phi: float) -> QuantumCircuit:
    """Return a circuit that teleports a state from qubit 0 to qubit 2, with the corrections fed forward.

    Args:
        theta: Polar angle of the state.
        phi: Its azimuth.
    """
    circuit = QuantumCircuit(3, 3)
    circuit.u(theta, phi, 0, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.clbits[1], 1)):
        circuit.x(2)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.z(2)
    return circuit


class SamplingChecks(OperatorRuns):
    """Counts follow the exact probabilities."""

    @pytest.mark.parametrize("seed", range(3))
    def test_random_state_is_sampled_exactly(self, seed: int) -> None:
        """The outcomes of a random state of four qubits have its probabilities."""
        state = random_statevector(16, seed=seed)
        circuit = QuantumCircuit(4)
        circuit.prepare_state(state)
        circuit.measure_all()
        distribution = dict(enumerate(state.probabilities().tolist()))
        assert_sampled_from(self.memory(circuit, shots=SHOTS, seed=seed), distribution)

    @pytest.mark.parametrize("probability", [1e-3, 0.01, 0.3, 0.5, 0.97])
    def test_biased_coin(self, probability: float) -> None:
        """A rare outcome is as rare as it should be, at the end and in mid-circuit."""
        circuit = QuantumCircuit(1, 2)
        circuit.ry(2 * np.arcsin(np.sqrt(probability)), 0)
        circuit.measure(0, 0)
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0: 1 - probability, 1: probability})
        circuit.x(0)
        circuit.measure(0, 1)
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0b10: 1 - probability, 0b01: probability})

    def test_impossible_outcomes_never_come(self) -> None:
        """A GHZ state gives all zeros or all ones, and no third outcome in many shots."""
        circuit = QuantumCircuit(6)
        circuit.h(0)
        for qubit in range(5):
            circuit.cx(qubit, qubit + 1)
        circuit.measure_all()
        assert_sampled_from(self.memory(circuit, shots=5 * SHOTS), {0: 0.5, 63: 0.5})

    def test_certain_outcomes_always_come(self) -> None:
        """An outcome whose probability rounding brings to a little under 1 is still certain."""
        circuit = QuantumCircuit(2)
        for _ in range(100):
            circuit.h([0, 1])
            circuit.t([0, 1])
            circuit.tdg([0, 1])
            circuit.h([0, 1])
        circuit.x(1)
        circuit.measure_all()
        assert set(self.memory(circuit, shots=5 * SHOTS)) == {0b10}

    @pytest.mark.parametrize("in_mid_circuit", [False, True])
    def test_measurements_of_one_shot_are_independent(self, in_mid_circuit: bool) -> None:
        """Coins thrown in one shot are independent of each other, on several qubits and on one."""
        memory = self.memory(coins(4, in_mid_circuit=in_mid_circuit), shots=SHOTS // 4)
        assert_sampled_from(memory, uniform(16))

    @pytest.mark.parametrize("in_mid_circuit", [False, True])
    def test_shots_are_independent(self, in_mid_circuit: bool) -> None:
        """Neighbouring shots are independent."""
        memory = self.memory(coins(2, in_mid_circuit=in_mid_circuit), shots=SHOTS)
        pairs = [first * 4 + second for first, second in zip(memory[::2], memory[1::2], strict=True)]
        assert_sampled_from(pairs, uniform(16))

    def test_teleported_state_is_measured_exactly(self) -> None:
        """Outcomes of a teleported state are those of the state, whatever was measured on the way."""
        circuit = teleportation(1.1, 0.7)
        circuit.measure(2, 2)
        one = np.sin(0.55) ** 2
        distribution = {low | high << 2: (one if high else 1 - one) / 4 for low in range(4) for high in (0, 1)}
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)

    def test_teleported_state_is_exact(self) -> None:
        """For every outcome on the way, the state that arrives is the one that was sent."""
        wanted = Statevector.from_label("0").evolve(_u(1.1, 0.7)).data
        seen = set()
        for seed in range(12):
            state = self.statevector(teleportation(1.1, 0.7), seed=seed).reshape(2, 4)
            measured = int(np.linalg.norm(state, axis=0).argmax())
            assert abs(abs(np.vdot(wanted, state[:, measured])) - 1) < 1e-12
            seen.add(measured)
        assert len(seen) > 2, f"twelve seeds gave only the outcomes {seen}: this check shows little"


class StreamChecks(OperatorRuns):
    """Each shot has its own random numbers, keyed by seed, circuit index and shot number."""

    def circuits(self) -> list[QuantumCircuit]:
        """Return circuits that draw at the end, in mid-circuit, and both after branches."""
        final = generic(4, generator("final"))
        final.measure_all()
        both = teleportation(1.3, 0.2)
        both.h([0, 1])
        both.reset(0)
        both.measure([0, 1, 2], [1, 0, 2])
        return [final, coins(5, in_mid_circuit=True), both]

    def test_same_seed_gives_the_same_shots(self) -> None:
        """Two runs with the same seed give the same outcome in each shot."""
        for circuit in self.circuits():
            assert self.memory(circuit, shots=300, seed=5) == self.memory(circuit, shots=300, seed=5)

    @pytest.mark.parametrize("cuts", [[150], [1, 2, 3], [299], [10, 150, 151, 290]])
    def test_shots_are_the_same_however_they_are_cut(self, cuts: list[int]) -> None:
        """Runs of parts of the shots give what a run of all gives, shot by shot."""
        for circuit in self.circuits():
            whole = self.memory(circuit, shots=300)
            edges = [0, *cuts, 300]
            parts = [self.memory(circuit, shots=end - start, first_shot=start) for start, end in pairwise(edges)]
            assert list(chain.from_iterable(parts)) == whole

    def test_any_single_shot_can_be_repeated(self) -> None:
        """A run of one shot gives the outcome that this shot has among many."""
        for circuit in self.circuits():
            whole = self.memory(circuit, shots=40, first_shot=1000)
            assert [self.memory(circuit, first_shot=1000 + shot)[0] for shot in range(40)] == whole

    def test_last_shots_state_can_be_repeated(self) -> None:
        """The state after the last of many shots is the state of a run of that shot alone."""
        circuit = teleportation(0.4, 0.9)
        circuit.h(0)
        many = self.statevector(circuit, shots=50)
        alone = self.statevector(circuit, shots=1, first_shot=49)
        assert np.abs(many - alone).max() < 1e-12

    def test_shot_numbers_may_be_large(self) -> None:
        """Shots beyond four thousand million have numbers of their own."""
        circuit = coins(8)
        runs = [tuple(self.memory(circuit, shots=20, first_shot=first)) for first in (0, 2**32, 2**40)]
        assert len(set(runs)) == 3

    def test_circuit_index_gives_other_numbers(self) -> None:
        """Equal circuits at different places in a job have independent outcomes."""
        runs = [self.memory(coins(2), shots=SHOTS // 2, circuit_index=index) for index in range(2)]
        assert_sampled_from([4 * one + other for one, other in zip(*runs, strict=True)], uniform(16))

    @pytest.mark.parametrize("other", [SEED + 1, SEED + 2**32, SEED + 2**62])
    def test_other_seed_gives_other_numbers(self, other: int) -> None:
        """Outcomes of different seeds are independent, near ones and those that differ in high bits alone."""
        runs = [self.memory(coins(2), shots=SHOTS // 2, seed=seed) for seed in (SEED, other)]
        assert_sampled_from([4 * one + other for one, other in zip(*runs, strict=True)], uniform(16))

    @pytest.mark.parametrize("seed", [0, MAX_SEED])
    def test_extreme_seeds(self, seed: int) -> None:
        """The smallest and the largest seed are as good as any."""
        assert_sampled_from(self.memory(coins(3), shots=SHOTS // 4, seed=seed), uniform(8))


def _u(theta: float, phi: float) -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.u(theta, phi, 0, 0)
    return circuit
