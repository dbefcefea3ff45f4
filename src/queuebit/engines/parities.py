"""Conditions that are the parity of some measurements, which is what a Clifford simulation can act on."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple

from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types


class NoParityError(Exception):
    """A condition isn't the parity of measurements; the text says what in it isn't."""


class Parity(NamedTuple):
    """The sum modulo 2 of some measurements, and perhaps of 1.

    Attributes:
        measurements: the numbers of the measurements.
        odd: whether 1 is added.
    """

    measurements: frozenset[int] = frozenset()
    odd: bool = False

    @property
    def constant(self) -> bool | None:
        """The value if it depends on no measurement, else None."""
        return None if self.measurements else self.odd

    def __invert__(self) -> "Parity":
        return Parity(self.measurements, not self.odd)

    def __xor__(self, other: "Parity") -> "Parity":
        return Parity(self.measurements ^ other.measurements, self.odd ^ other.odd)

    def __and__(self, other: "Parity") -> "Parity":
        """Return the product, where it is a parity: one of the two is constant, or they are equal or opposite."""
        for one, another in ((self, other), (other, self)):
            if one.constant is not None:
                return another if one.constant else FALSE
        if self.measurements == other.measurements:
            return self if self.odd == other.odd else FALSE
        raise NoParityError("it is true for several measurements together")


FALSE, TRUE = Parity(), Parity(odd=True)

ValueOf = Callable[[Clbit], Parity]


def parity_of(condition: Any, value_of: ValueOf) -> Parity:
    """Return a condition as a parity of measurements.

    Args:
        condition: of an ``if``: an expression, or a bit or register with its wanted value.
        value_of: gives what a classical bit holds.

    Raises:
        NoParityError: if it isn't one.
    """
    lifted = condition if isinstance(condition, expr.Expr) else expr.lift_legacy_condition(condition)
    return _truth(_bits(lifted, value_of))


def _truth(bits: Iterable[Parity]) -> Parity:
    """Return whether any bit is 1."""
    return ~_all(~bit for bit in bits)


def _all(bits: Iterable[Parity]) -> Parity:
    # Constants first: one that is 0 makes the others not matter.
    return reduce(Parity.__and__, sorted(bits, key=lambda bit: bit.constant is None), TRUE)


def _bits(node: expr.Expr, value_of: ValueOf) -> list[Parity]:
    """Return the bits of a value of type Bool or Uint, the least significant first."""
    match node:
        case expr.Value(value=bool() | int() as value):
            return [TRUE if value >> bit & 1 else FALSE for bit in range(_width(node))]
        case expr.Var(var=Clbit() as clbit):
            return [value_of(clbit)]
        case expr.Var(var=ClassicalRegister() as register):
            return [value_of(clbit) for clbit in register]
        case expr.Unary():
            return _negated(node, value_of)
        case expr.Binary():
            return _combined(node, value_of)
        case expr.Cast(operand=operand):
            return _cast(node, _bits(operand, value_of))
        case expr.Index(target=target, index=expr.Value(value=int() as index)) if index < _width(target):
            return [_bits(target, value_of)[index]]
    raise NoParityError(f"it has {type(node).__name__} {node!r}")


def _width(node: expr.Expr) -> int:
    if isinstance(node.type, types.Bool):
        return 1
    if isinstance(node.type, types.Uint):
        return int(node.type.width)
    raise NoParityError(f"it has a value of type {node.type!r}")


def _cast(node: expr.Cast, bits: list[Parity]) -> list[Parity]:
    if isinstance(node.type, types.Bool):
        return [_truth(bits)]
    return (bits + [FALSE] * _width(node))[: _width(node)]


def _negated(node: expr.Unary, value_of: ValueOf) -> list[Parity]:
    bits = _bits(node.operand, value_of)
    if node.op is expr.Unary.Op.LOGIC_NOT:
        return [~_truth(bits)]
    if node.op is expr.Unary.Op.BIT_NOT:
        return [~bit for bit in bits]
    raise NoParityError(f"it has the operation {node.op.name}")


def _combined(node: expr.Binary, value_of: ValueOf) -> list[Parity]:
    left, right = _bits(node.left, value_of), _bits(node.right, value_of)
    match node.op:
        case expr.Binary.Op.BIT_XOR:
            return [a ^ b for a, b in zip(left, right, strict=True)]
        case expr.Binary.Op.BIT_AND | expr.Binary.Op.LOGIC_AND:
            return [a & b for a, b in zip(left, right, strict=True)]
        case expr.Binary.Op.BIT_OR | expr.Binary.Op.LOGIC_OR:
            return [~(~a & ~b) for a, b in zip(left, right, strict=True)]
        case expr.Binary.Op.EQUAL:
            return [_all(~(a ^ b) for a, b in zip(left, right, strict=True))]
        case expr.Binary.Op.NOT_EQUAL:
            return [~_all(~(a ^ b) for a, b in zip(left, right, strict=True))]
    raise NoParityError(f"it has the operation {node.op.name}")
