"""From circuits to their flat form: what is postponed, what counts in the progress, what is refused."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import (
    BreakLoopOp,
    ContinueLoopOp,
    ForLoopOp,
    IfElseOp,
    Instruction,
    Measure,
    Parameter,
)
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import HGate, UnitaryGate

from queuebit.engines import (
    Output,
    UnboundParametersError,
    UnsupportedInstructionError,
    instructions,
    lowering,
)
from queuebit.engines.instructions import GlobalPhase, Jump, JumpUnless, NextIteration, Reset, Store, Switch, Unitary
from queuebit.engines.lowering import lower, require_output


def postponed(circuit: QuantumCircuit) -> set[tuple[int, int]]:
    """The (qubit, clbit) of the measurements that are sampled at the end."""
    flat = lower(circuit)
    found = [flat.steps[position].instruction for position in flat.final_measurements]
    assert all(isinstance(measurement, instructions.Measure) for measurement in found)
    return {(measurement.qubit, measurement.clbit) for measurement in found}


def kinds(circuit: QuantumCircuit) -> list[type]:
    return [type(step.instruction) for step in lower(circuit).steps]


class TestPostponedMeasurements:
    def test_measurements_at_the_end(self):
        circuit = QuantumCircuit(3, 3)
        circuit.h(0)
        circuit.measure([0, 1, 2], [2, 1, 0])
        assert postponed(circuit) == {(0, 2), (1, 1), (2, 0)}

    def test_gates_on_other_qubits_do_not_matter(self):
        circuit = QuantumCircuit(2, 2)
        circuit.measure(0, 0)
        circuit.h(1)
        circuit.barrier()
        circuit.measure(1, 1)
        assert postponed(circuit) == {(0, 0), (1, 1)}

    @pytest.mark.parametrize("after", ["gate", "controlled gate", "reset", "measurement that isn't postponed"])
    def test_qubit_that_goes_on(self, after):
        circuit = QuantumCircuit(2, 3)
        circuit.measure(0, 0)
        if after == "gate":
            circuit.h(0)
        elif after == "controlled gate":
            circuit.cx(1, 0)
        elif after == "reset":
            circuit.reset(0)
        else:
            circuit.measure(0, 2)
            circuit.h(0)
        assert postponed(circuit) == set()

    def test_qubit_that_is_measured_twice(self):
        circuit = QuantumCircuit(1, 2)
        circuit.measure(0, 0)
        circuit.measure(0, 1)
        assert postponed(circuit) == {(0, 0), (0, 1)}

    def test_clbit_that_is_written_twice_at_the_end(self):
        circuit = QuantumCircuit(2, 1)
        circuit.measure([0, 1], [0, 0])
        assert postponed(circuit) == {(0, 0), (1, 0)}

    def test_clbit_that_a_measurement_in_time_overwrites(self):
        circuit = QuantumCircuit(2, 1)
        circuit.measure([0, 1], [0, 0])
        circuit.h(1)
        assert postponed(circuit) == set()

    def test_clbit_that_was_written_in_time_before(self):
        circuit = QuantumCircuit(2, 1)
        circuit.measure([0, 1], [0, 0])
        circuit.h(0)
        assert postponed(circuit) == {(1, 0)}

    def test_store_comes_in_between(self):
        circuit = QuantumCircuit(2, 2)
        circuit.measure(0, 0)
        circuit.store(circuit.clbits[1], expr.lift(True))
        circuit.measure(1, 1)
        assert postponed(circuit) == {(1, 1)}

    def test_in_a_box_or_a_definition(self):
        inner = QuantumCircuit(1, 1)
        inner.measure(0, 0)
        circuit = QuantumCircuit(2, 2)
        with circuit.box():
            circuit.measure(0, 1)
        circuit.append(inner.to_instruction(), [1], [0])
        assert postponed(circuit) == {(0, 1), (1, 0)}

    def test_blocks_that_may_not_run(self):
        circuit = QuantumCircuit(4, 4)
        with circuit.if_test((0, 1)) as otherwise:
            circuit.measure(0, 0)
        with otherwise:
            circuit.measure(1, 1)
        assert postponed(circuit) == set()
        circuit.measure(2, 2)
        assert postponed(circuit) == {(2, 2)}

    def test_last_case_of_a_switch(self):
        circuit = QuantumCircuit(2, 2)
        with circuit.switch(circuit.clbits[0]) as case:
            with case(0):
                circuit.measure(0, 0)
            with case(case.DEFAULT):
                circuit.measure(1, 1)
        assert postponed(circuit) == set()

    @pytest.mark.parametrize("loop", [None, Parameter("p"), expr.Var.new("v", types.Uint(4))], ids=["none", "p", "v"])
    def test_body_of_a_loop(self, loop):
        circuit = QuantumCircuit(2, 2)
        with circuit.for_loop(range(3), loop):
            if isinstance(loop, Parameter):
                circuit.rx(loop, 1)
            with circuit.if_test((0, 1)):
                circuit.break_loop()
            circuit.measure(0, 0)
        assert postponed(circuit) == set()

    def test_loop_that_is_written_out_has_no_jumps(self):
        circuit = QuantumCircuit(2, 2)
        with circuit.for_loop(range(3), Parameter("p")) as angle:
            circuit.rx(angle, 1)
            circuit.measure(0, 0)
        assert kinds(circuit) == [Unitary, instructions.Measure] * 3
        assert postponed(circuit) == {(0, 0)}


class TestFlatForm:
    def test_global_phases_come_first_in_their_block(self):
        circuit = QuantumCircuit(1, 1, global_phase=0.5)
        body = QuantumCircuit(1, 1, global_phase=0.25)
        body.x(0)
        circuit.if_test((circuit.clbits[0], 1), body, [0], [0])
        assert kinds(circuit) == [GlobalPhase, JumpUnless, GlobalPhase, Unitary]
        assert [step.instruction.angle_rad for step in lower(circuit).steps[::2]] == [0.5, 0.25]

    def test_what_does_nothing_is_left_out(self):
        circuit = QuantumCircuit(2)
        circuit.barrier()
        circuit.delay(100, 0)
        assert kinds(circuit) == []

    def test_controls_stay_apart_from_the_matrix(self):
        circuit = QuantumCircuit(6)
        circuit.append(UnitaryGate(HGate()).control(2, ctrl_state=1), [4, 1, 3])
        circuit.mcx([5, 0, 2, 3], 1)
        matrix, mcx = (step.instruction for step in lower(circuit).steps)
        assert (mcx.qubits, mcx.controls, mcx.control_state) == ((1,), (5, 0, 2, 3), 0b1111)
        assert np.array_equal(mcx.matrix, [[0, 1], [1, 0]])
        assert (matrix.qubits, matrix.controls, matrix.control_state) == ((3,), (4, 1), 0b01)
        assert matrix.matrix.shape == (2, 2)

    def test_every_jump_has_a_place_to_go(self):
        circuit = QuantumCircuit(2, 2)
        with circuit.for_loop(range(3)):
            with circuit.if_test((0, 1)) as otherwise:
                circuit.break_loop()
            with otherwise, circuit.switch(circuit.clbits[1]) as case, case(1):
                circuit.continue_loop()
        with circuit.while_loop((1, 0)):
            circuit.measure(0, 1)
        steps = lower(circuit).steps
        targets = [label.position for step in steps for label in instructions.targets_of(step.instruction)]
        assert len(targets) == 11
        assert all(0 <= position <= len(steps) for position in targets)
        assert {Jump, JumpUnless, Switch, NextIteration} <= {type(step.instruction) for step in steps}

    def test_operations_are_read_in_the_order_of_the_circuit(self):
        circuit = QuantumCircuit(2, 1)
        circuit.h(0)
        circuit.reset(1)
        circuit.store(circuit.clbits[0], expr.lift(True))
        circuit.measure(0, 0)
        assert kinds(circuit) == [Unitary, Reset, Store, instructions.Measure]


class TestProgress:
    def size(self, circuit: QuantumCircuit) -> int:
        flat = lower(circuit)
        assert all(0 <= step.start <= step.limit <= flat.num_instructions for step in flat.steps)
        return flat.num_instructions

    def test_each_instruction_of_the_circuit_counts_one(self):
        circuit = QuantumCircuit(2, 2, global_phase=1.0)
        circuit.h(0)
        circuit.barrier()
        circuit.initialize([0.6, 0.8], 1)
        circuit.measure([0, 1], [0, 1])
        assert self.size(circuit) == 5

    def test_branches_count_as_the_longest_block(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.if_test((0, 1)) as otherwise:
            circuit.x(0)
        with otherwise:
            for _ in range(5):
                circuit.x(0)
        with circuit.switch(circuit.clbits[0]) as case, case(0):
            circuit.x(0)
            circuit.x(0)
        assert self.size(circuit) == 5 + 2

    def test_loops_count_their_iterations(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.for_loop(range(10)):
            circuit.x(0)
            with circuit.for_loop(range(4)):
                circuit.x(0)
        assert self.size(circuit) == 10 * (1 + 4)

    def test_while_counts_one_iteration(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.while_loop((0, 0)):
            circuit.x(0)
            circuit.x(0)
            circuit.measure(0, 0)
        assert self.size(circuit) == 3

    def test_nothing_counts_less_than_one(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.for_loop(range(0)):
            circuit.x(0)
        with circuit.if_test((0, 1)):
            pass
        with circuit.box():
            pass
        assert self.size(circuit) == 3

    def test_size_of_enormous_loops_fits_a_64_bit_counter(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.for_loop(range(2**62)), circuit.for_loop(range(2**62)):
            circuit.x(0)
        assert 2**32 < self.size(circuit) < 2**50


class TestRefusals:
    def test_unbound_parameters_name_the_circuit_and_the_cure(self):
        circuit = QuantumCircuit(1, name="ansatz")
        circuit.rx(Parameter("theta"), 0)
        circuit.rz(Parameter("phi"), 0)
        with pytest.raises(UnboundParametersError, match=r"'ansatz' .*: phi, theta\. .*assign_parameters"):
            lower(circuit)

    def test_inputs_name_the_circuit_and_the_cure(self):
        circuit = QuantumCircuit(1, name="driven")
        circuit.add_input("amplitude", types.Float())
        with pytest.raises(UnboundParametersError, match=r"'driven' .*: amplitude\. .*add_var"):
            lower(circuit)

    @pytest.mark.parametrize("operation", [BreakLoopOp(1, 0), ContinueLoopOp(1, 0)], ids=["break", "continue"])
    def test_break_outside_of_a_loop(self, operation):
        circuit = QuantumCircuit(1, 1, name="lost")
        body = QuantumCircuit(1)
        body.append(operation, [0])
        circuit.append(IfElseOp((circuit.clbits[0], 0), body), [0])
        with pytest.raises(UnsupportedInstructionError, match=rf"'lost' has '{operation.name}' outside of any loop"):
            lower(circuit)

    def test_break_in_a_definition_does_not_reach_the_loop_around_it(self):
        definition = QuantumCircuit(1)
        definition.append(BreakLoopOp(1, 0), [0])
        leaving = Instruction("leaving", 1, 0, [])
        leaving.definition = definition
        body = QuantumCircuit(1)
        body.append(leaving, [0])
        circuit = QuantumCircuit(1)
        circuit.append(ForLoopOp(range(3), None, body), [0])
        with pytest.raises(UnsupportedInstructionError, match="'break_loop' outside of any loop"):
            lower(circuit)

    def test_loop_too_long_to_be_written_out(self, monkeypatch):
        monkeypatch.setattr(lowering, "_MOST_STEPS", 20)
        circuit = QuantumCircuit(1, name="endless")
        with circuit.for_loop(range(10**12), Parameter("p")) as angle:
            circuit.rx(angle, 0)
        with pytest.raises(UnsupportedInstructionError, match=r"'endless' has more than 20 instructions .*expr\.Var"):
            lower(circuit)

    def test_circuit_without_such_a_loop_may_be_as_long_as_it_likes(self, monkeypatch):
        monkeypatch.setattr(lowering, "_MOST_STEPS", 20)
        circuit = QuantumCircuit(1)
        for _ in range(50):
            circuit.h(0)
        assert len(lower(circuit).steps) == 50

    def test_global_phase_that_is_not_finite(self):
        with pytest.raises(UnsupportedInstructionError, match="global phase of nan"):
            lower(QuantumCircuit(1, global_phase=float("nan")))

    def test_measurement_at_the_end_names_the_cure(self):
        circuit = QuantumCircuit(1, 1, name="measured")
        circuit.measure(0, 0)
        with pytest.raises(UnsupportedInstructionError, match=r"'measured' measures at its end.*remove_final_measure"):
            require_output(lower(circuit), Output.STATEVECTOR)
        require_output(lower(circuit), Output.COUNTS)

    @pytest.mark.parametrize("kind", ["measure", "reset"])
    def test_what_has_no_unitary_is_named_with_its_qubit(self, kind):
        circuit = QuantumCircuit(3, 1, name="open")
        circuit.reset(2) if kind == "reset" else circuit.append(Measure(), [2], [0])
        with pytest.raises(UnsupportedInstructionError, match=f"'open' has a {kind} on qubit 2, so it has no unitary"):
            require_output(lower(circuit), Output.UNITARY)


class TestBits:
    def test_bits_of_nested_blocks_are_traced_to_the_circuit(self):
        innermost = QuantumCircuit(QuantumRegister(1), ClassicalRegister(1))
        innermost.measure(0, 0)
        middle = QuantumCircuit(QuantumRegister(2), ClassicalRegister(3, "m"))
        middle.append(IfElseOp((middle.cregs[0], 5), innermost), [1], [2])
        circuit = QuantumCircuit(4, 6)
        circuit.append(IfElseOp((circuit.clbits[5], 0), middle), [3, 2], [4, 0, 1])
        (measurement,) = [
            s.instruction for s in lower(circuit).steps if isinstance(s.instruction, instructions.Measure)
        ]
        assert (measurement.qubit, measurement.clbit) == (2, 1)
