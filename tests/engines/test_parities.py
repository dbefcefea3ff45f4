"""Conditions that are parities of measurements, and those that are not."""

import itertools

import pytest
from qiskit import ClassicalRegister
from qiskit.circuit.classical import expr, types

from queuebit.engines.expressions import ClassicalState, compile_expression
from queuebit.engines.parities import FALSE, TRUE, NoParityError, Parity, parity_of

REGISTER = ClassicalRegister(3, "c")
A, B, C = REGISTER

# A and B are measured, as the measurements 5 and 7; C is not.
VALUES = {A: Parity(frozenset((5,))), B: Parity(frozenset((7,))), C: FALSE}

PARITIES = {
    "bit": (A, True),
    "bit is 0": (A, False),
    "expression of a bit": expr.lift(A),
    "not": expr.logic_not(A),
    "not of two": expr.bit_not(expr.bit_xor(A, B)),
    "sum": expr.bit_xor(A, B),
    "sum of equal": expr.bit_xor(A, A),
    "equal": expr.equal(A, B),
    "not equal": expr.not_equal(A, B),
    "and with a constant": expr.logic_and(A, C),
    "or with a constant": expr.logic_or(A, C),
    "or with true": expr.logic_or(A, expr.lift(True)),
    "and with itself": expr.bit_and(A, A),
    "and with its opposite": expr.logic_and(A, expr.logic_not(A)),
    "bit of a register": expr.index(REGISTER, 1),
    "register that can't be": (REGISTER, 4),
    "masked register": expr.equal(expr.bit_and(REGISTER, 0b101), 1),
    "masked register is not 0": expr.not_equal(expr.bit_and(REGISTER, 0b010), 0),
    "cast to Bool": expr.cast(expr.bit_and(REGISTER, 0b110), types.Bool()),
    "cast to fewer bits": expr.equal(expr.cast(REGISTER, types.Uint(1)), 1),
    "cast to more bits": expr.equal(expr.cast(expr.bit_and(REGISTER, 1), types.Uint(9)), 256),
    "negated register": expr.equal(expr.bit_not(expr.bit_or(REGISTER, 0b110)), 1),
}

NO_PARITIES = {
    "two bits together": expr.logic_and(A, B),
    "either of two": expr.logic_or(A, B),
    "register": (REGISTER, 3),
    "sum of numbers": expr.equal(expr.add(REGISTER, 1), 2),
    "comparison": expr.less(REGISTER, 2),
    "shift": expr.equal(expr.shift_left(REGISTER, 1), 2),
    "computed bit": expr.index(REGISTER, expr.lift(REGISTER)),
    "variable": expr.Var.new("flag", types.Bool()),
    "float": expr.less(expr.lift(1.0), expr.lift(2.0)),
}


@pytest.mark.parametrize("name", PARITIES)
def test_a_parity_has_the_value_of_its_condition(name: str) -> None:
    condition = PARITIES[name]
    parity = parity_of(condition, VALUES.__getitem__)
    lifted = condition if isinstance(condition, expr.Expr) else expr.lift_legacy_condition(condition)
    value_of = compile_expression(lifted, {bit: index for index, bit in enumerate(REGISTER)})
    for a, b in itertools.product((0, 1), repeat=2):
        held = sum({5: a, 7: b}[measurement] for measurement in parity.measurements) + parity.odd
        assert held % 2 == value_of(ClassicalState(memory=a | b << 1))


@pytest.mark.parametrize("name", NO_PARITIES)
def test_what_is_no_parity_is_refused(name: str) -> None:
    with pytest.raises(NoParityError):
        parity_of(NO_PARITIES[name], VALUES.__getitem__)


def test_a_condition_on_bits_that_were_never_measured_is_constant() -> None:
    assert parity_of((C, 0), VALUES.__getitem__) == TRUE
    assert parity_of((C, 1), VALUES.__getitem__) == FALSE
    assert parity_of(expr.logic_and(A, C), VALUES.__getitem__).constant is False
    assert parity_of((A, 1), VALUES.__getitem__).constant is None
