"""Loops: `for` and `while`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types

from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.engine_checks.operators import OperatorRuns, exact_unitary

SHOTS = 4000

RANGES: list[Iterable[int]] = [
    range(5),
    range(2, 11, 3),
    range(5, 0, -2),
    range(3, 3),
    (4, 1, 1, 7),
    (),
    (9,),
]


def counting(num_bits: int = 4, num_qubits: int = 1) -> QuantumCircuit:
    """Return a circuit with a register "count" that `count_up` counts in.

    Args:
        num_bits: Size of the register.
        num_qubits: Number of qubits.
    """
    return QuantumCircuit(QuantumRegister(num_qubits, "q"), ClassicalRegister(num_bits, "count"))


def count_up(circuit: QuantumCircuit, by: int = 1) -> None:
    """Add to the register "count".

    Args:
        circuit: The circuit.
        by: How much.
    """
    count = circuit.cregs[0]
    circuit.store(count, expr.add(count, by))


class ForLoopChecks(OperatorRuns):
    """`for`, over a Parameter, a variable, or nothing."""

    @pytest.mark.parametrize("values", RANGES, ids=str)
    def test_loop_over_a_parameter(self, values: Iterable[int]) -> None:
        """The body runs once for each value in order, with the Parameter bound to it."""
        circuit = QuantumCircuit(2)
        expected = QuantumCircuit(2)
        angle = Parameter("angle")
        with circuit.for_loop(values, angle):
            circuit.rx(0.3 * angle + 0.1, 0)
            circuit.crz(angle, 0, 1)
            circuit.ry(angle / 2, 1)
        for value in values:
            expected.rx(0.3 * value + 0.1, 0)
            expected.crz(value, 0, 1)
            expected.ry(value / 2, 1)
        self.assert_unitary(circuit, exact_unitary(expected))

    @pytest.mark.parametrize("values", RANGES, ids=str)
    def test_loop_over_nothing(self, values: Iterable[int]) -> None:
        """The body runs as often as there are values."""
        circuit = counting()
        with circuit.for_loop(values):
            count_up(circuit)
        self.assert_ends_with(circuit, len(tuple(values)))

    @pytest.mark.parametrize("values", RANGES, ids=str)
    def test_loop_over_a_variable(self, values: Iterable[int]) -> None:
        """The loop variable has each value in its turn."""
        circuit = counting(8)
        count = circuit.cregs[0]
        with circuit.for_loop(values, expr.Var.new("i", types.Uint(8))) as variable:
            circuit.store(count, expr.add(expr.mul(count, expr.lift(3, types.Uint(8))), variable))
        wanted = 0
        for value in values:
            wanted = (3 * wanted + value) % 256
        self.assert_ends_with(circuit, wanted)

    def test_loop_variable_wraps_at_its_width(self) -> None:
        """A value that the loop variable can't hold is cut to its width, as a store would."""
        circuit = counting(4)
        with circuit.for_loop((-1, 19), expr.Var.new("i", types.Uint(4))) as variable:
            with circuit.if_test(expr.equal(variable, expr.lift(3, types.Uint(4)))):
                count_up(circuit, 1)
            with circuit.if_test(expr.equal(variable, expr.lift(15, types.Uint(4)))):
                count_up(circuit, 4)
        self.assert_ends_with(circuit, 5)

    def test_nested_loops(self) -> None:
        """An inner loop begins anew in each iteration of the outer one, and may use its Parameter."""
        circuit = QuantumCircuit(1)
        expected = QuantumCircuit(1)
        outer, inner = Parameter("outer"), Parameter("inner")
        with circuit.for_loop(range(3), outer), circuit.for_loop((1, 4), inner):
            circuit.rx(outer * inner, 0)
            circuit.rz(inner - outer, 0)
        for a, b in product(range(3), (1, 4)):
            expected.rx(a * b, 0)
            expected.rz(b - a, 0)
        self.assert_unitary(circuit, exact_unitary(expected))

    def test_nested_loops_without_parameters(self) -> None:
        """Nested loops multiply."""
        circuit = counting(8)
        with circuit.for_loop(range(3)):
            with circuit.for_loop(range(4)), circuit.for_loop(range(2)):
                count_up(circuit)
            count_up(circuit, 10)
        self.assert_ends_with(circuit, 3 * (4 * 2 + 10))

    def test_long_loop(self) -> None:
        """A loop may have many more iterations than anybody would write out."""
        circuit = counting(20)
        with circuit.for_loop(range(3000)), circuit.for_loop(range(2)):
            count_up(circuit)
        self.assert_ends_with(circuit, 6000)

    def test_measurement_in_a_loop(self) -> None:
        """Each iteration measures anew; the last one's outcome stays."""
        circuit = QuantumCircuit(1, 2)
        with circuit.for_loop(range(3)):
            circuit.h(0)
            circuit.measure(0, 0)
            with circuit.if_test((0, 1)):
                circuit.store(circuit.clbits[1], expr.lift(True))
        circuit.measure(0, 0)
        memory = self.memory(circuit, shots=SHOTS)
        # Three coins: the last is bit 0, whether any was heads is bit 1.
        assert_sampled_from(memory, {0b00: 1 / 8, 0b10: 3 / 8, 0b11: 4 / 8})

    def test_global_phase_of_a_loop_body(self) -> None:
        """A body's global phase counts once an iteration, and may depend on the Parameter."""
        circuit = QuantumCircuit(1)
        angle = Parameter("angle")
        body = QuantumCircuit(1, global_phase=angle + 0.1)
        body.z(0)
        circuit.for_loop((1, 2, 4), angle, body, [0], [])
        self.assert_state(circuit, np.array([np.exp(7.3j), 0]))


