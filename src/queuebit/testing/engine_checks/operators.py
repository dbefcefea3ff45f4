"""Matrices that checks compare with, and circuits that show what an operation does."""

from __future__ import annotations

import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.quantum_info import Operator, Statevector
from scipy.sparse import SparseEfficiencyWarning

from queuebit.testing.engine_runs import TOLERANCE, EngineRuns


def generator(name: str) -> np.random.Generator:
    """Return the random numbers of a check: the same in every run, others for every name.

    Args:
        name: What they are for.
    """
    return np.random.default_rng(zlib.crc32(name.encode()))


def generic(num_qubits: int, random: np.random.Generator) -> QuantumCircuit:
    """Return a circuit whose state has no symmetry and no zero amplitude.

    Args:
        num_qubits: Its width.
        random: Where its angles come from.
    """
    circuit = QuantumCircuit(num_qubits)
    for qubit in range(num_qubits):
        circuit.u(*random.uniform(0.3, 2.8, 3), qubit)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def controlled(matrix: NDArray[np.complex128], num_controls: int, state: int) -> NDArray[np.complex128]:
    """Return a matrix with controls, as Qiskit orders them: the control qubits come first.

    Args:
        matrix: What acts when the controls have their values.
        num_controls: How many there are.
        state: Bit i is the value that control i must have.
    """
    whole = np.eye(len(matrix) << num_controls, dtype=complex)
    chosen = np.arange(len(matrix)) << num_controls | state
    whole[np.ix_(chosen, chosen)] = matrix
    return whole


def embedded(matrix: NDArray[np.complex128], qubits: list[int], num_qubits: int) -> NDArray[np.complex128]:
    """Return a matrix on some of many qubits.

    Args:
        matrix: It acts on as many qubits as `qubits` has.
        qubits: Which ones; bit i of the matrix's index is `qubits[i]`.
        num_qubits: How many there are.
    """
    identity = Operator(np.eye(2**num_qubits))
    if not qubits:
        return np.asarray(matrix[0, 0] * identity.data)
    return np.asarray(identity.compose(Operator(matrix), qargs=qubits).data)


def exact_state(circuit: QuantumCircuit) -> NDArray[np.complex128]:
    """Return what Qiskit's `Statevector` says is the state of a circuit.

    Args:
        circuit: A circuit without measurements.
    """
    with warnings.catch_warnings():
        # SciPy remarks on the sparse matrices that Qiskit hands it for a Pauli evolution.
        warnings.simplefilter("ignore", SparseEfficiencyWarning)
        return np.asarray(Statevector(circuit).data)


def exact_unitary(circuit: QuantumCircuit) -> NDArray[np.complex128]:
    """Return what Qiskit's `Operator` says is the matrix of a circuit.

    Args:
        circuit: A circuit without measurements and resets.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparseEfficiencyWarning)
        return np.asarray(Operator(circuit).data)


class OperatorRuns(EngineRuns):
    """Comparisons with exact states and matrices."""

    def assert_state(self, circuit: QuantumCircuit, expected: NDArray[np.complex128] | None = None) -> None:
        """Fail unless a circuit ends in a state.

        Args:
            circuit: The circuit.
            expected: The state, global phase included; by default what Qiskit's `Statevector` says.
        """
        wanted = exact_state(circuit) if expected is None else expected
        state = self.statevector(circuit)
        assert (state.shape, state.dtype) == (wanted.shape, np.dtype(complex))
        assert np.abs(state - wanted).max() <= TOLERANCE

    def assert_unitary(self, circuit: QuantumCircuit, expected: NDArray[np.complex128] | None = None) -> None:
        """Fail unless a circuit has a matrix.

        Args:
            circuit: The circuit.
            expected: The matrix, global phase included; by default what Qiskit's `Operator` says.
        """
        wanted = exact_unitary(circuit) if expected is None else expected
        unitary = self.unitary(circuit)
        assert (unitary.shape, unitary.dtype) == (wanted.shape, np.dtype(complex))
        assert np.abs(unitary - wanted).max() <= TOLERANCE

    def assert_acts_as(
        self, operation: Operation, matrix: NDArray[np.complex128], random: np.random.Generator, spare_qubits: int = 1
    ) -> None:
        """Fail unless an operation does what a matrix does, on qubits in any order beside others.

        Args:
            operation: The operation.
            matrix: Its matrix.
            random: Where the qubits' order comes from.
            spare_qubits: How many qubits there are that it doesn't act on.
        """
        width = operation.num_qubits + spare_qubits
        qubits = random.permutation(width)[: operation.num_qubits].tolist()
        alone = QuantumCircuit(width)
        alone.append(operation, qubits)
        whole = embedded(matrix, qubits, width)
        self.assert_unitary(alone, whole)
        before = generic(width, random)
        self.assert_state(before.compose(alone), whole @ Statevector(before).data)
