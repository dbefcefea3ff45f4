"""An operation's matrix or definition."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, library
from qiskit.circuit.library import CUGate, HGate, MCXGate, RXGate, UnitaryGate
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator, Pauli, random_clifford, random_unitary

from queuebit.engines import Control, EngineError
from queuebit.engines.instructions import Unitary
from queuebit.engines.operations import unitary_or_definition
from queuebit.engines.reference import ReferenceEngine


def meaning_of(operation):
    return unitary_or_definition(operation, tuple(range(operation.num_qubits)))


def defined(num_qubits: int, definition: QuantumCircuit | None = None) -> Gate:
    gate = Gate("defined", num_qubits, [])
    gate.definition = definition
    return gate


class Opaque(Gate):
    def __init__(self, num_qubits):
        super().__init__("opaque", num_qubits, [])

    def __array__(self, dtype=None, copy=None):
        return np.eye(2**self.num_qubits, dtype=complex)


class Failing(Gate):
    def __init__(self):
        super().__init__("failing", 1, [])

    def _define(self):
        raise QiskitError("no idea")


def test_standard_gate_is_its_matrix():
    for gate in (HGate(), RXGate(0.3), CUGate(0.1, 0.2, 0.3, 0.4, ctrl_state=0)):
        meaning = meaning_of(gate)
        assert isinstance(meaning, Unitary)
        assert np.abs(meaning.matrix - Operator(gate).data).max() < 1e-15


def test_wide_control_is_no_wide_matrix():
    meaning = meaning_of(MCXGate(40, ctrl_state=5))
    assert (meaning.qubits, len(meaning.controls), meaning.control_state) == ((40,), 40, 5)
    assert meaning.matrix.shape == (2, 2)


def test_control_whose_base_gate_has_no_matrix_is_taken_by_its_definition():
    # Qiskit gives the base gate of a controlled CUGate one parameter too many.
    assert isinstance(meaning_of(CUGate(0.1, 0.2, 0.3, 0.4).control(1)), QuantumCircuit)


def test_wide_unitary_gate_is_its_matrix():
    assert meaning_of(UnitaryGate(np.eye(512)[::-1])).matrix.shape == (512, 512)


def test_wide_gate_with_a_definition_is_taken_by_it():
    circuit = QuantumCircuit(9)
    circuit.h(0)
    gate = Opaque(9)
    gate.definition = circuit
    assert meaning_of(gate) is circuit


def test_wide_gate_without_a_definition_is_its_matrix():
    assert meaning_of(Opaque(9)).matrix.shape == (512, 512)


def test_abstract_operation_is_synthesised():
    assert isinstance(meaning_of(random_clifford(9, seed=1)), QuantumCircuit)


def test_matrix_is_a_copy():
    matrix = random_unitary(4, seed=1).data.copy()
    gate = UnitaryGate(matrix)
    meaning = meaning_of(gate)
    assert not np.shares_memory(meaning.matrix, gate.params[0])


def test_operation_without_any_meaning_is_refused():
    for operation in (Gate("mystery", 2, []), Instruction("mystery", 1, 1, [])):
        with pytest.raises(EngineError, match="neither a matrix nor a definition"):
            meaning_of(operation)


def test_definition_that_fails_says_why():
    with pytest.raises(EngineError, match="its definition can't be made: no idea") as raised:
        meaning_of(Failing())
    assert isinstance(raised.value.__cause__, QiskitError)


@pytest.mark.parametrize("definition", [QuantumCircuit(3), QuantumCircuit(2, 1)], ids=["qubits", "clbits"])
def test_definition_with_more_bits_than_its_instruction_is_refused(definition):
    with pytest.raises(EngineError, match=r"its definition has . qubits and . clbits, more than its own 2 and 0"):
        meaning_of(defined(2, definition))


def test_empty_definition_is_a_definition():
    empty = QuantumCircuit(2)
    assert meaning_of(defined(2, empty)) is empty


@pytest.mark.skipif(not hasattr(library, "PauliProductMeasurement"), reason="this Qiskit has no such instruction")
@pytest.mark.parametrize(("label", "outcome"), [("ZZ", 1), ("-ZZ", 0), ("IZ", 1), ("ZI", 0)])
def test_pauli_product_measurement(label, outcome):
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.append(library.PauliProductMeasurement(Pauli(label)), [0, 1], [0])
    assert ReferenceEngine().compile(circuit).run(20, 1, Control()).counts() == {outcome: 20}
