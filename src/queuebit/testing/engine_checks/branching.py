"""Branches: `if_else` and `switch`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import CASE_DEFAULT
from qiskit.circuit.classical import expr, types

from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.engine_checks.operators import OperatorRuns

SHOTS = 4000


def with_value(value: int, num_bits: int, num_qubits: int = 1) -> QuantumCircuit:
    """Return a circuit with a measured register "value" and a register "out" of the same size.

    Args:
        value: What the register "value" holds.
        num_bits: Its size.
        num_qubits: How many qubits there are, all 0.
    """
    qubits = QuantumRegister(max(num_qubits, num_bits), "q")
    circuit = QuantumCircuit(qubits, ClassicalRegister(num_bits, "value"), ClassicalRegister(num_bits, "out"))
    for bit in range(num_bits):
        if value >> bit & 1:
            circuit.x(bit)
            circuit.measure(bit, bit)
            circuit.x(bit)
    return circuit


def mark(circuit: QuantumCircuit, out: int) -> None:
    """Flip qubit 0 and measure it into a bit of the register "out".

    Args:
        circuit: The circuit.
        out: Which bit.
    """
    circuit.x(0)
    circuit.measure(0, circuit.cregs[1][out])
    circuit.x(0)


class IfElseChecks(OperatorRuns):
    """`if_else`, on a bit, a register or an expression."""

    @pytest.mark.parametrize("wanted", [0, 1])
    @pytest.mark.parametrize("value", [0, 1])
    def test_condition_on_a_bit(self, value: int, wanted: int) -> None:
        """A block runs when its bit has the value, and not otherwise."""
        circuit = with_value(value, 1)
        with circuit.if_test((circuit.clbits[0], wanted)):
            mark(circuit, 0)
        self.assert_ends_with(circuit, value | (value == wanted) << 1)

    @pytest.mark.parametrize("value", range(4))
    def test_condition_on_a_register(self, value: int) -> None:
        """A condition on a register compares all its bits, bit 0 the least significant."""
        for wanted in range(4):
            circuit = with_value(value, 2)
            with circuit.if_test((circuit.cregs[0], wanted)) as otherwise:
                mark(circuit, 0)
            with otherwise:
                mark(circuit, 1)
            self.assert_ends_with(circuit, value | (0b01 if value == wanted else 0b10) << 2)

    def test_condition_on_a_wide_register(self) -> None:
        """A register that is wider than a machine word is compared whole."""
        for value, taken in ((1 << 69, True), (0, False), (1 << 5, False), (1 << 69 | 1, False)):
            circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(70, "wide"), ClassicalRegister(1, "out"))
            circuit.x(0)
            for bit in range(70):
                if value >> bit & 1:
                    circuit.measure(0, bit)
            with circuit.if_test((circuit.cregs[0], 1 << 69)):
                circuit.measure(0, 70)
            self.assert_ends_with(circuit, value | taken << 70)

    def test_condition_that_never_holds(self) -> None:
        """A condition that compares with more than the register can hold is false."""
        circuit = with_value(3, 2)
        with circuit.if_test(expr.equal(circuit.cregs[0], expr.lift(7, types.Uint(3)))) as otherwise:
            mark(circuit, 0)
        with otherwise:
            mark(circuit, 1)
        self.assert_ends_with(circuit, 3 | 0b10 << 2)

    def test_condition_is_an_expression(self) -> None:
        """A condition may be any expression of type Bool."""
        for value in range(4):
            circuit = with_value(value, 2)
            register = circuit.cregs[0]
            condition = expr.logic_and(expr.less(register, 3), expr.logic_not(expr.bit_xor(*register)))
            with circuit.if_test(condition):
                mark(circuit, 0)
            self.assert_ends_with(circuit, value | (value == 0) << 2)

    def test_measurement_in_a_block_that_does_not_run(self) -> None:
        """A measurement in a block that doesn't run writes nothing, also when nothing follows it."""
        for last_in_else in (False, True):
            circuit = QuantumCircuit(2, 2)
            circuit.x(1)
            if last_in_else:
                with circuit.if_test((0, 0)) as otherwise:
                    circuit.z(0)
                with otherwise:
                    circuit.measure(1, 1)
            else:
                with circuit.if_test((0, 1)):
                    circuit.measure(1, 1)
            self.assert_ends_with(circuit, 0)

    def test_measurement_in_a_block_that_sometimes_runs(self) -> None:
        """A measurement in a block writes in the shots that run it, and in no others."""
        circuit = QuantumCircuit(2, 2)
        circuit.h(0)
        circuit.ry(1.2, 1)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.measure(1, 1)
        one = math.sin(0.6) ** 2
        assert_sampled_from(self.memory(circuit, shots=SHOTS), {0b00: 0.5, 0b01: (1 - one) / 2, 0b11: one / 2})

    def test_block_changes_its_own_condition(self) -> None:
        """A condition is looked at once, before its block."""
        circuit = with_value(1, 1)
        with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
            circuit.measure(0, 0)
        with otherwise:
            mark(circuit, 0)
        self.assert_ends_with(circuit, 0)

    def test_branches_meet_again(self) -> None:
        """What follows a branch runs in all shots, on the state that each has."""
        circuit = QuantumCircuit(1, 2)
        circuit.ry(1.2, 0)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.x(0)
        circuit.ry(0.8, 0)
        circuit.measure(0, 1)
        first, second = math.sin(0.6) ** 2, math.sin(0.4) ** 2
        distribution = {
            a | b << 1: (first if a else 1 - first) * (second if b else 1 - second) for a in (0, 1) for b in (0, 1)
        }
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)

    def test_global_phase_of_a_block(self) -> None:
        """A block's global phase counts when the block runs."""
        circuit = QuantumCircuit(1, 1)
        for wanted, phase in ((0, 0.4), (1, 0.9)):
            body = QuantumCircuit(circuit.qubits, circuit.clbits, global_phase=phase)
            circuit.if_test((circuit.clbits[0], wanted), body, circuit.qubits, circuit.clbits)
        self.assert_state(circuit, np.array([np.exp(0.4j), 0]))


