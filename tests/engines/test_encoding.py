"""Circuits as flat arrays: read by Qiskit's C functions, or instruction by instruction."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import (
    CXGate,
    HGate,
    PhaseGate,
    RZGate,
    UnitaryGate,
    get_standard_gate_name_mapping,
)

from queuebit.codec import qiskit_functions
from queuebit.engines.statevector import StatevectorEngine

pytest.importorskip("queuebit._core")

from queuebit.engines.encoding import encode_plain, encode_plain_in_python

WITHOUT_C_FUNCTIONS = qiskit_functions.circuit_reading_functions() is None


def arrays(encoded):
    return (
        encoded.codes.tolist(),
        encoded.params.tolist(),
        encoded.progress_start.tolist(),
        encoded.progress_limit.tolist(),
    )


def every_standard_instruction() -> QuantumCircuit:
    circuit = QuantumCircuit(5, 3, global_phase=0.3)
    for number, (name, operation) in enumerate(get_standard_gate_name_mapping().items()):
        if name in ("delay", "rcccx", "rccx", "mcx", "c3x"):
            continue
        bound = operation.copy() if not operation.params else type(operation)(*np.arange(1, len(operation.params) + 1))
        qubits = [(number + i) % 5 for i in range(bound.num_qubits)]
        circuit.append(bound, qubits, [number % 3] if name == "measure" else [])
    circuit.barrier()
    circuit.delay(100, 0)
    circuit.measure(4, 0)
    circuit.reset(2)
    return circuit


@pytest.mark.skipif(WITHOUT_C_FUNCTIONS, reason="this Qiskit has no C functions to read circuits with")
def test_both_ways_of_reading_give_the_same_arrays():
    circuit = every_standard_instruction()
    fast, slow = encode_plain(circuit), encode_plain_in_python(circuit)
    assert fast is not None
    assert slow is not None
    assert arrays(fast) == arrays(slow)
    assert (fast.num_qubits, fast.num_clbits, fast.num_instructions) == (5, 3, len(circuit.data))
    assert fast.writes_memory
    assert fast.has_measurements


def custom_gate_with_a_standard_name() -> QuantumCircuit:
    gate = Gate("h", 1, [])
    gate.definition = QuantumCircuit(1)
    circuit = QuantumCircuit(1)
    circuit.append(gate, [0])
    return circuit


def open_control() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.append(CXGate(ctrl_state=0), [0, 1])
    return circuit


def matrix() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.append(UnitaryGate(np.eye(2)), [0])
    return circuit


def control_flow() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((0, 1)):
        circuit.x(0)
    return circuit


def infinite_angle() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.append(RZGate(math.inf), [0])
    return circuit


@pytest.mark.parametrize("read", [encode_plain, encode_plain_in_python])
@pytest.mark.parametrize(
    "make",
    [custom_gate_with_a_standard_name, open_control, matrix, control_flow, infinite_angle],
    ids=lambda f: f.__name__,
)
def test_what_is_not_plain_is_left_to_the_lowering(read, make):
    assert read(make()) is None


@pytest.mark.parametrize("read", [encode_plain, encode_plain_in_python])
def test_bound_and_integer_parameters_are_numbers(read):
    theta = Parameter("theta")
    circuit = QuantumCircuit(1)
    circuit.rz(theta * 2, 0)
    circuit.rx(1, 0)
    encoded = read(circuit.assign_parameters({theta: 0.25}))
    assert encoded is not None
    assert encoded.params.tolist() == [0.5, 1.0]


@pytest.mark.parametrize("read", [encode_plain, encode_plain_in_python])
def test_an_empty_circuit_has_no_instructions(read):
    encoded = read(QuantumCircuit())
    assert encoded is not None
    assert arrays(encoded) == ([], [], [], [])
    assert not encoded.writes_memory


def test_a_qiskit_without_known_c_functions_is_read_in_python(monkeypatch):
    monkeypatch.setattr(qiskit_functions, "_VIEW", {"name": 4})
    qiskit_functions.circuit_reading_functions.cache_clear()
    try:
        assert qiskit_functions.circuit_reading_functions() is None
        circuit = every_standard_instruction()
        assert arrays(encode_plain(circuit)) == arrays(encode_plain_in_python(circuit))
    finally:
        monkeypatch.undo()
        qiskit_functions.circuit_reading_functions.cache_clear()


def test_a_circuit_can_be_changed_after_it_was_compiled():
    circuit = QuantumCircuit(1)
    circuit.append(HGate(), [0])
    program = StatevectorEngine().compile(circuit)
    circuit.append(PhaseGate(1.0), [0])
    assert program.num_instructions == 1


@pytest.mark.parametrize(
    "functions",
    [(), (0,) * 7, (1,) * 6, ("a",) * 7, (-1,) * 7, None],
    ids=["none", "null", "six", "text", "negative", "None"],
)
def test_functions_that_can_not_be_are_refused(functions):
    from queuebit import _core

    with pytest.raises((TypeError, ValueError)):
        _core.read_circuit(QuantumCircuit(1)._data, 0.0, functions)


@pytest.mark.skipif(WITHOUT_C_FUNCTIONS, reason="this Qiskit has no C functions to read circuits with")
@pytest.mark.parametrize("value", [None, "circuit", 1, QuantumCircuit(1)])
def test_what_is_no_circuit_data_is_refused(value):
    from queuebit import _core

    with pytest.raises(TypeError):
        _core.read_circuit(value, 0.0, qiskit_functions.circuit_reading_functions())
