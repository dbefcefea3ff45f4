"""Expressions of type `Uint`: every operator, at every width."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit.classical import expr, types

from queuebit.testing.engine_checks.operators import OperatorRuns

WIDTH = 8
MASK = 2**WIDTH - 1

OPERANDS = [(200, 100), (0, 255), (7, 7), (255, 1), (3, 200), (96, 5)]

BITWISE: dict[str, Callable[[int, int], int]] = {
    "bit_and": operator.and_,
    "bit_or": operator.or_,
    "bit_xor": operator.xor,
}

ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    **BITWISE,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "shift_left": operator.lshift,
    "shift_right": operator.rshift,
}

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}


def uint(value: int, width: int = WIDTH) -> expr.Value:
    """Return an unsigned integer as an expression.

    Args:
        value: The integer.
        width: Its width in bits.
    """
    return expr.Value(value, types.Uint(width))


class ClassicalRuns(OperatorRuns):
    """Evaluating expressions whose operands are variables, so that nothing can be worked out beforehand."""

    def values_of(self, build: Callable[..., expr.Expr], operands: Sequence[tuple[Any, ...]]) -> list[int]:
        """Return the values of an expression, which must be of type Bool or Uint.

        Args:
            build: Makes the expression from variables.
            operands: The values of these, once for each value of the expression.
        """
        circuit = QuantumCircuit()
        registers = []
        for case, values in enumerate(operands):
            variables = [circuit.add_var(f"operand_{case}_{i}", value) for i, value in enumerate(values)]
            expression = build(*variables)
            width = 1 if isinstance(expression.type, types.Bool) else expression.type.width
            registers.append(ClassicalRegister(width, f"value_{case}"))
            circuit.add_register(registers[-1])
            circuit.store(registers[-1] if expression.type == types.Uint(width) else registers[-1][0], expression)
        (memory,) = self.memory(circuit)
        found = []
        for register in registers:
            found.append(memory & (2**register.size - 1))
            memory >>= register.size
        return found

    def holds(self, condition: expr.Expr) -> bool:
        """Return the value of an expression of type Bool.

        Args:
            condition: The expression, without variables.
        """
        return self.values_of(lambda: condition, [()]) == [1]


class UnsignedIntegerChecks(ClassicalRuns):
    """`Uint`: bits and arithmetic, both cut to the width."""

    @pytest.mark.parametrize("name", ARITHMETIC)
    def test_unsigned_arithmetic_wraps(self, name: str) -> None:
        """An operation on unsigned integers gives the exact value modulo two to the power of their width."""
        found = self.values_of(getattr(expr, name), [(uint(a), uint(b)) for a, b in OPERANDS])
        assert found == [ARITHMETIC[name](a, b) & MASK for a, b in OPERANDS]

    def test_unsigned_division_rounds_down(self) -> None:
        """A division of unsigned integers leaves the remainder out."""
        pairs = [(200, 100), (0, 255), (7, 7), (255, 2), (3, 200)]
        assert self.values_of(expr.div, [(uint(a), uint(b)) for a, b in pairs]) == [a // b for a, b in pairs]

    @pytest.mark.parametrize("name", RELATIONS)
    def test_unsigned_comparison(self, name: str) -> None:
        """Unsigned integers are compared as numbers, also those of different widths."""
        found = self.values_of(getattr(expr, name), [(uint(a), uint(b, 12)) for a, b in OPERANDS])
        assert found == [RELATIONS[name](a, b) for a, b in OPERANDS]

    def test_bitwise_not(self) -> None:
        """A bitwise negation flips the bits within the width."""
        assert self.values_of(expr.bit_not, [(uint(value),) for value in (0, 1, 200, 255)]) == [255, 254, 55, 0]

    def test_shift_beyond_the_width(self) -> None:
        """A shift by the width or more gives 0, however far it is."""
        operands = [(uint(255), uint(distance, 64)) for distance in (8, 9, 64, 2**40, 2**64 - 1)]
        assert self.values_of(expr.shift_left, operands) == [0] * 5
        assert self.values_of(expr.shift_right, operands) == [0] * 5

    def test_integers_of_any_width(self) -> None:
        """Unsigned integers may be of one bit, and wider than any machine word."""
        for width in (1, 3, 31, 32, 33, 63, 64, 65, 200):
            most = 2**width - 1
            operands = [(uint(most, width), uint(most, width))]
            assert self.values_of(expr.add, operands) == [2 * most & most]
            assert self.values_of(expr.mul, operands) == [most * most & most]
            assert self.values_of(expr.sub, [(uint(0, width), uint(most, width))]) == [1]
            assert self.values_of(expr.bit_not, [(uint(1, width),)]) == [most - 1]

    def test_intermediate_values_wrap(self) -> None:
        """Each operation wraps by itself: a sum that has wrapped is divided as it is."""
        assert self.values_of(lambda a, b: expr.div(expr.add(a, b), uint(2)), [(uint(255), uint(5))]) == [2]
        assert self.values_of(lambda a, b: expr.less(expr.sub(a, b), a), [(uint(1), uint(2))]) == [0]

    def test_index_reads_a_bit(self) -> None:
        """An index gives one bit, 0 the least significant."""
        operands = [(uint(0b10010110), uint(bit, 3)) for bit in range(8)]
        assert self.values_of(expr.index, operands) == [0, 1, 1, 0, 1, 0, 0, 1]

    @pytest.mark.parametrize("width", [1, 4, 8, 12])
    def test_cast_between_widths(self, width: int) -> None:
        """A cast to fewer bits keeps the lowest, one to more adds zeros."""
        values = [0, 1, 200, 255]
        found = self.values_of(lambda value: expr.cast(value, types.Uint(width)), [(uint(value),) for value in values])
        assert found == [value % 2**width for value in values]
