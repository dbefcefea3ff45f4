"""`break` and `continue`."""

from __future__ import annotations

import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types

from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.engine_checks.looping import count_up, counting
from queuebit.testing.engine_checks.operators import OperatorRuns

SHOTS = 4000


class BreakAndContinueChecks(OperatorRuns):
    """`break` and `continue`, from wherever they are inside of a loop."""

    def test_break_ends_the_loop(self) -> None:
        """A break leaves the rest of the iteration and all further ones out."""
        circuit = counting()
        with circuit.for_loop(range(10)):
            count_up(circuit)
            with circuit.if_test(expr.equal(circuit.cregs[0], 3)):
                circuit.break_loop()
            count_up(circuit, 0)
        self.assert_ends_with(circuit, 3)

    def test_break_in_a_while_loop(self) -> None:
        """A break ends a loop whose condition still holds."""
        circuit = counting()
        with circuit.while_loop(expr.lift(True)):
            count_up(circuit)
            with circuit.if_test(expr.equal(circuit.cregs[0], 5)):
                circuit.break_loop()
        self.assert_ends_with(circuit, 5)

    @pytest.mark.parametrize("kind", ["nothing", "parameter", "variable"])
    def test_break_and_continue_in_a_for_loop(self, kind: str) -> None:
        """A continue goes on with the next value; a break with what follows the loop."""
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(8, "count"), ClassicalRegister(4, "turn"))
        turn = circuit.cregs[1]
        loop = {"nothing": None, "parameter": Parameter("p"), "variable": expr.Var.new("v", types.Uint(8))}[kind]
        with circuit.for_loop(range(10), loop):
            if kind == "parameter":
                circuit.rz(loop, 0)
            circuit.store(turn, expr.add(turn, 1))
            with circuit.if_test(expr.equal(turn, 2)):
                circuit.continue_loop()
            with circuit.if_test(expr.equal(turn, 5)):
                circuit.break_loop()
            count_up(circuit, 16)
        count_up(circuit)
        self.assert_ends_with(circuit, 3 * 16 + 1 | 5 << 8)

    def test_break_leaves_the_inner_loop_only(self) -> None:
        """A break or continue belongs to the innermost loop around it."""
        circuit = counting(8)
        with circuit.for_loop(range(3)):
            with circuit.for_loop(range(5)):
                count_up(circuit)
                circuit.break_loop()
            with circuit.for_loop(range(2)):
                count_up(circuit, 16)
                with circuit.if_test(expr.lift(True)):
                    circuit.continue_loop()
                count_up(circuit, 100)
        self.assert_ends_with(circuit, 3 + 3 * 2 * 16)

    def test_break_out_of_other_blocks(self) -> None:
        """A break or continue passes through the branches and switches around it."""
        circuit = counting(8)
        with circuit.for_loop(range(6)):
            count_up(circuit)
            with circuit.switch(circuit.cregs[0]) as case:
                with case(2):
                    circuit.continue_loop()
                with case(18), circuit.if_test(expr.lift(True)):
                    circuit.break_loop()
                with case(case.DEFAULT):
                    count_up(circuit, 0)
            with circuit.if_test(expr.equal(circuit.cregs[0], 3)):
                count_up(circuit, 14)
        # 1; 2, on; 3 + 14; 18, out.
        self.assert_ends_with(circuit, 18)

    def test_continue_looks_at_the_condition_again(self) -> None:
        """A continue in a while loop goes to the condition, not into the body."""
        circuit = counting()
        with circuit.while_loop(expr.less(circuit.cregs[0], expr.lift(4, types.Uint(4)))):
            count_up(circuit)
            circuit.continue_loop()
        self.assert_ends_with(circuit, 4)

    def test_measurement_after_a_break(self) -> None:
        """A measurement at the end of a body writes nothing in a shot that has left the loop before."""
        for loop in (None, Parameter("p")):
            circuit = QuantumCircuit(2, 2)
            circuit.x([0, 1])
            circuit.measure(0, 0)
            with circuit.for_loop(range(3), loop):
                if loop is not None:
                    circuit.rz(loop, 0)
                with circuit.if_test((0, 1)):
                    circuit.break_loop()
                circuit.measure(1, 1)
            self.assert_ends_with(circuit, 0b01)

    def test_each_shot_leaves_at_its_own_time(self) -> None:
        """Shots leave a loop when their own outcome says so."""
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(3, "count"), ClassicalRegister(1, "coin"))
        with circuit.for_loop(range(4)):
            circuit.h(0)
            circuit.measure(0, 3)
            with circuit.if_test((circuit.clbits[3], 1)):
                circuit.break_loop()
            count_up(circuit)
        distribution = {8 | tails: 0.5 ** (tails + 1) for tails in range(4)} | {4: 0.5**4}
        assert_sampled_from(self.memory(circuit, shots=SHOTS), distribution)
