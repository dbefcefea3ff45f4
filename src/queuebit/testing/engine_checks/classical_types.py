"""Expressions of type `Bool`, `Float` and `Duration`."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from qiskit.circuit import Duration
from qiskit.circuit.classical import expr, types

from queuebit.testing.engine_checks.classical import BITWISE, RELATIONS, ClassicalRuns, uint

LOGIC: dict[str, Callable[[bool, bool], bool]] = {
    "logic_and": lambda left, right: left and right,
    "logic_or": lambda left, right: left or right,
}

FLOATS = [(1.5, 2.25), (-0.5, 0.5), (3.0, 3.0), (0.1, -7.0)]


class BooleanChecks(ClassicalRuns):
    """`Bool`: logic, and casts from and to numbers."""

    @pytest.mark.parametrize("name", [*LOGIC, *BITWISE, "equal", "not_equal"])
    def test_boolean_operation(self, name: str) -> None:
        """An operation on Booleans has the truth table of its name."""
        pairs = [(False, False), (False, True), (True, False), (True, True)]
        exact = (LOGIC | BITWISE | RELATIONS)[name]
        assert self.values_of(getattr(expr, name), pairs) == [exact(a, b) for a, b in pairs]

    @pytest.mark.parametrize("name", ["logic_not", "bit_not"])
    def test_negation(self, name: str) -> None:
        """Both negations turn True into False and False into True."""
        assert self.values_of(getattr(expr, name), [(False,), (True,)]) == [1, 0]

    def test_numbers_as_booleans(self) -> None:
        """A number is True when it isn't 0, by a cast that is written or one that logic implies."""
        integers = [(uint(0),), (uint(1),), (uint(128),)]
        assert self.values_of(lambda value: expr.cast(value, types.Bool()), integers) == [0, 1, 1]
        assert self.values_of(expr.logic_not, integers) == [1, 0, 0]
        assert self.values_of(lambda value: expr.cast(value, types.Bool()), [(0.0,), (0.25,), (-1.0,)]) == [0, 1, 1]

    def test_booleans_as_numbers(self) -> None:
        """True is 1 and False is 0."""
        assert self.values_of(lambda value: expr.cast(value, types.Uint(4)), [(False,), (True,)]) == [0, 1]
        as_float = [(False, 0.0), (True, 1.0)]
        assert self.values_of(lambda a, b: expr.equal(expr.cast(a, types.Float()), b), as_float) == [1, 1]


class FloatChecks(ClassicalRuns):
    """`Float`: double precision."""

    @pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
    def test_float_arithmetic(self, name: str) -> None:
        """Floats are added, subtracted, multiplied and divided in double precision."""
        exact = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}[name]
        operands = [(a, b, exact(a, b)) for a, b in FLOATS]
        build = getattr(expr, name)
        assert self.values_of(lambda a, b, value: expr.equal(build(a, b), value), operands) == [1] * len(FLOATS)

    @pytest.mark.parametrize("name", RELATIONS)
    def test_float_comparison(self, name: str) -> None:
        """Floats are compared as numbers."""
        assert self.values_of(getattr(expr, name), FLOATS) == [RELATIONS[name](a, b) for a, b in FLOATS]

    def test_float_negation(self) -> None:
        """A float can be negated."""
        assert self.values_of(lambda a, b: expr.equal(expr.negate(a), b), [(1.5, -1.5), (-2.0, 2.0)]) == [1, 1]

    def test_casts_of_floats(self) -> None:
        """A float becomes an integer by leaving its fraction out, an integer a float by itself."""
        floats = [(0.0,), (2.999,), (200.5,)]
        assert self.values_of(lambda value: expr.cast(value, types.Uint(8)), floats) == [0, 2, 200]
        integers = [(uint(7), 7.0), (uint(0), 0.0)]
        assert self.values_of(lambda a, b: expr.equal(expr.cast(a, types.Float()), b), integers) == [1, 1]


class DurationChecks(ClassicalRuns):
    """`Duration`: in seconds of any unit, or in `dt`."""

    def test_durations_of_all_units_are_compared(self) -> None:
        """Equal times are equal, whatever units they are written in."""
        equal = [
            (Duration.s(2.0), Duration.ms(2000.0)),
            (Duration.ms(0.7), Duration.us(700.0)),
            (Duration.us(3.0), Duration.ns(3000.0)),
            (Duration.ns(0.1), Duration.ps(100.0)),
            (Duration.dt(5), Duration.dt(5)),
        ]
        for left, right in equal:
            assert self.holds(expr.equal(left, right)), f"{left} isn't {right}"
            assert not self.holds(expr.less(left, right)), f"{left} is less than {right}"

    def test_duration_arithmetic(self) -> None:
        """Durations are added and subtracted, scaled by numbers, and divided by numbers and durations."""
        cases = [
            expr.equal(expr.add(Duration.us(1.0), Duration.ns(500.0)), Duration.us(1.5)),
            expr.greater(expr.sub(Duration.us(1.0), Duration.ns(400.0)), Duration.ns(599.0)),
            expr.equal(expr.mul(Duration.ms(2.0), 3.0), Duration.ms(6.0)),
            expr.equal(expr.mul(uint(4), Duration.dt(5)), Duration.dt(20)),
            expr.equal(expr.div(Duration.dt(1000), uint(8)), Duration.dt(125)),
            expr.equal(expr.div(Duration.ms(1.0), Duration.us(500.0)), 2.0),
            expr.equal(expr.div(Duration.dt(10), Duration.dt(4)), 2.5),
            expr.less(expr.negate(Duration.s(1.0)), Duration.s(0.0)),
        ]
        for number, case in enumerate(cases):
            assert self.holds(case), f"case {number}: {case}"
