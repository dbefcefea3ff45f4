"""Circuits that the native core reads from QPY are those that Qiskit's own reader reads."""

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qpy, transpile
from qiskit.circuit import Clbit, Delay, Gate, Parameter, Qubit
from qiskit.circuit.library import (
    CXGate,
    UnitaryGate,
    XGate,
    get_standard_gate_name_mapping,
    quantum_volume,
)
from qiskit.circuit.random import random_circuit
from qiskit.providers.fake_provider import GenericBackendV2

from queuebit.codec import qiskit_functions
from queuebit.codec.circuits import _MetadataDecoder, decode_circuit, encode_circuit
from queuebit.codec.plain_circuits import _core_reader, plain_circuit
from queuebit.codec.qpy_format import QPY_VERSION

pytestmark = pytest.mark.skipif(
    _core_reader() is None or qpy.QPY_VERSION < QPY_VERSION,
    reason="the core isn't built, or this Qiskit has no C interface or an older QPY",
)

ANGLES = (0.1, -2.5, math.pi, 1e-300, 4.0)
# Not gates, or not gates alone; the last two have labels of their own.
NOT_PLAIN_GATES = {"measure", "reset", "delay", "global_phase", "mcx", "xx_minus_yy", "xx_plus_yy"}


def written(circuit):
    file = io.BytesIO()
    qpy.dump(circuit, file, version=QPY_VERSION)
    return file.getvalue()


def read(data):
    return plain_circuit(data, _MetadataDecoder)


def everything(circuit):
    """What there is in a circuit, with the classes of its parameters."""
    return (
        circuit,
        circuit.name,
        circuit.metadata,
        circuit.global_phase,
        type(circuit.global_phase),
        circuit.qregs,
        circuit.cregs,
        [circuit.find_bit(bit) for bit in (*circuit.qubits, *circuit.clbits)],
        [
            (
                item.name,
                type(item.operation),
                item.operation.label,
                [(type(param), param) for param in item.params],
                [circuit.find_bit(bit).index for bit in (*item.qubits, *item.clbits)],
                item.is_standard_gate(),
            )
            for item in circuit.data
        ],
    )


def assert_is_read_as_qiskit_does(circuit):
    data = written(circuit)
    found, (expected,) = read(data), qpy.load(io.BytesIO(data))
    assert found is not None
    assert everything(found) == everything(expected)
    assert found == circuit


def with_gate(gate, num_qubits=4):
    circuit = QuantumCircuit(num_qubits, 1)
    circuit.append(gate, range(gate.num_qubits)[::-1])
    return circuit


@pytest.mark.parametrize("name", sorted(get_standard_gate_name_mapping().keys() - NOT_PLAIN_GATES))
def test_each_standard_gate(name):
    gate = get_standard_gate_name_mapping()[name]
    assert_is_read_as_qiskit_does(with_gate(gate.base_class(*ANGLES[: len(gate.params)])))


def test_measurements_resets_and_barriers():
    circuit = QuantumCircuit(3, 3)
    circuit.barrier()
    circuit.h([0, 2])
    circuit.barrier(2, 0)
    circuit.measure([2, 0], [0, 1])
    circuit.reset(1)
    circuit.measure(2, 2)
    assert_is_read_as_qiskit_does(circuit)


def test_only_large_circuits_are_read_by_the_core(monkeypatch):
    small, large = QuantumCircuit(2), QuantumCircuit(2)
    small.cx(0, 1)
    for _ in range(100):
        large.cx(0, 1)
    monkeypatch.setattr(qpy, "load", lambda *_, **__: pytest.fail("Qiskit's reader was called"))
    assert decode_circuit(encode_circuit(large)) == large
    with pytest.raises(pytest.fail.Exception):
        decode_circuit(encode_circuit(small))


