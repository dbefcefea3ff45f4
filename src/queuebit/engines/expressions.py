"""Qiskit's classical expressions as plain functions of the classical memory and the variables."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qiskit.circuit import ClassicalRegister, Clbit, Duration
from qiskit.circuit.classical import expr, types

from queuebit.engines.exceptions import ClassicalValueError, UnsupportedInstructionError

Value = bool | int | float

# To divide by: whole numbers are exact, so equal times in different units become the same number.
_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9, "ps": 10**12}


@dataclass(slots=True)
class ClassicalState:
    """What a branch of a run knows classically.

    Attributes:
        memory: the classical bits; clbit 0 is the least significant bit.
        variables: the values of the variables that have one.
    """

    memory: int = 0
    variables: dict[expr.Var, Value] = field(default_factory=dict)

    def copy(self) -> "ClassicalState":
        """Return an independent copy."""
        return ClassicalState(self.memory, dict(self.variables))


Evaluate = Callable[[ClassicalState], Value]


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """An expression, ready to be evaluated on a classical state by calling it.

    Attributes:
        node: Qiskit's expression.
        clbits: the position in the classical memory of each bit that occurs.
        evaluate: gives the value.
    """

    node: expr.Expr
    clbits: Mapping[Clbit, int]
    evaluate: Evaluate

    def __call__(self, state: ClassicalState) -> Value:
        """Return the value."""
        return self.evaluate(state)


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """An assignment, ready to be carried out on a classical state by calling it.

    Attributes:
        target: a variable, a classical bit or register, or an index into one of these.
        write: stores a value into the target.
        value: gives the value.
        writes_memory: whether the target is a classical bit or register.
    """

    target: expr.Expr
    write: Callable[[ClassicalState, Value], None]
    value: Expression
    writes_memory: bool

    def __call__(self, state: ClassicalState) -> None:
        """Carry it out."""
        self.write(state, self.value(state))


def compile_expression(node: expr.Expr, clbits: Mapping[Clbit, int]) -> Expression:
    """Make an expression ready to be evaluated.

    Unsigned integers wrap around at their width, as Qiskit's ``Uint`` does. A duration is a number of seconds, or of
    ``dt``.

    Args:
        node: the expression.
        clbits: the position in the classical memory of each bit that may occur.

    Raises:
        UnsupportedInstructionError: if the expression has no value in a simulation: it uses a stretch, or mixes
            ``dt`` with seconds.
    """
    compiler = _Compiler(clbits)
    evaluate: Evaluate = node.accept(compiler)
    if len(compiler.time_bases) > 1:
        raise UnsupportedInstructionError("an expression mixes durations in dt and in seconds; use one of the two")
    return Expression(node, clbits, evaluate)


def compile_assignment(target: expr.Expr, value: expr.Expr, clbits: Mapping[Clbit, int]) -> Assign:
    """Make an assignment ready to be carried out.

    Args:
        target: a variable, a classical bit or register, or an index into one of these.
        value: the expression.
        clbits: the position in the classical memory of each bit that may occur.
    """
    root = target
    while isinstance(root, expr.Index):
        root = root.target
    writes_memory = isinstance(root, expr.Var) and not root.standalone
    return Assign(target, _writer(target, clbits), compile_expression(value, clbits), writes_memory)


def _writer(target: expr.Expr, clbits: Mapping[Clbit, int]) -> Callable[[ClassicalState, Value], None]:
    if isinstance(target, expr.Index):
        return _index_writer(target, clbits)
    if not isinstance(target, expr.Var):
        raise UnsupportedInstructionError(f"can't store to {target!r}: it is not a variable, bit or register")
    if target.standalone:
        return lambda state, value: state.variables.__setitem__(target, value)
    positions = bit_positions(target, clbits)

    def write(state: ClassicalState, value: Value) -> None:
        for offset, position in enumerate(positions):
            bit = (int(value) >> offset) & 1
            state.memory = state.memory & ~(1 << position) | bit << position

    return write


def _index_writer(target: expr.Index, clbits: Mapping[Clbit, int]) -> Callable[[ClassicalState, Value], None]:
    read_whole = compile_expression(target.target, clbits)
    read_index = compile_expression(target.index, clbits)
    write_whole = _writer(target.target, clbits)
    width = target.target.type.width

    def write(state: ClassicalState, value: Value) -> None:
        index = _checked_index(read_index(state), width)
        write_whole(state, int(read_whole(state)) & ~(1 << index) | int(bool(value)) << index)

    return write


def bit_positions(node: expr.Var, clbits: Mapping[Clbit, int]) -> tuple[int, ...]:
    """Return where the bits of a classical bit or register are in the classical memory, the least significant first."""
    bits = node.var if isinstance(node.var, ClassicalRegister) else (node.var,)
    return tuple(clbits[bit] for bit in bits)


def duration_value(duration: Duration) -> float:
    """Return a duration in seconds, or in ``dt`` if that is its unit."""
    return float(duration.value() / _UNITS_PER_SECOND.get(duration.unit(), 1))


def _checked_index(index: Value, width: int) -> int:
    if index >= width:
        raise ClassicalValueError(f"index {index} is out of range for {width} bits")
    return int(index)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "BIT_AND": operator.and_,
    "BIT_OR": operator.or_,
    "BIT_XOR": operator.xor,
    "EQUAL": operator.eq,
    "NOT_EQUAL": operator.ne,
    "LESS": operator.lt,
    "LESS_EQUAL": operator.le,
    "GREATER": operator.gt,
    "GREATER_EQUAL": operator.ge,
    "SHIFT_RIGHT": operator.rshift,
    "ADD": operator.add,
    "SUB": operator.sub,
    "MUL": operator.mul,
}


def _divided(left: Evaluate, right: Evaluate, type_: types.Type) -> Evaluate:
    divide: Callable[[Any, Any], Any] = operator.floordiv if isinstance(type_, types.Uint) else operator.truediv

    def evaluate(state: ClassicalState) -> Value:
        dividend, divisor = left(state), right(state)
        if divisor == 0:
            raise ClassicalValueError(f"division of {dividend} by zero in a classical expression")
        quotient: Value = divide(dividend, divisor)
        return quotient

    return evaluate


def _cast(operand: Evaluate, type_: types.Type) -> Evaluate:
    convert = bool if isinstance(type_, types.Bool) else float if isinstance(type_, types.Float) else int

    def evaluate(state: ClassicalState) -> Value:
        value = operand(state)
        try:
            return convert(value)
        except (OverflowError, ValueError) as error:  # infinity and NaN as integers, huge integers as floats
            raise ClassicalValueError(f"{value} has no value as {type_}") from error

    return _wrapped(evaluate, type_)


def _wrapped(evaluate: Evaluate, type_: types.Type) -> Evaluate:
    """Cut the value to the width of an unsigned integer type."""
    if not isinstance(type_, types.Uint):
        return evaluate
    mask = (1 << type_.width) - 1
    return lambda state: int(evaluate(state)) & mask


class _Compiler(expr.ExprVisitor[Evaluate]):
    """Turns each kind of node into a function."""

    def __init__(self, clbits: Mapping[Clbit, int]) -> None:
        self._clbits = clbits
        self.time_bases: set[str] = set()

    def visit_var(self, node: expr.Var, /) -> Evaluate:
        if node.standalone:
            return lambda state: _variable(state, node)
        positions = bit_positions(node, self._clbits)
        if isinstance(node.var, Clbit):
            return lambda state: bool(state.memory >> positions[0] & 1)
        return lambda state: sum((state.memory >> position & 1) << i for i, position in enumerate(positions))

    def visit_stretch(self, node: expr.Stretch, /) -> Evaluate:
        raise UnsupportedInstructionError(
            f"stretch {node.name!r} has no length before the circuit is scheduled, so an expression can't use it"
        )

    def visit_value(self, node: expr.Value, /) -> Evaluate:
        value = node.value
        if isinstance(value, Duration):
            self.time_bases.add("dt" if value.unit() == "dt" else "s")
            value = duration_value(value)
        return lambda state: value

    def visit_cast(self, node: expr.Cast, /) -> Evaluate:
        return _cast(node.operand.accept(self), node.type)

    def visit_unary(self, node: expr.Unary, /) -> Evaluate:
        operand: Evaluate = node.operand.accept(self)
        if node.op is expr.Unary.Op.NEGATE:
            return _wrapped(lambda state: -operand(state), node.type)
        if node.op is expr.Unary.Op.LOGIC_NOT or isinstance(node.type, types.Bool):
            return lambda state: not operand(state)
        return _wrapped(lambda state: ~int(operand(state)), node.type)

    def visit_binary(self, node: expr.Binary, /) -> Evaluate:
        left: Evaluate = node.left.accept(self)
        right: Evaluate = node.right.accept(self)
        if node.op is expr.Binary.Op.LOGIC_AND:
            return lambda state: bool(left(state)) and bool(right(state))
        if node.op is expr.Binary.Op.LOGIC_OR:
            return lambda state: bool(left(state)) or bool(right(state))
        if node.op is expr.Binary.Op.SHIFT_LEFT:
            width = node.type.width
            # A shift by more than the width gives 0; it must not make a huge number on the way.
            return _wrapped(lambda state: int(left(state)) << min(int(right(state)), width), node.type)
        if node.op is expr.Binary.Op.DIV:
            return _divided(left, right, node.type)
        apply = _OPERATORS[node.op.name]
        return _wrapped(lambda state: apply(left(state), right(state)), node.type)

    def visit_index(self, node: expr.Index, /) -> Evaluate:
        target: Evaluate = node.target.accept(self)
        index: Evaluate = node.index.accept(self)
        width = node.target.type.width
        return lambda state: bool(int(target(state)) >> _checked_index(index(state), width) & 1)


def _variable(state: ClassicalState, node: expr.Var) -> Value:
    try:
        return state.variables[node]
    except KeyError:
        raise ClassicalValueError(f"variable {node.name!r} is read before it has a value") from None