class WhileLoopChecks(OperatorRuns):
    """`while`, whose condition is looked at before each iteration."""

    @pytest.mark.parametrize("limit", [0, 1, 9])
    def test_counting_loop(self, limit: int) -> None:
        """The body runs as long as the condition holds, not at all if it doesn't at first."""
        circuit = counting()
        with circuit.while_loop(expr.less(circuit.cregs[0], expr.lift(limit, types.Uint(4)))):
            count_up(circuit)
        self.assert_ends_with(circuit, limit)

    def test_while_condition_on_a_register(self) -> None:
        """A condition may compare a register with a value."""
        circuit = QuantumCircuit(QuantumRegister(2), ClassicalRegister(2, "c"))
        with circuit.while_loop((circuit.cregs[0], 0)):
            circuit.x(1)
            circuit.measure([0, 1], [0, 1])
        self.assert_ends_with(circuit, 0b10)

    def test_repeat_until_success(self) -> None:
        """A loop that repeats until a coin shows heads ends with heads, after a geometric number of throws."""
        circuit = counting(5)
        heads = circuit.add_var("heads", False)
        with circuit.while_loop(expr.logic_not(heads)):
            circuit.h(0)
            circuit.measure(0, 0)
            circuit.store(heads, circuit.clbits[0])
            circuit.reset(0)
        self.assert_ends_with(circuit, 1)

    def test_number_of_repetitions_is_geometric(self) -> None:
        """Each shot leaves the loop after its own number of iterations."""
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(4, "count"), ClassicalRegister(1, "heads"))
        most = 15
        going_on = expr.logic_and(
            expr.logic_not(circuit.clbits[4]), expr.less(circuit.cregs[0], expr.lift(most, types.Uint(4)))
        )
        with circuit.while_loop(going_on):
            count_up(circuit)
            circuit.h(0)
            circuit.measure(0, 4)
            circuit.reset(0)
        distribution = {1 << 4 | throws: 0.5**throws for throws in range(1, most + 1)}
        distribution[most] = 0.5**most
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)
