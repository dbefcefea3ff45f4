"""What a run returns for each output, from which state it begins, and circuits with nothing in them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Statevector, random_statevector, random_unitary

from queuebit.engines import Control, Output
from queuebit.testing.engine_checks.operators import OperatorRuns, exact_unitary, generator, generic


class OutcomeChecks(OperatorRuns):
    """The fields of an `Outcome`."""

    def test_counts_outcome(self) -> None:
        """A run for COUNTS gives each shot's content of the memory, distinct contents ascending, and no state."""
        circuit = generic(3, generator("counts"))
        circuit.measure_all()
        outcome = self.outcome(circuit, shots=500)
        assert all(type(value) is int for value in outcome.memory_values)
        assert list(outcome.memory_values) == sorted(set(outcome.memory_values))
        assert (outcome.memory_index.shape, outcome.memory_index.dtype) == ((500,), np.dtype(np.int64))
        assert set(outcome.memory_index.tolist()) == set(range(len(outcome.memory_values)))
        assert sum(outcome.counts().values()) == 500
        assert (outcome.statevector, outcome.unitary) == (None, None)

    def test_statevector_outcome(self) -> None:
        """A run for STATEVECTOR gives the state, complex128, and no matrix."""
        outcome = self.outcome(generic(3, generator("state")), Output.STATEVECTOR)
        assert outcome.statevector is not None
        assert (outcome.statevector.shape, outcome.statevector.dtype) == ((8,), np.dtype(complex))
        assert outcome.unitary is None

    def test_unitary_outcome(self) -> None:
        """A run for UNITARY gives the matrix, complex128, and no state."""
        outcome = self.outcome(generic(3, generator("matrix")), Output.UNITARY)
        assert outcome.unitary is not None
        assert (outcome.unitary.shape, outcome.unitary.dtype) == ((8, 8), np.dtype(complex))
        assert outcome.statevector is None

    @pytest.mark.parametrize("output", Output)
    def test_metadata_names_the_engine(self, output: Output) -> None:
        """The metadata name the engine, and JSON can hold them."""
        outcome = self.outcome(generic(2, generator("metadata")), output)
        assert outcome.metadata["engine"] == self.make_engine().name
        json.dumps(dict(outcome.metadata))

    def test_statevector_is_that_of_the_last_shot(self) -> None:
        """With several shots that measure, the state is the one that the last shot ended in."""
        circuit = QuantumCircuit(2, 2)
        circuit.h([0, 1])
        circuit.measure([0, 1], [0, 1])
        circuit.z([0, 1])
        seen = set()
        for shots in range(1, 12):
            outcome = self.outcome(circuit, Output.STATEVECTOR, shots=shots)
            last = outcome.memory_values[outcome.memory_index[-1]]
            assert outcome.statevector is not None
            assert abs(abs(outcome.statevector[last]) - 1) < 1e-12
            seen.add(last)
        assert len(seen) > 1, "eleven last shots all ended the same way: this check shows nothing"


