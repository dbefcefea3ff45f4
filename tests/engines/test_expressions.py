"""Classical expressions as functions: every node, operator and type, and where a value is written to."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import ClassicalRegister, Clbit, Duration
from qiskit.circuit.classical import expr, types

from queuebit.engines import ClassicalValueError, UnsupportedInstructionError
from queuebit.engines.expressions import ClassicalState, compile_assignment, compile_expression

BITS = [Clbit() for _ in range(6)]
CLBITS = {bit: index for index, bit in enumerate(BITS)}


def uint(value: int, width: int = 8) -> expr.Value:
    return expr.Value(value, types.Uint(width))


def register(*positions: int) -> ClassicalRegister:
    return ClassicalRegister(name="register", bits=[BITS[position] for position in positions])


def value_of(expression: expr.Expr, memory: int = 0, **variables):
    state = ClassicalState(memory, {NAMED[name]: value for name, value in variables.items()})
    return compile_expression(expression, CLBITS)(state)


NAMED = {
    "flag": expr.Var.new("flag", types.Bool()),
    "number": expr.Var.new("number", types.Uint(8)),
    "real": expr.Var.new("real", types.Float()),
}
FLAG, NUMBER, REAL = NAMED.values()


class TestReading:
    def test_bit(self):
        assert value_of(expr.lift(BITS[3]), memory=0b001000) is True
        assert value_of(expr.lift(BITS[3]), memory=0b110111) is False

    def test_register_bits_are_wherever_they_are(self):
        assert value_of(expr.lift(register(4, 0, 2)), memory=0b010001) == 0b011
        assert value_of(expr.lift(register(0, 1, 2)), memory=0b111101) == 0b101

    def test_wide_register(self):
        bits = [Clbit() for _ in range(100)]
        wide = expr.lift(ClassicalRegister(name="wide", bits=bits))
        evaluate = compile_expression(wide, {bit: 99 - index for index, bit in enumerate(bits)})
        assert evaluate(ClassicalState(1)) == 1 << 99

    @pytest.mark.parametrize(("name", "value"), [("flag", True), ("number", 77), ("real", 0.5)])
    def test_variable(self, name, value):
        assert value_of(NAMED[name], **{name: value}) == value

    def test_variable_without_a_value_is_named(self):
        with pytest.raises(ClassicalValueError, match="variable 'number' is read before it has a value"):
            value_of(expr.add(NUMBER, uint(1)))

    def test_value_that_is_not_needed_may_be_missing(self):
        assert value_of(expr.logic_and(False, FLAG)) is False
        assert value_of(expr.logic_or(True, FLAG)) is True

    def test_index(self):
        assert [value_of(expr.index(uint(0b1010, 4), uint(bit, 2))) for bit in range(4)] == [False, True, False, True]
        assert value_of(expr.index(register(5, 1), uint(1, 1)), memory=0b000010) is True

    @pytest.mark.parametrize("index", [4, 5, 255])
    def test_index_out_of_range(self, index):
        with pytest.raises(ClassicalValueError, match=f"index {index} is out of range for 4 bits"):
            value_of(expr.index(uint(0b1010, 4), uint(index)))

    def test_stretch_is_refused(self):
        with pytest.raises(UnsupportedInstructionError, match="stretch 'gap' has no length"):
            compile_expression(expr.less(expr.Stretch.new("gap"), Duration.ns(5.0)), CLBITS)


class TestOperators:
    """What the engine contract has no word for; it holds every operator with its values."""

    def test_every_binary_operator_is_known(self):
        operands = {
            "LOGIC_AND": (expr.lift(True), expr.lift(False), types.Bool()),
            "LOGIC_OR": (expr.lift(True), expr.lift(False), types.Bool()),
        }
        relations = {"EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"}
        for op in expr.Binary.Op:
            type_ = types.Bool() if op.name in relations else types.Uint(8)
            left, right, type_ = operands.get(op.name, (uint(6), uint(3), type_))
            assert isinstance(value_of(expr.Binary(op, left, right, type_)), int)

    def test_every_unary_operator_is_known(self):
        assert value_of(expr.Unary(expr.Unary.Op.BIT_NOT, uint(1), types.Uint(8))) == 254
        assert value_of(expr.Unary(expr.Unary.Op.BIT_NOT, expr.lift(True), types.Bool())) is False
        assert value_of(expr.Unary(expr.Unary.Op.LOGIC_NOT, expr.lift(False), types.Bool())) is True
        assert value_of(expr.Unary(expr.Unary.Op.NEGATE, expr.lift(2.5), types.Float())) == -2.5
        assert len(expr.Unary.Op) == 3

    @pytest.mark.parametrize("zero", [uint(0), expr.lift(0.0), expr.lift(-0.0)])
    def test_division_by_zero_says_what_was_divided(self, zero):
        dividend = uint(7) if isinstance(zero.type, types.Uint) else expr.lift(7.0)
        with pytest.raises(ClassicalValueError, match=r"division of 7(\.0)? by zero"):
            value_of(expr.div(dividend, zero))

    def test_division_of_a_duration_by_zero(self):
        with pytest.raises(ClassicalValueError, match="by zero"):
            value_of(expr.div(Duration.ns(1.0), uint(0)))
        with pytest.raises(ClassicalValueError, match="by zero"):
            value_of(expr.div(Duration.ns(1.0), Duration.ns(0.0)))

    def test_huge_shift_makes_no_huge_number(self):
        assert value_of(expr.shift_left(uint(255), uint(2**62, 63))) == 0
        assert value_of(expr.shift_right(uint(255), uint(2**62, 63))) == 0

    def test_numbers_keep_their_types(self):
        assert type(value_of(expr.div(uint(7), uint(2)))) is int
        assert type(value_of(expr.div(expr.lift(8.0), expr.lift(2.0)))) is float
        assert type(value_of(expr.less(NUMBER, uint(3)), number=2)) is bool


class TestCasts:
    @pytest.mark.parametrize(
        ("value", "type_", "wanted"),
        [
            (expr.lift(True), types.Uint(3), 1),
            (uint(200), types.Uint(3), 0),
            (uint(5), types.Uint(12), 5),
            (uint(4), types.Bool(), True),
            (uint(3), types.Float(), 3.0),
            (expr.lift(300.9), types.Uint(8), 44),
            (expr.lift(0.1), types.Bool(), True),
            (expr.lift(True), types.Float(), 1.0),
        ],
    )
    def test_cast(self, value, type_, wanted):
        found = value_of(expr.Cast(value, type_))
        assert (found, type(found)) == (wanted, type(wanted))

    @pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
    def test_what_is_no_number_has_no_integer_value(self, value):
        with pytest.raises(ClassicalValueError, match=r"has no value as Uint\(8\)"):
            value_of(expr.cast(REAL, types.Uint(8)), real=value)

    def test_integer_that_no_float_holds(self):
        with pytest.raises(ClassicalValueError, match=r"has no value as Float"):
            value_of(expr.cast(uint(2**1100, 1101), types.Float()))


class TestDurations:
    @pytest.mark.parametrize(
        ("duration", "seconds"),
        [
            (Duration.s(3.0), 3.0),
            (Duration.ms(3.0), 3e-3),
            (Duration.us(3.0), 3e-6),
            (Duration.ns(3000.0), 3e-6),
            (Duration.ps(3.0), 3e-12),
            (Duration.dt(3), 3),
        ],
    )
    def test_durations_are_seconds_or_dt(self, duration, seconds):
        assert value_of(expr.lift(duration)) == seconds

    def test_dt_and_seconds_can_not_be_mixed(self):
        with pytest.raises(UnsupportedInstructionError, match="durations in dt and in seconds"):
            compile_expression(expr.less(Duration.dt(3), Duration.ns(5.0)), CLBITS)

    def test_dt_is_divided_exactly(self):
        assert value_of(expr.div(Duration.dt(10), Duration.dt(4))) == 2.5
        assert value_of(expr.div(Duration.dt(10), uint(4))) == 2.5


class TestAssignments:
    @pytest.mark.parametrize(
        ("target", "value", "memory"),
        [
            (expr.lift(BITS[2]), expr.lift(True), 0b100111),
            (expr.lift(BITS[0]), expr.lift(False), 0b100010),
            (expr.lift(register(4, 3)), uint(0b10, 2), 0b101011),
            (expr.index(register(4, 3), uint(0, 1)), expr.lift(True), 0b110011),
            (expr.index(register(0, 5), uint(1, 1)), expr.lift(False), 0b000011),
        ],
        ids=["bit", "cleared bit", "register", "index", "cleared index"],
    )
    def test_memory_target(self, target, value, memory):
        assign = compile_assignment(target, value, CLBITS)
        state = ClassicalState(0b100011)
        assign(state)
        assert f"{state.memory:06b}" == f"{memory:06b}"
        assert assign.writes_memory
        assert state.variables == {}

    def test_variable_target(self):
        assign = compile_assignment(NUMBER, uint(9), CLBITS)
        state = ClassicalState(0b101)
        assign(state)
        assert (state.memory, state.variables) == (0b101, {NUMBER: 9})
        assert not assign.writes_memory

    def test_bit_of_a_variable(self):
        assign = compile_assignment(expr.index(NUMBER, uint(2)), expr.lift(True), CLBITS)
        state = ClassicalState(0, {NUMBER: 0b10001})
        assign(state)
        assert state.variables == {NUMBER: 0b10101}
        assert not assign.writes_memory

    def test_bit_of_a_variable_without_a_value(self):
        assign = compile_assignment(expr.index(NUMBER, uint(2)), expr.lift(True), CLBITS)
        with pytest.raises(ClassicalValueError, match="'number'"):
            assign(ClassicalState())

    def test_index_out_of_range_writes_nothing(self):
        assign = compile_assignment(expr.index(register(0, 1), uint(2)), expr.lift(True), CLBITS)
        state = ClassicalState(0b11)
        with pytest.raises(ClassicalValueError, match="index 2 is out of range for 2 bits"):
            assign(state)
        assert state.memory == 0b11

    def test_target_that_can_not_be_written(self):
        with pytest.raises(UnsupportedInstructionError, match="can't store"):
            compile_assignment(uint(3), uint(4), CLBITS)

    def test_copied_state_is_independent(self):
        state = ClassicalState(1, {NUMBER: 1})
        copy = state.copy()
        compile_assignment(NUMBER, uint(2), CLBITS)(copy)
        compile_assignment(expr.lift(BITS[0]), expr.lift(False), CLBITS)(copy)
        assert (state.memory, state.variables) == (1, {NUMBER: 1})
        assert (copy.memory, copy.variables) == (0, {NUMBER: 2})


WIDTH = 5
MASK = 2**WIDTH - 1
EXACT = {
    expr.bit_and: operator.and_,
    expr.bit_or: operator.or_,
    expr.bit_xor: operator.xor,
    expr.add: operator.add,
    expr.sub: operator.sub,
    expr.mul: operator.mul,
    expr.shift_left: operator.lshift,
    expr.shift_right: operator.rshift,
}

leaves = st.integers(0, MASK).map(lambda value: (uint(value, WIDTH), value))
trees = st.recursive(
    leaves,
    lambda branches: st.tuples(st.sampled_from(list(EXACT)), branches, branches).map(
        lambda drawn: (drawn[0](drawn[1][0], drawn[2][0]), EXACT[drawn[0]](drawn[1][1], drawn[2][1]) & MASK)
    ),
    max_leaves=12,
)


@settings(derandomize=True, database=None, max_examples=200)
@given(tree=trees)
def test_any_expression_is_exact_modulo_its_width(tree):
    expression, wanted = tree
    assert value_of(expression) == wanted