class SwitchChecks(OperatorRuns):
    """`switch`, on a bit, a register or an expression."""

    @pytest.mark.parametrize("value", range(4))
    def test_switch_on_a_register(self, value: int) -> None:
        """The block of the value runs, or that of the default, and no other."""
        circuit = with_value(value, 2)
        with circuit.switch(circuit.cregs[0]) as case:
            with case(0):
                mark(circuit, 0)
            with case(1, 2):
                mark(circuit, 1)
            with case(case.DEFAULT):
                mark(circuit, 0)
                mark(circuit, 1)
        self.assert_ends_with(circuit, value | {0: 0b01, 1: 0b10, 2: 0b10, 3: 0b11}[value] << 2)

    @pytest.mark.parametrize("value", range(4))
    def test_switch_without_default(self, value: int) -> None:
        """Without a default, a value that isn't listed runs no block."""
        circuit = with_value(value, 2)
        with circuit.switch(expr.bit_xor(circuit.cregs[0], 1)) as case:
            with case(2):
                mark(circuit, 0)
            with case(3):
                mark(circuit, 1)
        circuit.x(0)
        circuit.measure(0, 0)
        self.assert_ends_with(circuit, value | 1 | {2: 0b10, 3: 0b01}.get(value, 0) << 2)

    def test_switch_on_a_bit(self) -> None:
        """A switch on a single bit knows False and True."""
        for value in (0, 1):
            circuit = with_value(value, 2)
            with circuit.switch(circuit.clbits[0]) as case:
                with case(False):
                    mark(circuit, 0)
                with case(True):
                    mark(circuit, 1)
            self.assert_ends_with(circuit, value | (0b10 if value else 0b01) << 2)

    def test_default_beside_a_value(self) -> None:
        """A block may be that of a value and the default at once."""
        for value in range(4):
            circuit = with_value(value, 2)
            blocks = []
            for out in (0, 1):
                block = QuantumCircuit(circuit.qubits, circuit.clbits)
                block.x(0)
                block.measure(0, 2 + out)
                blocks.append(block)
            cases = [(3, blocks[0]), ((1, CASE_DEFAULT), blocks[1])]
            circuit.switch(circuit.cregs[0], cases, circuit.qubits, circuit.clbits)
            self.assert_ends_with(circuit, value | (0b01 if value == 3 else 0b10) << 2)

    def test_measurement_in_the_last_case(self) -> None:
        """A measurement in a case that isn't taken writes nothing."""
        circuit = QuantumCircuit(1, 2)
        circuit.x(0)
        with circuit.switch(circuit.clbits[0]) as case:
            with case(0):
                circuit.z(0)
            with case(case.DEFAULT):
                circuit.measure(0, 1)
        self.assert_ends_with(circuit, 0)