def test_large_circuits_of_loose_bits():
    circuit = transpile(quantum_volume(7, seed=1), basis_gates=["u", "cx"])
    assert not circuit.qregs
    circuit.measure_all()
    assert_is_read_as_qiskit_does(circuit)


@pytest.mark.parametrize(
    "circuit",
    [
        QuantumCircuit(),
        QuantumCircuit(3),
        QuantumCircuit(0, 2),
        QuantumCircuit(QuantumRegister(2, "a"), QuantumRegister(1, "b"), ClassicalRegister(2, "c"), [Clbit()]),
        QuantumCircuit([Qubit()], QuantumRegister(2, "a"), [Qubit(), Qubit()], QuantumRegister(1, "b")),
        QuantumCircuit(ClassicalRegister(2, "c"), QuantumRegister(1, "q"), ClassicalRegister(1, "d")),
        QuantumCircuit([Clbit(), Clbit()], [Qubit()]),
    ],
    ids=lambda circuit: f"{len(circuit.qregs)}-{len(circuit.cregs)}-{circuit.num_qubits}-{circuit.num_clbits}",
)
def test_bits_in_registers_and_in_none(circuit):
    for qubit in circuit.qubits:
        circuit.sx(qubit)
    for qubit, clbit in zip(circuit.qubits, reversed(circuit.clbits), strict=False):
        circuit.measure(qubit, clbit)
    assert_is_read_as_qiskit_does(circuit)


@pytest.mark.parametrize("phase", [0.0, 0.25, math.pi, 7.0])
def test_the_global_phase(phase):
    assert_is_read_as_qiskit_does(QuantumCircuit(1, global_phase=phase))


@pytest.mark.parametrize("name", ["", "bell", "grüße", "a" * 300])
@pytest.mark.parametrize("metadata", [{}, {"a": [1, None, "é"]}, {"deep": {"er": 1.5}}])
def test_names_and_metadata(name, metadata):
    assert_is_read_as_qiskit_does(QuantumCircuit(1, name=name, metadata=metadata))


def test_metadata_that_json_does_not_have():
    circuit = QuantumCircuit(1, metadata={"state": np.array([1.0, 1j]), "z": 1 + 2j})
    found = decode_circuit(encode_circuit(circuit))
    assert np.array_equal(found.metadata["state"], [1.0, 1j])
    assert found.metadata["z"] == 1 + 2j


def if_test():
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((0, True)):
        circuit.x(0)
    return circuit


def overlapping():
    bits = [Qubit() for _ in range(3)]
    return QuantumCircuit(bits, QuantumRegister(bits=bits[:2], name="a"), QuantumRegister(bits=bits[1:], name="b"))


def with_bits_out_of_order():
    bits = [Qubit() for _ in range(3)]
    return QuantumCircuit(bits, QuantumRegister(bits=bits[::-1], name="a"))


def with_labelled_barrier():
    circuit = QuantumCircuit(2)
    circuit.barrier(label="here")
    return circuit


NOT_PLAIN = {
    "a parameter": lambda: with_gate(get_standard_gate_name_mapping()["rx"].base_class(Parameter("a"))),
    "a label": lambda: with_gate(XGate(label="flip")),
    "a control on 0": lambda: with_gate(CXGate(ctrl_state=0)),
    "many controls": lambda: with_gate(XGate().control(5), 6),
    "a matrix": lambda: with_gate(UnitaryGate(np.eye(2))),
    "a delay": lambda: with_gate(Delay(100, "dt")),
    "an operation of one's own": lambda: with_gate(Gate("mine", 2, [0.5])),
    "a definition": lambda: with_gate(random_circuit(2, 2, seed=1).to_gate()),
    "control flow": if_test,
    "registers that share bits": overlapping,
    "bits out of order": with_bits_out_of_order,
    "a barrier with a label": with_labelled_barrier,
    "a layout": lambda: transpile(random_circuit(2, 2, seed=2), GenericBackendV2(3, seed=1)),
    "a variable": lambda: (lambda circuit: (circuit.add_var("x", True), circuit)[1])(QuantumCircuit(1)),
    "a phase that is a parameter": lambda: QuantumCircuit(1, global_phase=Parameter("b")),
}


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_qiskit(what):
    circuit = NOT_PLAIN[what]()
    assert read(written(circuit)) is None
    assert decode_circuit(encode_circuit(circuit)) == circuit


