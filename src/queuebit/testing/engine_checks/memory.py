"""The classical memory: what overwrites what, and memories of any size and shape."""

from __future__ import annotations

import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit

from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.engine_checks.measuring import flipped
from queuebit.testing.engine_checks.operators import OperatorRuns

SHOTS = 4000


class OverwritingChecks(OperatorRuns):
    """Several measurements into one clbit: the last one holds."""

    def test_last_of_two_measurements_holds(self) -> None:
        """Of two measurements at the end, the later one's value stays."""
        circuit = flipped([0], 2, 1)
        circuit.measure(0, 0)
        circuit.measure(1, 0)
        self.assert_ends_with(circuit, 0)
        turned = flipped([0], 2, 1)
        turned.measure(1, 0)
        turned.measure(0, 0)
        self.assert_ends_with(turned, 1)

    def test_later_measurement_whose_qubit_goes_on(self) -> None:
        """The later one's value stays also when gates follow on its qubit, and none on the earlier one's."""
        circuit = flipped([0], 2, 1)
        circuit.measure(0, 0)
        circuit.measure(1, 0)
        circuit.x(1)
        self.assert_ends_with(circuit, 0)

    def test_earlier_measurement_whose_qubit_goes_on(self) -> None:
        """The later one's value stays also when gates follow on the earlier one's qubit."""
        circuit = flipped([0], 2, 1)
        circuit.measure(0, 0)
        circuit.x(0)
        circuit.measure(1, 0)
        self.assert_ends_with(circuit, 0)

    def test_three_measurements_into_one_clbit(self) -> None:
        """What is overwritten twice stays overwritten, whichever qubits go on."""
        for going_on in ([], [0], [1], [2], [0, 1], [1, 2], [0, 2]):
            circuit = flipped([0, 2], 3, 2)
            circuit.measure([0, 1, 2], [0, 0, 0])
            circuit.measure(1, 1)
            if going_on:
                circuit.h(going_on)
            self.assert_ends_with(circuit, 0b01)

    def test_reset_after_measurement_keeps_the_outcome(self) -> None:
        """A measured bit stays when its qubit is reset and measured elsewhere."""
        circuit = flipped([0], 1, 2)
        circuit.measure(0, 0)
        circuit.reset(0)
        circuit.measure(0, 1)
        self.assert_ends_with(circuit, 0b01)

    def test_store_after_measurement_holds(self) -> None:
        """A store overwrites what was measured, and a measurement what was stored."""
        circuit = flipped([0], 1, 2)
        circuit.measure(0, 0)
        circuit.store(circuit.clbits[0], False)
        circuit.store(circuit.clbits[1], False)
        circuit.measure(0, 1)
        self.assert_ends_with(circuit, 0b10)


class MemoryChecks(OperatorRuns):
    """A classical memory of any size and shape."""

    @pytest.mark.parametrize("num_clbits", [31, 32, 33, 61, 62, 63, 64, 65, 127, 128, 129, 1000])
    def test_wide_classical_memory(self, num_clbits: int) -> None:
        """The memory may be wider than any machine word; its last bit is as good as its first."""
        circuit = flipped([1], 2, num_clbits)
        circuit.h(0)
        circuit.measure(1, num_clbits - 1)
        circuit.measure(0, num_clbits // 2)
        circuit.measure(1, 0)
        ends = 1 << (num_clbits - 1) | 1
        memory = self.memory(circuit, shots=SHOTS // 10)
        assert_sampled_from(memory, {ends: 0.5, ends | 1 << (num_clbits // 2): 0.5})

    def test_wide_memory_written_in_between(self) -> None:
        """Bits beyond a machine word that were written in mid-circuit can be read and kept."""
        circuit = QuantumCircuit(1, 200)
        circuit.x(0)
        circuit.measure(0, 150)
        circuit.measure(0, 70)
        with circuit.if_test((circuit.clbits[150], 1)):
            circuit.x(0)
        circuit.measure(0, 70)
        circuit.x(0)
        circuit.measure(0, 199)
        self.assert_ends_with(circuit, 1 << 150 | 1 << 199)

    def test_several_registers(self) -> None:
        """Clbits count through the registers in their order in the circuit, loose bits included."""
        circuit = QuantumCircuit(QuantumRegister(3), ClassicalRegister(2, "a"), [Clbit()], ClassicalRegister(3, "b"))
        circuit.x([0, 2])
        circuit.measure(0, circuit.cregs[1][2])
        circuit.measure(1, circuit.cregs[0][0])
        circuit.measure(2, circuit.clbits[2])
        self.assert_ends_with(circuit, 1 << 5 | 1 << 2)

    def test_registers_that_share_bits(self) -> None:
        """A clbit that is in two registers is one bit, and has its value in both."""
        bits = [Clbit() for _ in range(3)]
        low, high = ClassicalRegister(name="low", bits=bits[:2]), ClassicalRegister(name="high", bits=bits[1:])
        circuit = QuantumCircuit(QuantumRegister(2), bits)
        circuit.add_register(low, high)
        circuit.x(0)
        circuit.measure(0, bits[1])
        with circuit.if_test((low, 0b10)), circuit.if_test((high, 0b01)):
            circuit.x(1)
        circuit.measure(1, bits[2])
        self.assert_ends_with(circuit, 0b110)
