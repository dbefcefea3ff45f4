"""What an operation of a circuit does, as a matrix on qubits or as a definition to expand."""

import warnings

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import ControlledGate, Gate, Operation, QuantumCircuit
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError

from queuebit.engines.exceptions import EngineError
from queuebit.engines.instructions import Unitary

_STANDARD_GATES = frozenset(
    gate.base_class for gate in get_standard_gate_name_mapping().values() if isinstance(gate, Gate)
)

# Up to here an operation that has both a matrix and a definition is taken by its matrix, which is exact where a
# definition may approximate (Pauli evolution); above, the matrix has 4**n entries. A guess.
_WIDEST_MATRIX_QUBITS = 8


# As Qiskit's UnitaryGate allows.
_UNITARY_TOLERANCE = 1e-8


class NotUnitaryError(EngineError):
    """The matrix of an operation isn't unitary."""


def unitary_or_definition(operation: Operation, qubits: tuple[int, ...]) -> Unitary | QuantumCircuit:
    """Return the operation as a matrix on qubits, controlled if it is, or else the circuit that it is defined by.

    Args:
        operation: a gate or another operation.
        qubits: what it acts on.

    Returns:
        Nothing in it changes when the operation is changed later.

    Raises:
        NotUnitaryError: if its matrix isn't unitary.
        EngineError: if the operation has neither a matrix nor a definition; the text says why, without naming it.
    """
    unitary = _unitary(operation, qubits)
    if unitary is not None:
        return unitary
    definition = _definition(operation)
    if definition is not None:
        return definition
    matrix = _matrix(operation)
    if matrix is None:
        raise EngineError("it has neither a matrix nor a definition")
    return Unitary(matrix, qubits)


def _unitary(operation: Operation, qubits: tuple[int, ...]) -> Unitary | None:
    """Return the operation as a matrix, unless it has none or a definition may be smaller."""
    if getattr(operation, "base_class", None) in _STANDARD_GATES:
        # Without parameters there is nothing in a standard gate that could be changed in place.
        return Unitary(np.array(operation.to_matrix(), dtype=complex) if operation.params else operation, qubits)
    if isinstance(operation, ControlledGate):
        controlled = _controlled_unitary(operation, qubits)
        if controlled is not None:
            return controlled
    if operation.num_qubits > _WIDEST_MATRIX_QUBITS and not isinstance(operation, UnitaryGate):
        return None
    matrix = _matrix(operation)
    return None if matrix is None else Unitary(matrix, qubits)


def _controlled_unitary(operation: ControlledGate, qubits: tuple[int, ...]) -> Unitary | None:
    num_controls, base = operation.num_ctrl_qubits, operation.base_gate
    # A variant with ancilla qubits isn't a control on its base gate alone.
    if num_controls + base.num_qubits != operation.num_qubits or base.num_qubits > _WIDEST_MATRIX_QUBITS:
        return None
    matrix = _matrix(base)
    if matrix is None:
        return None
    return Unitary(matrix, qubits[num_controls:], qubits[:num_controls], operation.ctrl_state)


def _matrix(operation: Operation) -> NDArray[np.complex128] | None:
    """Return the operation's own matrix, a copy; None if it has none."""
    if not hasattr(operation, "to_matrix"):
        return None
    try:
        with warnings.catch_warnings():
            # SciPy remarks on the sparse matrices that Qiskit hands it for a Pauli evolution. Its warning's class isn't
            # imported here: that would take longer than everything else.
            warnings.filterwarnings("ignore", message=".*CSC (format|matrix)")
            matrix = np.array(operation.to_matrix(), dtype=complex)
    except (QiskitError, TypeError, ValueError):
        # A gate that has to_matrix() only by inheritance, or whose matrix isn't defined. The base gate of a controlled
        # CUGate has one parameter too many for its own to_matrix().
        return None
    if not np.allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), atol=_UNITARY_TOLERANCE):
        raise NotUnitaryError("its matrix times its adjoint is not the identity")
    return matrix


def _definition(operation: Operation) -> QuantumCircuit | None:
    """Return a circuit that the operation is defined by, synthesised if need be; None if there is none."""
    try:
        definition = getattr(operation, "definition", None)
    except QiskitError as error:
        raise EngineError(f"its definition can't be made: {error.message}") from error
    if definition is None:
        return _synthesised(operation)
    if definition.num_qubits > operation.num_qubits or definition.num_clbits > operation.num_clbits:
        raise EngineError(
            f"its definition has {definition.num_qubits} qubits and {definition.num_clbits} clbits, more than its own "
            f"{operation.num_qubits} and {operation.num_clbits}"
        )
    return definition


def _synthesised(operation: Operation) -> QuantumCircuit | None:
    """Have Qiskit synthesise an abstract operation, such as a Clifford or an annotated operation."""
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import HighLevelSynthesis

    circuit = QuantumCircuit(operation.num_qubits, operation.num_clbits)
    circuit.append(operation, circuit.qubits, circuit.clbits)
    try:
        synthesised = PassManager([HighLevelSynthesis()]).run(circuit)
    except QiskitError:
        return None
    unchanged = any(item.operation.name == operation.name for item in synthesised.data)
    return None if unchanged else synthesised
