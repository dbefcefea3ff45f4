"""A program: what it knows of its circuit, and that it holds nothing else."""

from __future__ import annotations

import gc
import io
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit.classical import expr
from qiskit.circuit.library import RXGate, UnitaryGate
from qiskit.quantum_info import random_unitary

from queuebit.engines import Control, Output, Program
from queuebit.testing.engine_checks.measuring import flipped
from queuebit.testing.engine_checks.operators import OperatorRuns, generator, generic
from queuebit.testing.engine_checks.progress import with_loops
from queuebit.testing.engine_checks.sampling import coins, teleportation


def everything() -> QuantumCircuit:
    """Return a circuit with gates, loops, branches, variables, a definition and measurements."""
    circuit = with_loops()
    circuit.append(generic(2, generator("everything")).to_gate(label="inner"), [1, 0])
    variable = circuit.add_var("variable", False)
    circuit.store(variable, circuit.clbits[1])
    with circuit.if_test(variable):
        circuit.unitary(random_unitary(4, seed=1), [0, 1])
    circuit.measure([0, 1], [0, 1])
    return circuit


class ProgramChecks(OperatorRuns):
    """The attributes of a `Program`."""

    @pytest.mark.parametrize("output", Output)
    def test_program_knows_its_circuit(self, output: Output) -> None:
        """A program has the width, the memory's size and the output that it was compiled for."""
        program = self.program(QuantumCircuit(3, 2), output)
        assert (program.num_qubits, program.num_clbits, program.output) == (3, 2, output)

    def test_output_is_counts_by_default(self) -> None:
        """Without an output, `compile()` takes COUNTS."""
        assert self.make_engine().compile(QuantumCircuit(1)).output is Output.COUNTS

    def test_writes_memory(self) -> None:
        """A program writes the memory when its circuit measures, or stores to a clbit, anywhere."""
        measuring, storing, in_block, in_definition = (QuantumCircuit(1, 1) for _ in range(4))
        measuring.measure(0, 0)
        storing.store(storing.clbits[0], True)
        with in_block.if_test((0, 1)):
            in_block.measure(0, 0)
        in_definition.append(measuring.to_instruction(), [0], [0])
        for circuit in (measuring, storing, in_block, in_definition):
            assert self.program(circuit).writes_memory

    def test_does_not_write_memory(self) -> None:
        """A program doesn't write the memory when its circuit only resets, or stores to variables."""
        circuit = QuantumCircuit(1, 2)
        circuit.h(0)
        circuit.reset(0)
        circuit.store(circuit.add_var("variable", False), expr.lift(circuit.clbits[0]))
        for silent in (circuit, QuantumCircuit(1, 1), QuantumCircuit()):
            assert not self.program(silent).writes_memory

    def test_engine_has_a_name(self) -> None:
        """An engine has a name, the same on the class and on its instances."""
        engine = self.make_engine()
        assert isinstance(engine.name, str)
        assert engine.name
        assert type(engine).name == engine.name


class ReuseChecks(OperatorRuns):
    """A program holds no state between runs, nor its circuit."""

    def test_program_runs_any_number_of_times(self) -> None:
        """A second run of a program gives what the first gave, for the same seed."""
        program = self.program(everything())
        first, other, second = (program.run(200, seed, Control()) for seed in (1, 2, 1))
        assert first.memory_values == second.memory_values
        assert np.array_equal(first.memory_index, second.memory_index)
        assert first.counts() != other.counts()

    def test_outcome_is_the_callers(self) -> None:
        """What a run returned isn't changed by a later run, and may be changed."""
        program = self.program(generic(3, generator("outcome")), Output.STATEVECTOR)
        first = program.run(1, 1, Control()).statevector
        assert first is not None
        kept = first.copy()
        first[0] = 7
        second = program.run(1, 1, Control()).statevector
        assert second is not None
        assert np.array_equal(second, kept)
        assert first[0] == 7

    def test_programs_run_side_by_side(self) -> None:
        """Runs in several threads, of one program and of several, give what they give one after another."""
        programs = [self.program(circuit) for circuit in (everything(), coins(6, in_mid_circuit=True), everything())]
        runs = [(program, seed) for program in programs for seed in range(4)]

        def counts(run: tuple[Program, int]) -> dict[int, int]:
            program, seed = run
            return program.run(300, seed, Control()).counts()

        with ThreadPoolExecutor(max_workers=4) as threads:
            side_by_side = list(threads.map(counts, runs))
        assert side_by_side == [counts(run) for run in runs]

    def test_circuits_are_compiled_side_by_side(self) -> None:
        """Compiling in several threads gives programs that work."""
        circuits = [teleportation(0.1 * number, 0.2) for number in range(8)]
        with ThreadPoolExecutor(max_workers=4) as threads:
            programs = list(threads.map(self.program, circuits))
        for circuit, program in zip(circuits, programs, strict=True):
            assert program.run(50, 1, Control()).counts() == self.program(circuit).run(50, 1, Control()).counts()

    def test_circuit_is_not_changed(self) -> None:
        """Neither compiling nor running changes the circuit."""
        circuit = everything()
        before = _bytes(circuit)
        self.memory(circuit, shots=10)
        assert _bytes(circuit) == before

    def test_circuit_is_not_kept(self) -> None:
        """A program doesn't keep its circuit alive, neither before a run nor after it."""
        circuit = everything()
        program = self.program(circuit)
        kept = weakref.ref(circuit)
        del circuit
        gc.collect()
        assert kept() is None, "the program keeps the circuit that it was compiled from"
        circuit = everything()
        outcome = self.outcome(circuit, shots=5)
        kept = weakref.ref(circuit)
        del circuit
        gc.collect()
        assert kept() is None, "the outcome keeps the circuit"
        assert len(outcome.memory_index) == program.run(5, 1, Control()).memory_index.size

    def test_later_changes_of_the_circuit_change_nothing(self) -> None:
        """A circuit that is changed after it was compiled, its gates included, doesn't change the program."""
        matrix = random_unitary(2, seed=3).data
        gate, unitary = RXGate(0.4), UnitaryGate(matrix)
        circuit = QuantumCircuit(1)
        circuit.append(gate, [0], copy=False)
        circuit.append(unitary, [0], copy=False)
        program = self.program(circuit, Output.UNITARY)
        expected = matrix @ RXGate(0.4).to_matrix()
        gate.params[0] = 2.0
        circuit.data[0].operation.params[0] = 3.0
        circuit.x(0)
        circuit.global_phase = 1.0
        del circuit.data[1]
        found = program.run(1, 1, Control()).unitary
        assert found is not None
        assert np.abs(found - expected).max() < 1e-12

    def test_one_circuit_compiled_for_each_output(self) -> None:
        """The programs of one circuit for different outputs don't disturb each other."""
        circuit = flipped([1], 2, 1)
        programs = [self.program(circuit, output) for output in Output]
        counts, state, unitary = (program.run(1, 1, Control()) for program in programs)
        assert counts.memory_values == (0,)
        assert state.statevector is not None
        assert abs(state.statevector[2]) == 1
        assert unitary.unitary is not None
        assert abs(unitary.unitary[2, 0]) == 1


def _bytes(circuit: QuantumCircuit) -> bytes:
    file = io.BytesIO()
    qpy.dump(circuit, file)
    return file.getvalue()