@settings(max_examples=60, deadline=None)
@given(num_qubits=st.integers(1, 6), depth=st.integers(0, 8), seed=st.integers(0, 2**31), measure=st.booleans())
def test_random_circuits(num_qubits, depth, seed, measure):
    circuit = random_circuit(num_qubits, depth, max_operands=3, measure=measure, reset=True, seed=seed)
    data = written(circuit)
    found, (expected,) = read(data), qpy.load(io.BytesIO(data))
    assert found is None or everything(found) == everything(expected)
    assert decode_circuit(encode_circuit(circuit)) == circuit


SMALL = written(
    (
        lambda circuit: (
            circuit.u(0.1, 0.2, 0.3, 0),
            circuit.cx(0, 1),
            circuit.barrier(),
            circuit.measure_all(),
            circuit,
        )[-1]
    )(QuantumCircuit(2, 1))
)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(SMALL) - 1), value=st.integers(0, 255))
def test_a_damaged_byte_gives_no_other_circuit_than_qiskit_reads(at, value):
    data = SMALL[:at] + bytes([value]) + SMALL[at + 1 :]
    found = read(data)
    if found is not None:
        (expected,) = qpy.load(io.BytesIO(data), metadata_deserializer=_MetadataDecoder)
        assert everything(found) == everything(expected)


@pytest.mark.parametrize("size", range(0, len(SMALL), 7))
def test_a_beginning_alone_is_no_circuit(size):
    assert read(SMALL[:size]) is None
    assert read(SMALL + bytes(size + 1)) is None


def with_qubits(*qubits):
    """QPY of a cx on these qubits, whatever their numbers."""
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    data = written(circuit)
    here = data.index(b"CXGate") + len(b"CXGate")
    bits = b"".join(b"q" + qubit.to_bytes(4, "big") for qubit in qubits)
    return data[:here] + bits + data[here + len(bits) :]


@pytest.mark.parametrize("qubits", [(0, 0), (0, 2), (2**32 - 1, 0)])
def test_qubits_that_can_not_be_are_left_to_qiskit(qubits):
    assert read(with_qubits(0, 1)) is not None
    assert read(with_qubits(*qubits)) is None


def test_a_qiskit_without_known_c_functions_reads_by_itself(monkeypatch):
    monkeypatch.setattr(qiskit_functions, "_SIZES", {"qk_circuit_gate": (8, 4)})
    for cached in (qiskit_functions.circuit_appending_functions, _core_reader):
        cached.cache_clear()
    try:
        assert qiskit_functions.circuit_appending_functions() is None
        assert read(SMALL) is None
        assert decode_circuit(encode_circuit(QuantumCircuit(2, 1))) == QuantumCircuit(2, 1)
    finally:
        monkeypatch.undo()
        for cached in (qiskit_functions.circuit_appending_functions, _core_reader):
            cached.cache_clear()


@pytest.mark.parametrize("functions", [(), (0,) * 7, (1,) * 6, ("a",) * 7, (-1,) * 7, None])
def test_functions_that_can_not_be_are_refused(functions):
    with pytest.raises((TypeError, ValueError)):
        type(_core_reader())({}, functions)


def test_the_reader_refuses_what_is_no_circuit():
    with pytest.raises(TypeError):
        _core_reader().append(QuantumCircuit(1), b"", 0, 0)
    assert _core_reader().append(QuantumCircuit(1)._data, b"", 5, 0) is None
    assert _core_reader().append(QuantumCircuit(1)._data, b"", 0, 2**63) is None
