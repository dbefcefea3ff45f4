"""The progress counter moves forwards only, and ends where the program says."""

from __future__ import annotations

import threading

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types

from queuebit.engines import ClassicalValueError, Control, Output
from queuebit.testing.engine_checks.operators import OperatorRuns, generator, generic
from queuebit.testing.engine_checks.sampling import coins, teleportation


def dividing_by_zero() -> QuantumCircuit:
    """Return a circuit whose run fails in the middle."""
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    zero = circuit.add_var("zero", expr.lift(0, types.Uint(4)))
    circuit.store(zero, expr.div(expr.lift(1, types.Uint(4)), zero))
    circuit.h(0)
    return circuit


def straight() -> QuantumCircuit:
    """Return a circuit without branches."""
    circuit = generic(4, generator("straight"))
    circuit.measure_all()
    return circuit


def with_loops() -> QuantumCircuit:
    """Return a circuit with loops of all kinds, one within another."""
    circuit = QuantumCircuit(2, 2)
    with circuit.for_loop(range(7)):
        circuit.h(0)
        with circuit.for_loop((1, 2, 3), Parameter("angle")) as angle:
            circuit.rx(angle, 1)
    with circuit.while_loop((circuit.clbits[1], 0)):
        circuit.h(1)
        circuit.measure(1, 1)
    with circuit.for_loop(range(0)):
        circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def left_early() -> QuantumCircuit:
    """Return a circuit with a loop that is left after a few of its many iterations, each shot at its own time."""
    circuit = QuantumCircuit(2, 2)
    with circuit.for_loop(range(10**9)):
        circuit.h(0)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.break_loop()
        circuit.x(1)
        circuit.continue_loop()
    circuit.measure(1, 1)
    return circuit


def enormous_loop_left_at_once() -> QuantumCircuit:
    """Return a circuit with nested loops of more iterations than a 64-bit counter holds, left at once."""
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(2**62)):
        with circuit.for_loop(range(2**62)):
            circuit.x(0)
            circuit.x(0)
            circuit.break_loop()
        circuit.break_loop()
    circuit.measure(0, 0)
    return circuit


def all_in_a_box() -> QuantumCircuit:
    """Return a circuit that is one instruction with much in it."""
    circuit = QuantumCircuit(3, 3)
    with circuit.box():
        circuit.h(0)
        for qubit in range(3):
            with circuit.if_test((0, 1)) as otherwise:
                circuit.x(qubit)
            with otherwise:
                circuit.h(qubit)
                circuit.measure(qubit, qubit)
    return circuit


CIRCUITS = {
    make.__name__: make for make in (straight, with_loops, left_early, enormous_loop_left_at_once, all_in_a_box)
} | {
    "branches": lambda: teleportation(0.3, 0.4),
    "splitting": lambda: coins(6, in_mid_circuit=True),
    "empty": lambda: QuantumCircuit(2, 2),
    "no qubits": lambda: QuantumCircuit(),
}


class ProgressChecks(OperatorRuns):
    """`control.done` and `num_instructions`."""

    @pytest.mark.parametrize("shots", [1, 100])
    @pytest.mark.parametrize("name", CIRCUITS)
    def test_progress_ends_at_the_number_of_instructions(self, name: str, shots: int) -> None:
        """A run advances the counter by exactly `num_instructions`, whichever way its shots take."""
        program, control = self.program(CIRCUITS[name]()), Control()
        program.run(shots, 3, control)
        assert control.done == program.num_instructions

    @pytest.mark.parametrize("output", Output)
    def test_progress_of_each_output(self, output: Output) -> None:
        """Progress is the same for all outputs."""
        program, control = self.program(generic(3, generator("outputs")), output), Control()
        program.run(1, 3, control)
        assert control.done == program.num_instructions

    def test_progress_adds_up_over_runs(self) -> None:
        """Several runs with one control advance it by the sum of their instructions."""
        control, total = Control(), 0
        for make in CIRCUITS.values():
            program = self.program(make())
            program.run(10, 3, control)
            total += program.num_instructions
            assert control.done == total

    def test_progress_never_goes_back(self) -> None:
        """Whoever looks at the counter during a run sees it grow, from 0 and by small steps."""
        circuit = QuantumCircuit(10, 1)
        with circuit.for_loop(range(300)):
            circuit.h(0)
            circuit.measure(0, 0)
            circuit.reset(0)
        circuit.measure(0, 0)
        program, control = self.program(circuit), Control()
        seen, over = [control.done], threading.Event()

        def watch() -> None:
            while not over.is_set():
                seen.append(control.done)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            program.run(2, 3, control)
        finally:
            over.set()
            watcher.join()
        assert seen == sorted(seen)
        assert max(seen) <= program.num_instructions

    def test_straight_circuit_counts_its_instructions(self) -> None:
        """Without control flow, `num_instructions` is the number of instructions of the circuit."""
        circuit = straight()
        circuit.remove_final_measurements()
        circuit.ccx(0, 1, 2)
        circuit.reset(1)
        assert self.program(circuit).num_instructions == circuit.size()

    def test_more_instructions_count_more(self) -> None:
        """A longer circuit, and a longer loop, count more than a shorter one."""
        numbers = []
        for iterations in (1, 10, 100):
            circuit = QuantumCircuit(1)
            with circuit.for_loop(range(iterations)):
                circuit.x(0)
                circuit.h(0)
            numbers.append(self.program(circuit).num_instructions)
        assert numbers == sorted(set(numbers))

    def test_failed_run_stays_within_its_instructions(self) -> None:
        """A run that fails in the middle has not counted more than the program has."""
        program, control = self.program(dividing_by_zero()), Control()
        with pytest.raises(ClassicalValueError):
            program.run(10, 3, control)
        assert 0 <= control.done < program.num_instructions
