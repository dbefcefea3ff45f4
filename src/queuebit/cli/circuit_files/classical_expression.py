"""Classical expressions of OpenQASM 3 as Qiskit's."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast
from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types
from qiskit_qasm3_import.exceptions import raise_from_node

_EQUALITIES = {"==": expr.equal, "!=": expr.not_equal}
_ORDERINGS = {"<": expr.less, "<=": expr.less_equal, ">": expr.greater, ">=": expr.greater_equal}
_BITWISE = {"&": expr.bit_and, "|": expr.bit_or, "^": expr.bit_xor}
_LOGICAL = {"&&": expr.logic_and, "||": expr.logic_or}
_SHIFTS = {"<<": expr.shift_left, ">>": expr.shift_right}
_ARITHMETIC = {"+": expr.add, "-": expr.sub, "*": expr.mul, "/": expr.div}
_OPERATORS = _EQUALITIES | _ORDERINGS | _BITWISE | _LOGICAL | _SHIFTS | _ARITHMETIC

# Of integers whose values are known: Qiskit would give the result as few bits as its operands have.
_FOLDED = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv, "<<": operator.lshift}


def classical_expression(node: ast.QASMNode, value_of: Callable[[ast.QASMNode], Any]) -> expr.Expr:
    """Return Qiskit's form of an expression over bits, registers, variables and constants.

    Args:
        node: the expression.
        value_of: gives what a name, an indexed name or a literal stands for.

    Raises:
        ConversionError: if Qiskit has nothing like it.
    """
    match node:
        case ast.UnaryExpression() if node.op.name == "!":
            return expr.logic_not(as_bool(classical_expression(node.expression, value_of)))
        case ast.UnaryExpression() if node.op.name == "~":
            return expr.bit_not(classical_expression(node.expression, value_of))
        case ast.BinaryExpression() if node.op.name in _OPERATORS:
            left = classical_expression(node.lhs, value_of)
            return binary(node.op.name, left, classical_expression(node.rhs, value_of))
        case ast.BitstringLiteral():
            return expr.lift(node.value, types.Uint(node.width))
        case _:
            return _leaf(value_of(node), node)


def binary(symbol: str, left: expr.Expr, right: expr.Expr) -> expr.Expr:
    """Return ``left symbol right``, with bits taken as integers and narrow integers widened where OpenQASM does."""
    if symbol in _LOGICAL:
        return _OPERATORS[symbol](as_bool(left), as_bool(right))
    if symbol not in (*_EQUALITIES, *_BITWISE) or _is_bool(left) != _is_bool(right):
        left, right = _as_uint(left), _as_uint(right)
    if symbol in _FOLDED and isinstance(left, expr.Value) and isinstance(right, expr.Value):
        return expr.lift(_FOLDED[symbol](left.value, right.value))
    if symbol not in _SHIFTS and not _is_bool(left):
        width = types.Uint(max(left.type.width, right.type.width))
        left, right = as_type(left, width), as_type(right, width)
    return _OPERATORS[symbol](left, right)


def as_bool(expression: expr.Expr) -> expr.Expr:
    """Return the expression as a condition: registers and integers are true when they aren't 0."""
    return as_type(expression, types.Bool())


def as_type(expression: expr.Expr, wanted: types.Type) -> expr.Expr:
    """Return the expression as a value of another type."""
    return expression if expression.type == wanted else expr.cast(expression, wanted)


def _as_uint(expression: expr.Expr) -> expr.Expr:
    return as_type(expression, types.Uint(1)) if _is_bool(expression) else expression


def _is_bool(expression: expr.Expr) -> bool:
    return isinstance(expression.type, types.Bool)


def _leaf(value: Any, node: ast.QASMNode) -> expr.Expr:
    if isinstance(value, expr.Expr):
        return value
    if isinstance(value, (Clbit, ClassicalRegister, bool)) or (isinstance(value, int) and value >= 0):
        return expr.lift(value)
    if not (isinstance(value, Sequence) and value and all(isinstance(bit, Clbit) for bit in value)):
        raise_from_node(node, "only bits, registers, bool and uint values are supported here")
    return _concatenated(value)


def _concatenated(bits: Sequence[Clbit]) -> expr.Expr:
    """Return bits, the least significant first, as one unsigned integer."""
    width = types.Uint(len(bits))
    shifted = [expr.shift_left(expr.cast(expr.lift(bit), width), index) for index, bit in enumerate(bits)]
    value = shifted[0]
    for bit in shifted[1:]:
        value = expr.bit_or(value, bit)
    return value
