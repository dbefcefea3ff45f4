"""Measurements and resets anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, partial_trace

from queuebit.testing.engine_checks.chi_square import assert_sampled_from, uniform
from queuebit.testing.engine_checks.operators import OperatorRuns

SHOTS = 4000


def flipped(qubits: list[int], num_qubits: int, num_clbits: int) -> QuantumCircuit:
    """Return a circuit that has flipped some qubits.

    Args:
        qubits: Which ones.
        num_qubits: Its width.
        num_clbits: Its clbits.
    """
    circuit = QuantumCircuit(num_qubits, num_clbits)
    if qubits:
        circuit.x(qubits)
    return circuit


class MeasurementChecks(OperatorRuns):
    """A measurement in the computational basis, into any clbit, at any place."""

    @pytest.mark.parametrize("qubit", range(4))
    def test_each_qubit_into_each_clbit(self, qubit: int) -> None:
        """A measurement writes its qubit's value to its clbit and to no other."""
        for clbit in range(5):
            circuit = flipped([qubit], 4, 5)
            circuit.measure(qubit, clbit)
            self.assert_ends_with(circuit, 1 << clbit)
            others = flipped([other for other in range(4) if other != qubit], 4, 5)
            others.measure(qubit, clbit)
            self.assert_ends_with(others, 0)

    def test_permuted_measurements(self) -> None:
        """Qubits may be measured into clbits in any order."""
        circuit = flipped([0, 3], 4, 4)
        circuit.measure([0, 1, 2, 3], [2, 3, 0, 1])
        self.assert_ends_with(circuit, 0b0110)

    def test_gates_between_measurements(self) -> None:
        """Each measurement of a qubit sees it as it is at that time."""
        circuit = QuantumCircuit(1, 4)
        circuit.measure(0, 0)
        circuit.x(0)
        circuit.measure(0, 1)
        circuit.measure(0, 2)
        circuit.x(0)
        circuit.measure(0, 3)
        self.assert_ends_with(circuit, 0b0110)

    def test_measured_state_has_collapsed(self) -> None:
        """A qubit that is measured again gives the same, and so do those that are entangled with it."""
        circuit = QuantumCircuit(3, 4)
        circuit.h(0)
        circuit.measure(0, 0)
        circuit.measure(0, 1)
        circuit.cx(0, 1)
        circuit.cx(1, 2)
        circuit.measure(1, 2)
        circuit.measure(2, 3)
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0b0000: 0.5, 0b1111: 0.5})

    def test_collapsed_state_is_normalized(self) -> None:
        """What is left after an improbable outcome is a state of norm 1."""
        circuit = QuantumCircuit(2, 1)
        circuit.ry(0.5, 0)
        circuit.cx(0, 1)
        circuit.measure(0, 0)
        circuit.h(1)
        with circuit.if_test((0, 1)):
            circuit.z(1)
        circuit.h(1)
        for seed in range(40):
            state = self.statevector(circuit, seed=seed)
            assert abs(np.linalg.norm(state) - 1) < 1e-12

    def test_measurement_keeps_the_phases_of_the_rest(self) -> None:
        """A measurement of one qubit leaves the relative phases between the others."""
        circuit = QuantumCircuit(3, 1)
        circuit.h([0, 1, 2])
        circuit.p(0.8, 1)
        circuit.cp(0.3, 1, 2)
        circuit.measure(0, 0)
        circuit.z(0)
        circuit.cp(-0.3, 1, 2)
        circuit.p(-0.8, 1)
        circuit.h([1, 2])
        for seed in range(4):
            state = self.statevector(circuit, seed=seed)
            assert abs(np.linalg.norm(state[:2]) - 1) < 1e-12

    def test_same_qubit_into_several_clbits(self) -> None:
        """Measurements of one qubit with nothing in between agree, at the end of the circuit too."""
        circuit = QuantumCircuit(2, 5)
        circuit.h([0, 1])
        circuit.measure([0, 1, 0, 0, 1], [0, 1, 2, 4, 3])
        distribution = dict.fromkeys((0b00000, 0b10101, 0b01010, 0b11111), 0.25)
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)

    def test_unmeasured_qubits_are_averaged_over(self) -> None:
        """Measuring some qubits gives their own distribution, whatever the others are."""
        circuit = QuantumCircuit(3, 2)
        circuit.h(1)
        circuit.cx(1, 0)
        circuit.ry(1.0, 2)
        circuit.measure([2, 0], [0, 1])
        one = np.sin(0.5) ** 2
        distribution = {0b00: (1 - one) / 2, 0b01: one / 2, 0b10: (1 - one) / 2, 0b11: one / 2}
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)


class ResetChecks(OperatorRuns):
    """A reset puts a qubit to 0 and leaves the others in what that implies."""

    @pytest.mark.parametrize("qubit", range(3))
    def test_reset_of_a_flipped_qubit(self, qubit: int) -> None:
        """A reset of one qubit of a basis state leaves the others."""
        circuit = flipped([0, 1, 2], 3, 0)
        circuit.reset(qubit)
        state = self.statevector(circuit)
        assert abs(abs(state[0b111 & ~(1 << qubit)]) - 1) < 1e-12

    def test_reset_of_an_entangled_qubit(self) -> None:
        """A reset qubit is 0 and apart; the one that it was entangled with is 0 or 1, as probable as before."""
        circuit = QuantumCircuit(2, 2)
        circuit.ry(1.2, 0)
        circuit.cx(0, 1)
        circuit.reset(0)
        circuit.measure([0, 1], [0, 1])
        one = np.sin(0.6) ** 2
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0b00: 1 - one, 0b10: one})

    def test_reset_of_a_superposition_beside_others(self) -> None:
        """A reset of a qubit in superposition changes nothing about qubits that it isn't entangled with."""
        circuit = QuantumCircuit(2)
        circuit.h(0)
        circuit.u(0.4, 0.5, 0.6, 1)
        other = partial_trace(DensityMatrix(circuit), [0])
        circuit.reset(0)
        for seed in range(6):
            state = self.statevector(circuit, seed=seed)
            assert np.abs(state[1::2]).max() < 1e-12
            assert np.abs(partial_trace(state, [0]).data - other.data).max() < 1e-12

    def test_reset_between_gates_reuses_a_qubit(self) -> None:
        """One qubit, measured and reset, gives independent random bits."""
        circuit = QuantumCircuit(1, 3)
        for clbit in range(3):
            circuit.h(0)
            circuit.measure(0, clbit)
            circuit.reset(0)
        assert_sampled_from(self.memory(circuit, shots=SHOTS), uniform(8))

    def test_reset_at_the_end_after_measurement(self) -> None:
        """A measurement before a reset at the end is still a sample of the state before it."""
        circuit = QuantumCircuit(1, 1)
        circuit.ry(1.2, 0)
        circuit.measure(0, 0)
        circuit.reset(0)
        one = np.sin(0.6) ** 2
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0: 1 - one, 1: one})
