"""Circuits that a child keeps decoded."""

import pytest
from qiskit import QuantumCircuit

from queuebit.codec.circuits import encode_circuit
from queuebit.codec.exceptions import CodecError
from queuebit.worker.known_circuits import KnownCircuits


def encoded(num_qubits, depth=1):
    circuit = QuantumCircuit(num_qubits, name=f"of {num_qubits}")
    for _ in range(depth):
        circuit.h(range(num_qubits))
    return encode_circuit(circuit)


def test_equal_bytes_are_decoded_once():
    known, data = KnownCircuits(), encoded(3)
    first = known.decoded(data)
    assert known.decoded(bytes(bytearray(data))) is first
    assert first.name == "of 3"


def test_different_circuits_are_kept_apart():
    known = KnownCircuits()
    assert [known.decoded(encoded(width)).num_qubits for width in (1, 2, 1, 2)] == [1, 2, 1, 2]


def test_an_empty_circuit_is_kept_too():
    known, data = KnownCircuits(), encode_circuit(QuantumCircuit())
    assert known.decoded(data) is known.decoded(data)


def test_only_the_last_ones_are_kept():
    known = KnownCircuits()
    first = known.decoded(encoded(1))
    for width in range(2, 18):
        known.decoded(encoded(width))
    assert known.decoded(encoded(1)) is not first


def test_a_large_circuit_isnt_kept():
    known, data = KnownCircuits(), encoded(20, depth=400)
    assert len(data) > 2**16
    assert known.decoded(data) is not known.decoded(data)


def test_what_is_no_circuit_is_refused_each_time():
    known = KnownCircuits()
    for _ in range(2):
        with pytest.raises(CodecError):
            known.decoded(b"no circuit")
