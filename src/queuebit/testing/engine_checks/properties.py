"""What holds for every circuit, on random ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit

from queuebit.engines import Control, Output
from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.engine_checks.exact_paths import exact_distribution, exact_paths
from queuebit.testing.engine_checks.operators import OperatorRuns, exact_unitary
from queuebit.testing.engine_checks.random_circuits import measuring_circuits, seeds, unitary_circuits

SHOTS = 600

FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples in every run, as many as Hypothesis's profile says; the checks run on each engine's class."""


class RandomCircuitChecks(OperatorRuns):
    """Random circuits over many instructions."""

    @FEW
    @given(circuit=unitary_circuits())
    def test_random_unitary_circuit_is_exact(self, circuit: QuantumCircuit) -> None:
        """State and matrix of any unitary circuit are what `Statevector` and `Operator` say."""
        matrix = exact_unitary(circuit)
        self.assert_unitary(circuit, matrix)
        self.assert_state(circuit, matrix[:, 0].copy())

    @FEW
    @given(circuit=measuring_circuits(), seed=seeds)
    def test_random_circuit_is_sampled_exactly(self, circuit: QuantumCircuit, seed: int) -> None:
        """Outcomes of any circuit with measurements, resets, branches and loops have their exact probabilities."""
        assert_sampled_from(self.memory(circuit, shots=SHOTS, seed=seed), exact_distribution(circuit))

    @FEW
    @given(circuit=measuring_circuits(), seed=seeds)
    def test_random_circuit_ends_in_a_possible_state(self, circuit: QuantumCircuit, seed: int) -> None:
        """The state after a shot is that of a path which has the shot's outcome."""
        circuit.h(range(circuit.num_qubits))
        outcome = self.outcome(circuit, Output.STATEVECTOR, seed=seed)
        state = outcome.statevector
        assert state is not None
        possible = [path.state.data for path in exact_paths(circuit) if path.memory == outcome.memory_values[0]]
        assert any(abs(abs(np.vdot(other, state)) - 1) < 1e-9 for other in possible)

    @FEW
    @given(circuit=measuring_circuits(), seed=seeds, cuts=st.sets(st.integers(1, 39), max_size=4))
    def test_random_circuit_has_the_same_shots_however_cut(
        self, circuit: QuantumCircuit, seed: int, cuts: set[int]
    ) -> None:
        """Shots of any circuit are the same in a run of all and in runs of parts."""
        edges = [0, *sorted(cuts), 40]
        parts = [
            outcome
            for start, end in pairwise(edges)
            for outcome in self.memory(circuit, shots=end - start, seed=seed, first_shot=start)
        ]
        assert parts == self.memory(circuit, shots=40, seed=seed)

    @FEW
    @given(circuit=measuring_circuits(), seed=seeds)
    def test_random_circuit_ends_its_progress(self, circuit: QuantumCircuit, seed: int) -> None:
        """A run of any circuit advances the counter by exactly the program's number of instructions."""
        program, control = self.program(circuit), Control()
        program.run(25, seed, control)
        assert control.done == program.num_instructions
