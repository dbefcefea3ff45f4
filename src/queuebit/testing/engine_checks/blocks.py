"""Blocks within blocks, `box`, and blocks whose bits stand for others."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, IfElseOp, Qubit

from queuebit.testing.engine_checks.branching import mark, with_value
from queuebit.testing.engine_checks.operators import OperatorRuns, exact_unitary


class BlockChecks(OperatorRuns):
    """Blocks within blocks, and their bits."""

    def test_box_runs_in_place(self) -> None:
        """What a box holds runs as if there were no box, its global phase included."""
        circuit = QuantumCircuit(2, 2)
        circuit.h(0)
        body = QuantumCircuit(2, 0, global_phase=0.5)
        body.cx(1, 0)
        body.s(1)
        circuit.box(body, [1, 0], [])
        expected = QuantumCircuit(2, global_phase=0.5)
        expected.h(0)
        expected.cx(0, 1)
        expected.s(0)
        self.assert_unitary(circuit, exact_unitary(expected))

    def test_measurement_in_a_box(self) -> None:
        """A box may measure, and what follows it may use the bit."""
        circuit = QuantumCircuit(2, 2)
        with circuit.box():
            circuit.x(0)
            circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.x(1)
        with circuit.box(duration=100, unit="ns"):
            circuit.measure(1, 1)
        self.assert_ends_with(circuit, 0b11)

    def test_nested_conditions(self) -> None:
        """A block within a block runs when both conditions hold; only the innermost of an if-chain's blocks does."""
        for value in range(8):
            circuit = with_value(value, 3)
            low, middle, high = circuit.cregs[0]
            with circuit.if_test((low, 1)) as otherwise:
                circuit.z(0)
                with circuit.if_test((middle, 1)), circuit.if_test((high, 1)):
                    mark(circuit, 0)
            with otherwise, circuit.switch(circuit.cregs[0]) as case:
                with case(4):
                    mark(circuit, 1)
                with case(6), circuit.if_test((middle, 1)):
                    mark(circuit, 2)
            self.assert_ends_with(circuit, value | {7: 0b001, 4: 0b010, 6: 0b100}.get(value, 0) << 3)

    def test_block_with_bits_of_its_own(self) -> None:
        """The bits of a block stand for those that it is put on, in their order."""
        block = QuantumCircuit([Qubit(), Qubit()], [Clbit(), Clbit()])
        block.cx(0, 1)
        block.measure(1, 0)
        circuit = QuantumCircuit(3, 3)
        circuit.x(2)
        circuit.append(IfElseOp((circuit.clbits[0], 0), block), [2, 0], [2, 1])
        circuit.measure(0, 0)
        self.assert_ends_with(circuit, 0b101)

    def test_nested_blocks_with_registers_of_their_own(self) -> None:
        """A condition within a block is on the block's own register, whose bits stand for the outer ones."""
        innermost = QuantumCircuit([Qubit()], [Clbit()])
        innermost.x(0)
        innermost.measure(0, 0)
        middle = QuantumCircuit(QuantumRegister(2, "inner"), ClassicalRegister(2, "pair"), ClassicalRegister(1, "out"))
        middle.append(IfElseOp((middle.cregs[0], 0b01), innermost), [1], [2])
        for value in range(4):
            circuit = with_value(value, 2, num_qubits=3)
            # The register "pair" is (value[1], value[0]): it holds 1 when the register "value" holds 2.
            body_clbits = [circuit.clbits[1], circuit.clbits[0], circuit.clbits[3]]
            circuit.append(IfElseOp((circuit.clbits[2], 0), middle), [0, 2], body_clbits)
            circuit.measure(2, 2)
            taken = value == 2
            self.assert_ends_with(circuit, value | (0b11 if taken else 0) << 2)

    def test_same_block_put_twice(self) -> None:
        """One block object can be put on different bits in one circuit."""
        block = QuantumCircuit(1, 1)
        block.x(0)
        block.measure(0, 0)
        circuit = QuantumCircuit(2, 3)
        circuit.append(IfElseOp((circuit.clbits[0], 0), block), [0], [1])
        circuit.append(IfElseOp((circuit.clbits[1], 1), block), [1], [2])
        circuit.append(IfElseOp((circuit.clbits[2], 0), block), [1], [0])
        self.assert_ends_with(circuit, 0b110)
