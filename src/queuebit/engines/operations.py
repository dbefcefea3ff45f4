"""What an operation of a circuit does, as a matrix on qubits or as a definition to expand."""

import warnings

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import ControlledGate, Gate, Operation, QuantumCircuit
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from scipy.sparse import SparseEfficiencyWarning

from queuebit.engines.instructions import Unitary

_STANDARD_GATES = frozenset(
    gate.base_class for gate in get_standard_gate_name_mapping().values() if isinstance(gate, Gate)
)

# Up to here an operation that has both a matrix and a definition is taken by its matrix, which is exact where a
# definition may approximate (Pauli evolution); above, the matrix has 4**n entries. A guess.
_WIDEST_MATRIX_QUBITS = 8


def unitary_of(operation: Operation, qubits: tuple[int, ...]) -> Unitary | None:
    """Return the operation as a matrix on qubits, controlled if it is; None if it is to be taken by its definition.

    Args:
        operation: a gate or another operation.
        qubits: what it acts on.
    """
    if getattr(operation, "base_class", None) in _STANDARD_GATES:
        return Unitary(operation, qubits)
    if isinstance(operation, ControlledGate):
        num_controls, base = operation.num_ctrl_qubits, operation.base_gate
        # A variant with ancilla qubits isn't a control on its base gate alone.
        plain = num_controls + base.num_qubits == operation.num_qubits
        matrix = _matrix(base) if plain else None
        if matrix is not None:
            return Unitary(matrix, qubits[num_controls:], qubits[:num_controls], operation.ctrl_state)
    matrix = _matrix(operation)
    return None if matrix is None else Unitary(matrix, qubits)


def _matrix(operation: Operation) -> NDArray[np.complex128] | None:
    """Return the operation's own matrix, a copy; None if it has none or that would be too large."""
    if not hasattr(operation, "to_matrix"):
        return None
    if operation.num_qubits > _WIDEST_MATRIX_QUBITS and not isinstance(operation, UnitaryGate):
        return None
    try:
        with warnings.catch_warnings():
            # SciPy remarks on the sparse matrices that Qiskit hands it for a Pauli evolution.
            warnings.simplefilter("ignore", SparseEfficiencyWarning)
            return np.array(operation.to_matrix(), dtype=complex)
    except QiskitError:  # a gate that has to_matrix() only by inheritance, or whose matrix isn't defined
        return None


def definition_of(operation: Operation) -> QuantumCircuit | None:
    """Return a circuit that the operation is defined by, synthesised if need be; None if there is none."""
    definition = getattr(operation, "definition", None)
    if definition is not None:
        return definition
    return _synthesised(operation)


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
