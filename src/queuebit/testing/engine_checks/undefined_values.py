"""Expressions without a value."""

from __future__ import annotations

import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.classical import expr, types

from queuebit.engines import (
    ClassicalValueError,
    Control,
    EngineError,
)
from queuebit.testing.engine_checks.operators import OperatorRuns


class ClassicalValueChecks(OperatorRuns):
    """Expressions without a value: the run fails where it comes to one."""

    def assert_no_value(self, value: expr.Expr | None, match: str, circuit: QuantumCircuit) -> None:
        """Fail unless a run raises `ClassicalValueError` at a store at the circuit's end, and only then.

        Args:
            value: What is stored, of type Uint(8) or Bool; None if the circuit has the store.
            match: What the error says.
            circuit: What comes before; its last clbit is free.
        """
        if value is not None:
            circuit.store(circuit.add_var("result", value), value)
        program = self.program(circuit)
        with pytest.raises(ClassicalValueError, match=match) as raised:
            program.run(10, 1, Control())
        assert isinstance(raised.value, EngineError)

    def test_division_by_zero(self) -> None:
        """A division by zero has no value, for integers, floats and durations."""
        for dividend, zero in (
            (expr.lift(7, types.Uint(8)), expr.lift(0, types.Uint(8))),
            (expr.lift(7.0), expr.lift(0.0)),
        ):
            circuit = QuantumCircuit(1, 1)
            divisor = circuit.add_var("divisor", zero)
            self.assert_no_value(expr.div(dividend, divisor), "zero", circuit)

    def test_variable_without_a_value(self) -> None:
        """A variable that was declared and never stored to has no value, and is named."""
        circuit = QuantumCircuit(1, 1)
        unset = expr.Var.new("unset_one", types.Bool())
        circuit.add_uninitialized_var(unset)
        circuit.store(circuit.clbits[0], unset)
        self.assert_no_value(None, "unset_one", circuit)

    def test_index_out_of_range(self) -> None:
        """An index beyond the last bit has no value, read or written."""
        for reads in (True, False):
            circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(3, "c"))
            position = circuit.add_var("position", expr.lift(3, types.Uint(8)))
            bit = expr.index(circuit.cregs[0], position)
            if reads:
                self.assert_no_value(bit, "3", circuit)
            else:
                circuit.store(bit, True)
                self.assert_no_value(None, "3", circuit)

    def test_number_that_is_no_integer(self) -> None:
        """Infinity has no value as an integer."""
        circuit = QuantumCircuit(1, 1)
        large = circuit.add_var("large", 1e300)
        circuit.store(large, expr.mul(large, large))
        self.assert_no_value(expr.cast(large, types.Uint(8)), "inf", circuit)

    def test_expression_that_no_shot_comes_to(self) -> None:
        """An expression without a value does no harm in a block that doesn't run."""
        circuit = QuantumCircuit(1, 2)
        zero = circuit.add_var("zero", expr.lift(0, types.Uint(8)))
        with circuit.if_test((0, 1)):
            circuit.store(circuit.clbits[1], expr.equal(expr.div(expr.lift(1, types.Uint(8)), zero), zero))
        self.assert_ends_with(circuit, 0)

    def test_expression_that_some_shots_come_to(self) -> None:
        """A run fails when one of its shots comes to an expression without a value."""
        circuit = QuantumCircuit(1, 2)
        zero = circuit.add_var("zero", expr.lift(0, types.Uint(8)))
        circuit.h(0)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.store(circuit.clbits[1], expr.equal(expr.div(expr.lift(1, types.Uint(8)), zero), zero))
        program = self.program(circuit)
        with pytest.raises(ClassicalValueError, match="zero"):
            program.run(50, 1, Control())