class InitialStateChecks(OperatorRuns):
    """`initial_state` for each output."""

    def test_initial_statevector(self) -> None:
        """A run for STATEVECTOR begins with the given state."""
        circuit = generic(3, generator("initial state"))
        state = random_statevector(8, seed=5).data
        wanted = Statevector(state).evolve(circuit).data
        assert np.abs(self.statevector(circuit, initial_state=state) - wanted).max() < 1e-12

    def test_initial_unitary(self) -> None:
        """A run for UNITARY begins with the given matrix, and multiplies the circuit's from the left."""
        circuit = generic(2, generator("initial unitary"))
        matrix = random_unitary(4, seed=5).data
        unitary = self.unitary(circuit, initial_state=matrix)
        assert np.abs(unitary - exact_unitary(circuit) @ matrix).max() < 1e-12

    @pytest.mark.parametrize("first", ["phase", "diagonal", "controlled", "measured", "reset", "nothing"])
    @pytest.mark.parametrize("output", Output)
    def test_initial_state_is_not_changed(self, output: Output, first: str) -> None:
        """The caller's array may be read-only, and holds the same after the run, whatever comes first in it."""
        circuit = QuantumCircuit(2, 1, global_phase=0.3 if first == "phase" else 0.0)
        if first == "diagonal":
            circuit.rz(0.4, 0)
        elif first == "controlled":
            circuit.append(UnitaryGate(random_unitary(2, seed=2)).control(1), [0, 1])
        elif first in ("measured", "reset") and output is not Output.UNITARY:
            circuit.reset(0) if first == "reset" else circuit.measure(0, 0)
            circuit.x(0)
        state = random_unitary(4, seed=5).data if output is Output.UNITARY else random_statevector(4, seed=5).data
        given = state.copy()
        given.flags.writeable = False
        outcome = self.outcome(circuit, output, shots=20, initial_state=given)
        assert np.array_equal(given, state)
        for returned in (outcome.statevector, outcome.unitary):
            assert returned is None or not np.shares_memory(returned, given)

    def test_initial_state_of_counts(self) -> None:
        """A run for COUNTS begins with the given state; qubit 0 is the least significant bit of its index."""
        circuit = QuantumCircuit(3, 3)
        circuit.measure([0, 1, 2], [0, 1, 2])
        state = np.zeros(8, dtype=complex)
        state[0b011] = 1j
        assert self.memory(circuit, shots=3, initial_state=state) == [0b011] * 3

    def test_initial_state_with_branches(self) -> None:
        """A state that is measured in between begins as given in every shot."""
        circuit = QuantumCircuit(2, 3)
        circuit.measure(0, 0)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.x(1)
        circuit.measure([0, 1], [1, 2])
        state = np.array([0.6, 0.8, 0, 0], dtype=complex)
        assert set(self.memory(circuit, shots=50, initial_state=state)) == {0b000, 0b111}

    def test_no_run_leaves_its_state_behind(self) -> None:
        """A run without an initial state begins with all qubits 0, also after one that had one."""
        circuit = QuantumCircuit(1)
        circuit.s(0)
        program = self.program(circuit, Output.STATEVECTOR)
        program.run(1, 1, Control(), initial_state=np.array([0, 1], dtype=complex))
        state = program.run(1, 1, Control()).statevector
        assert state is not None
        assert state.tolist() == [1, 0]


class SmallestCircuitChecks(OperatorRuns):
    """Circuits without qubits, without clbits, without instructions."""

    def test_no_qubits(self) -> None:
        """A circuit without qubits has one amplitude, its global phase."""
        circuit = QuantumCircuit(0, global_phase=0.4)
        self.assert_state(circuit, np.array([np.exp(0.4j)]))
        self.assert_unitary(circuit, np.array([[np.exp(0.4j)]]))
        assert self.memory(circuit, shots=3) == [0, 0, 0]

    def test_no_qubits_but_clbits(self) -> None:
        """A circuit without qubits can still store to its clbits."""
        circuit = QuantumCircuit(0, 3)
        circuit.store(circuit.clbits[1], True)
        self.assert_ends_with(circuit, 0b010)

    def test_no_clbits(self) -> None:
        """A circuit without clbits has one outcome, 0, for all shots."""
        outcome = self.outcome(generic(2, generator("no clbits")), shots=5)
        assert outcome.memory_values == (0,)
        assert outcome.memory_index.tolist() == [0] * 5

    def test_no_instructions(self) -> None:
        """An empty circuit leaves all qubits and clbits 0."""
        circuit = QuantumCircuit(2, 2)
        self.assert_ends_with(circuit, 0)
        self.assert_unitary(circuit, np.eye(4, dtype=complex))
        self.assert_state(circuit, np.array([1, 0, 0, 0], dtype=complex))

    def test_one_shot(self) -> None:
        """One shot gives one outcome."""
        circuit = QuantumCircuit(1, 1)
        circuit.h(0)
        circuit.measure(0, 0)
        outcome = self.outcome(circuit, shots=1)
        assert outcome.memory_index.tolist() == [0]
        assert outcome.memory_values in ((0,), (1,))
