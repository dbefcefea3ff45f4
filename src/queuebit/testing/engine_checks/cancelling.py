"""A run stops soon after its control was cancelled, whatever it is doing."""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr

from queuebit.engines import Control, Outcome, Output, Program, RunCancelledError
from queuebit.testing.engine_checks.operators import OperatorRuns, generator, generic
from queuebit.testing.patience import eventually, in_background

NUM_ITERATIONS = 10**12
"""Of a loop that no engine comes to the end of while a check waits."""

MANY_SHOTS = 6_000_000
"""Shots whose drawing takes a while."""

SOON_S = 2.0
"""Seconds in which a run of many shots has to stop: far more than the 100 ms that it owes."""


def endless_while() -> QuantumCircuit:
    """Return a circuit with a loop that never ends, and gates in it."""
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.cx(0, 1)
        circuit.rx(0.1, 1)
    circuit.measure(1, 0)
    return circuit


def empty_while() -> QuantumCircuit:
    """Return a circuit with a loop that never ends, and nothing in it."""
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    with circuit.while_loop(expr.lift(True)):
        circuit.barrier()
    circuit.measure(0, 0)
    return circuit


def long_for() -> QuantumCircuit:
    """Return a circuit with a loop of very many iterations."""
    circuit = QuantumCircuit(8, 1)
    circuit.h(0)
    with circuit.for_loop(range(NUM_ITERATIONS)):
        for qubit in range(7):
            circuit.cx(qubit, qubit + 1)
    circuit.measure(7, 0)
    return circuit


def endless_branching() -> QuantumCircuit:
    """Return a circuit that goes on measuring, so that its shots go on splitting."""
    circuit = QuantumCircuit(3, 2)
    circuit.h(0)
    with circuit.for_loop(range(NUM_ITERATIONS)):
        circuit.h(0)
        circuit.measure(0, 0)
        circuit.ry(0.3, 1)
        circuit.reset(1)
    circuit.measure(0, 1)
    return circuit


ENDLESS = {make.__name__: make for make in (endless_while, empty_while, long_for, endless_branching)}


class CancelChecks(OperatorRuns):
    """`control.cancel()`, called from another thread."""

    def started(self, program: Program, control: Control, shots: int = 100) -> Future[Outcome]:
        """Start a run in the background and return when it has done its first instruction.

        Args:
            program: What to run.
            control: Its control.
            shots: Number of shots.
        """
        run = in_background(lambda: program.run(shots, 1, control))
        assert eventually(self.patience_s, lambda: control.done > 0 or run.done()), "no instruction was ever counted"
        assert not run.done(), f"a run that can't have ended has: {run}"
        return run

    def assert_stops(self, run: Future[Outcome], control: Control) -> None:
        """Cancel a run, and fail unless it stops soon.

        Args:
            run: The run.
            control: Its control.
        """
        control.cancel()
        assert eventually(self.patience_s, run.done), f"the run goes on {self.patience_s:g} s after it was cancelled"
        with pytest.raises(RunCancelledError):
            run.result()

    @pytest.mark.parametrize("name", ENDLESS)
    def test_endless_run_is_cancelled(self, name: str) -> None:
        """A run that would never end stops in the middle of its loop."""
        control = Control()
        self.assert_stops(self.started(self.program(ENDLESS[name]()), control), control)

    @pytest.mark.parametrize("output", [Output.STATEVECTOR, Output.UNITARY])
    def test_endless_run_of_other_outputs_is_cancelled(self, output: Output) -> None:
        """A run for a state or a matrix stops as one for counts does."""
        circuit = generic(2, generator("cancel"))
        with circuit.while_loop(expr.lift(True)):
            circuit.cx(0, 1)
        control = Control()
        self.assert_stops(self.started(self.program(circuit, output), control, shots=1), control)

    def test_drawing_many_shots_is_cancelled(self) -> None:
        """A run stops while it draws its shots."""
        circuit = generic(10, generator("many shots"))
        circuit.measure_all()
        control = Control()
        program = self.program(circuit)
        run = in_background(lambda: program.run(MANY_SHOTS, 1, control))
        eventually(self.patience_s, lambda: control.done > 0)
        control.cancel()
        assert eventually(SOON_S, run.done), f"the run goes on {SOON_S:g} s after it was cancelled"
        # An engine may have been quick enough to be over.
        assert run.exception() is None or isinstance(run.exception(), RunCancelledError)

    def test_run_is_cancelled_before_it_begins(self) -> None:
        """A run with a control that was cancelled before raises, and does nothing."""
        control = Control()
        control.cancel()
        program = self.program(generic(2, generator("before")))
        with pytest.raises(RunCancelledError):
            program.run(10, 1, control)
        assert control.done == 0

    def test_program_runs_again_after_a_cancelled_run(self) -> None:
        """A cancelled run leaves nothing behind in its program."""
        circuit = QuantumCircuit(1, 2)
        circuit.measure(0, 0)
        circuit.measure(0, 1)
        with circuit.while_loop((circuit.clbits[0], 1)):
            circuit.x(0)
        circuit.measure(0, 0)
        program = self.program(circuit)
        control = Control()
        flipped = np.array([0, 1], dtype=complex)
        endless = in_background(lambda: program.run(10, 1, control, initial_state=flipped))
        assert eventually(self.patience_s, lambda: control.done > 1), "no instruction was ever counted"
        self.assert_stops(endless, control)
        assert program.run(10, 1, Control()).counts() == {0b00: 10}

    def test_other_runs_go_on(self) -> None:
        """Cancelling a run stops no other run of the same program."""
        program = self.program(long_for())
        cancelled, other = Control(), Control()
        first, second = self.started(program, cancelled), self.started(program, other)
        self.assert_stops(first, cancelled)
        before = other.done
        assert eventually(self.patience_s, lambda: other.done > before), "the other run stands still"
        self.assert_stops(second, other)

    def test_cancelled_flag_of_shared_memory(self) -> None:
        """A flag that is set in the control's memory alone, as another process would, stops the run."""
        memory = bytearray(Control.SIZE_BYTES)
        control = Control(memory)
        run = self.started(self.program(long_for()), control)
        Control(memory).cancel()
        assert eventually(self.patience_s, run.done), f"the run goes on {self.patience_s:g} s after it was cancelled"
        with pytest.raises(RunCancelledError):
            run.result()

    def test_cancelling_after_the_end_changes_nothing(self) -> None:
        """A run that is over stays over."""
        control = Control()
        circuit = generic(2, generator("after"))
        program = self.program(circuit)
        program.run(10, 1, control)
        control.cancel()
        assert control.done == program.num_instructions
