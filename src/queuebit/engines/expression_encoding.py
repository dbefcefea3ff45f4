"""Classical expressions and assignments as postfix steps for the native core.

A step is its code, the width of its integer result, and what the code asks for. Floats and durations are reals,
everything else is an integer; a truth value is 0 or 1.
"""

from collections.abc import Mapping
from typing import Protocol

from qiskit.circuit import Clbit, Duration
from qiskit.circuit.classical import expr, types

from queuebit import _core
from queuebit.engines.exceptions import EngineLimitError
from queuebit.engines.expressions import Assign, Expression, bit_positions, duration_value

_STEP = _core.expression_codes()

Steps = list[tuple[int, ...]]

_ON_BOTH = {
    "ADD": "ADD",
    "SUB": "SUBTRACT",
    "MUL": "MULTIPLY",
    "DIV": "DIVIDE",
    "EQUAL": "EQUAL",
    "NOT_EQUAL": "NOT_EQUAL",
    "LESS": "LESS",
    "LESS_EQUAL": "LESS_EQUAL",
    "GREATER": "GREATER",
    "GREATER_EQUAL": "GREATER_EQUAL",
}
_ON_INTEGERS = {
    "BIT_AND": "AND",
    "BIT_OR": "OR",
    "BIT_XOR": "XOR",
    "SHIFT_LEFT": "SHIFT_LEFT",
    "SHIFT_RIGHT": "SHIFT_RIGHT",
}
_SKIPPING = {expr.Binary.Op.LOGIC_AND: "SKIP_IF_FALSE", expr.Binary.Op.LOGIC_OR: "SKIP_IF_TRUE"}


class Encoding(Protocol):
    """Where the steps go."""

    codes: list[int]
    params: list[float]

    def variable(self, variable: expr.Var) -> int:
        """Return the number of a variable."""


def wide_codes(number: int) -> tuple[int, int]:
    """Return a 64-bit integer as two 32-bit codes, the low half first."""
    return _signed(number & 0xFFFFFFFF), _signed(number >> 32 & 0xFFFFFFFF)


def encode_expression(expression: Expression, encoding: Encoding) -> None:
    """Append an expression: the number of its steps, then the steps.

    Raises:
        EngineLimitError: if it has integers of more than 64 bits.
    """
    _encode(expression.node, expression.clbits, encoding)


def _encode(node: expr.Expr, clbits: Mapping[Clbit, int], encoding: Encoding) -> None:
    steps: Steps = node.accept(_Encoder(clbits, encoding))
    encoding.codes.append(len(steps))
    for step in steps:
        encoding.codes += step


def encode_assignment(assign: Assign, encoding: Encoding) -> None:
    """Append an assignment: its target, the index into it if there is one, and the value.

    Raises:
        EngineLimitError: if it has integers of more than 64 bits.
    """
    target, codes = assign.target, encoding.codes
    root = target.target if isinstance(target, expr.Index) else target
    _width(root.type)
    if root.standalone:
        codes += (1, encoding.variable(root))
    else:
        positions = bit_positions(root, assign.value.clbits)
        codes += (0, len(positions), *positions)
    if isinstance(target, expr.Index):
        codes += (1, _width(root.type))
        _encode(target.index, assign.value.clbits, encoding)
    else:
        codes.append(0)
    encode_expression(assign.value, encoding)


def _signed(half: int) -> int:
    return half - 2**32 if half >= 2**31 else half


def _is_real(type_: types.Type) -> bool:
    return isinstance(type_, (types.Float, types.Duration))


def _width(type_: types.Type) -> int:
    if not isinstance(type_, types.Uint):
        return int(_core.INTEGER_BITS)
    if type_.width > _core.INTEGER_BITS:
        raise EngineLimitError(f"an expression has integers of {type_.width} bits, the native engine has 64")
    return int(type_.width)


class _Encoder(expr.ExprVisitor[Steps]):
    """Turns each kind of node into steps, operands first."""

    def __init__(self, clbits: Mapping[Clbit, int], encoding: Encoding) -> None:
        self._clbits = clbits
        self._encoding = encoding

    def visit_var(self, node: expr.Var, /) -> Steps:
        width = _width(node.type)
        if node.standalone:
            return [(_STEP["VARIABLE"], width, self._encoding.variable(node))]
        positions = bit_positions(node, self._clbits)
        return [(_STEP["BITS"], width, len(positions), *positions)]

    def visit_value(self, node: expr.Value, /) -> Steps:
        if _is_real(node.type):
            value = duration_value(node.value) if isinstance(node.value, Duration) else node.value
            self._encoding.params.append(float(value))
            return [(_STEP["REAL"], _core.INTEGER_BITS)]
        return [(_STEP["INTEGER"], _width(node.type), *wide_codes(int(node.value)))]

    def visit_cast(self, node: expr.Cast, /) -> Steps:
        steps: Steps = node.operand.accept(self)
        width, from_real = _width(node.type), _is_real(node.operand.type)
        if isinstance(node.type, types.Bool):
            return [*steps, (_STEP["REAL_TO_BOOL" if from_real else "INTEGER_TO_BOOL"], width)]
        if _is_real(node.type):
            return steps if from_real else [*steps, (_STEP["INTEGER_TO_REAL"], width)]
        return [*steps, (_STEP["REAL_TO_INTEGER" if from_real else "MASK"], width)]

    def visit_unary(self, node: expr.Unary, /) -> Steps:
        steps: Steps = node.operand.accept(self)
        if node.op is expr.Unary.Op.NEGATE:
            return [*steps, (_STEP["NEGATE_REAL" if _is_real(node.type) else "NEGATE"], _width(node.type))]
        is_bool = isinstance(node.type, types.Bool)
        return [*steps, (_STEP["NOT" if is_bool else "BIT_NOT"], _width(node.type))]

    def visit_binary(self, node: expr.Binary, /) -> Steps:
        left: Steps = node.left.accept(self)
        if node.op in _SKIPPING:
            right: Steps = node.right.accept(self)
            return [*left, (_STEP[_SKIPPING[node.op]], _core.INTEGER_BITS, len(right)), *right]
        if node.op.name in _ON_INTEGERS:
            step = (_STEP[_ON_INTEGERS[node.op.name]], _width(node.type))
            return [*left, *node.right.accept(self), step]
        if not (_is_real(node.left.type) or _is_real(node.right.type)):
            step = (_STEP[_ON_BOTH[node.op.name]], _width(node.type))
            return [*left, *node.right.accept(self), step]
        left += self._to_real(node.left)
        right = [*node.right.accept(self), *self._to_real(node.right)]
        return [*left, *right, (_STEP[_ON_BOTH[node.op.name] + "_REAL"], _core.INTEGER_BITS)]

    def visit_index(self, node: expr.Index, /) -> Steps:
        steps: Steps = node.target.accept(self)
        return [*steps, *node.index.accept(self), (_STEP["INDEX"], _width(node.target.type))]

    def _to_real(self, operand: expr.Expr) -> Steps:
        # A duration may be multiplied or divided by an integer.
        return [] if _is_real(operand.type) else [(_STEP["INTEGER_TO_REAL"], _core.INTEGER_BITS)]
