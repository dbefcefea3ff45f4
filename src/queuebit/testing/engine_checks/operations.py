"""Everything else that a circuit may hold: library operations, definitions, global phases, what does nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate, Instruction
from qiskit.circuit.library import GlobalPhaseGate, Initialize
from qiskit.quantum_info import partial_trace, random_statevector, state_fidelity

from queuebit.testing.engine_checks.library_operations import OPERATIONS
from queuebit.testing.engine_checks.operators import OperatorRuns, exact_state, generator, generic

WIDEST_WHOLE_MATRIX = 6
"""Qubits up to which a check compares the whole matrix; a wider one's exact matrix takes Qiskit seconds."""


class LibraryOperationChecks(OperatorRuns):
    """Operations of Qiskit's library that have a matrix or a definition, or that Qiskit can synthesise."""

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_library_operation_is_exact(self, name: str) -> None:
        """A library operation acts as Qiskit's `Operator` says, on qubits in any order."""
        operation = OPERATIONS[name]()
        random = generator(name)
        width = operation.num_qubits + 1
        circuit = generic(width, random)
        circuit.append(operation, random.permutation(width)[:-1].tolist())
        self.assert_state(circuit)
        if width <= WIDEST_WHOLE_MATRIX:
            self.assert_unitary(circuit)

    def test_initialize_sets_all_qubits(self) -> None:
        """`Initialize` on all qubits gives its state, whatever was there before."""
        state = random_statevector(8, seed=11).data
        circuit = generic(3, generator("initialize"))
        circuit.append(Initialize(state), [2, 0, 1])
        alone = QuantumCircuit(3)
        alone.append(Initialize(state), [2, 0, 1])
        wanted = exact_state(alone)
        assert abs(abs(np.vdot(wanted, self.statevector(circuit))) - 1) < 1e-12
        self.assert_state(alone)

    def test_initialize_sets_entangled_qubits(self) -> None:
        """`Initialize` on a part of an entangled state leaves that part in its state, apart from the rest."""
        circuit = QuantumCircuit(3)
        circuit.h(0)
        circuit.cx(0, 1)
        circuit.cx(0, 2)
        circuit.append(Initialize([0.6, 0.8j]), [1])
        for seed in range(6):
            reduced = partial_trace(self.statevector(circuit, seed=seed), [0, 2])
            assert abs(state_fidelity(reduced, [0.6, 0.8j]) - 1) < 1e-10


class DefinitionChecks(OperatorRuns):
    """Instructions that a user defines."""

    def test_nested_definitions_with_global_phases(self) -> None:
        """Definitions within definitions act on the qubits that they are given, each with its own global phase."""
        random = generator("nested definitions")
        circuit = generic(2, random)
        for depth in range(1, 4):
            circuit.global_phase = 0.4 * depth
            outer = QuantumCircuit(depth + 2)
            outer.append(circuit.to_gate(), random.permutation(depth + 2)[: depth + 1].tolist())
            outer.t(depth)
            outer.append(circuit.to_gate().inverse(), random.permutation(depth + 2)[: depth + 1].tolist())
            circuit = outer
        self.assert_state(circuit)
        self.assert_unitary(circuit)

    @pytest.mark.parametrize("num_qubits", [2, 9])
    def test_gate_with_a_matrix_and_no_definition(self, num_qubits: int) -> None:
        """A gate that is only a matrix, narrow or wide, is taken by it."""
        circuit = generic(num_qubits, generator("matrix gate"))
        before = exact_state(circuit)
        circuit.append(_ReversedBasis(num_qubits), range(num_qubits))
        self.assert_state(circuit, before[::-1])

    def test_definition_narrower_than_its_instruction(self) -> None:
        """A definition may leave the last qubits of its instruction alone, as some of Qiskit's with ancillas do."""
        gate = Gate("with_ancilla", 3, [])
        gate.definition = generic(2, generator("narrow"))
        circuit = QuantumCircuit(3)
        circuit.append(gate, [2, 0, 1])
        expected = QuantumCircuit(3)
        expected.compose(gate.definition, [2, 0], inplace=True)
        self.assert_state(circuit, exact_state(expected))

    def test_instruction_with_clbits(self) -> None:
        """A defined instruction measures and resets the qubits, and writes the clbits, that it is given."""
        inner = QuantumCircuit(QuantumRegister(2, "a"), ClassicalRegister(1, "x"), ClassicalRegister(2, "y"))
        inner.x(1)
        inner.measure(1, 2)
        inner.reset(1)
        inner.measure(1, 0)
        outer = QuantumCircuit(3, 3)
        outer.append(inner.to_instruction(), [2, 0], [1, 0, 2])
        circuit = QuantumCircuit(4, 6)
        circuit.x(3)
        circuit.append(outer.to_instruction(), [1, 3, 0], [5, 0, 3])
        circuit.measure(3, 4)
        # The innermost qubits (0, 1) are (0, 1) here, its clbits (0, 1, 2) are (0, 5, 3).
        self.assert_ends_with(circuit, 1 << 3 | 1 << 4)

    def test_definition_with_control_flow(self) -> None:
        """A definition may branch on its own registers, which stand for the clbits that it is given."""
        inner = QuantumCircuit(QuantumRegister(2), ClassicalRegister(1, "x"), ClassicalRegister(2, "y"))
        inner.x(0)
        inner.measure(0, inner.cregs[1][1])
        with inner.if_test((inner.cregs[1], 2)):
            inner.x(1)
        inner.measure(1, inner.cregs[0][0])
        instruction = Instruction("branching", 2, 3, [])
        instruction.definition = inner
        circuit = QuantumCircuit(3, 5)
        circuit.append(instruction, [2, 0], [4, 1, 3])
        self.assert_ends_with(circuit, 1 << 4 | 1 << 3)


class PhaseAndIdleChecks(OperatorRuns):
    """Global phases count; barriers and delays don't."""

    def test_global_phase_of_a_circuit(self) -> None:
        """The global phase of a circuit and that of its gates add up in state and matrix."""
        circuit = QuantumCircuit(2, global_phase=0.7)
        circuit.h(0)
        circuit.append(GlobalPhaseGate(0.5), [])
        circuit.rz(1.1, 1)
        self.assert_state(circuit)
        self.assert_unitary(circuit)
        assert abs(np.angle(self.statevector(circuit)[0]) - (0.7 + 0.5 - 1.1 / 2)) < 1e-12

    def test_barriers_and_delays_do_nothing(self) -> None:
        """Barriers, delays of any unit and identities leave the state alone."""
        circuit = generic(3, generator("idle"))
        expected = exact_state(circuit)
        circuit.barrier()
        circuit.delay(100, 0, unit="ns")
        circuit.delay(7, [1, 2], unit="dt")
        circuit.barrier(2, 0)
        circuit.id(1)
        circuit.delay(circuit.add_stretch("idle"), 0)
        self.assert_state(circuit, expected)
        self.assert_unitary(circuit)

    def test_barrier_alone(self) -> None:
        """A circuit may consist of what does nothing."""
        circuit = QuantumCircuit(2, 2)
        circuit.barrier()
        self.assert_ends_with(circuit, 0)
        self.assert_unitary(circuit, np.eye(4, dtype=complex))


class _ReversedBasis(Gate):
    """A flip of all qubits that only has a matrix."""

    def __init__(self, num_qubits: int) -> None:
        super().__init__("reversed_basis", num_qubits, [])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.complex128]:
        return np.eye(2**self.num_qubits, dtype=complex)[::-1]
