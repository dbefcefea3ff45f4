"""Circuits as bytes and back."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, QuantumRegister, qpy, transpile
from qiskit.circuit import ClassicalRegister, Clbit, Gate, Instruction, Parameter, ParameterVector, Qubit
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import (
    CXGate,
    DiagonalGate,
    Initialize,
    MCXGate,
    PauliEvolutionGate,
    QFTGate,
    UCRYGate,
    UnitaryGate,
    efficient_su2,
    quantum_volume,
)
from qiskit.circuit.random import random_circuit
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Clifford, SparsePauliOp

from queuebit.codec import circuits
from queuebit.codec.circuits import decode_circuit, encode_circuit
from queuebit.codec.exceptions import NotStorableError

# Earlier writers of QPY give a custom gate a random name.
needs_qpy_18 = pytest.mark.skipif(qpy.QPY_VERSION < 18, reason="Qiskit before 2.6 names custom gates by chance")

THETA, PHI, VECTOR = Parameter("θ"), Parameter("φ"), ParameterVector("v", 2)


def qpy_of(circuit):
    file = io.BytesIO()
    qpy.dump(circuit, file)
    return file.getvalue()


def custom_gate(number=0):
    definition = QuantumCircuit(2, name=f"mine_{number % 2}")
    definition.h(0)
    definition.rx(0.1 * number, 1)
    return definition.to_gate()


def nested_gate():
    definition = QuantumCircuit(2, name="outer")
    for number in (2, 5, 4):
        definition.append(custom_gate(number), [number % 2, 1 - number % 2])
    return definition.to_gate()


def standard(circuit):
    circuit.h(0)
    circuit.crx(0.3, 0, 1, label="controlled", ctrl_state=0)
    circuit.mcx([0, 1, 2], 3)
    circuit.barrier()
    circuit.reset(1)
    circuit.measure(range(3), range(3))


def library(circuit):
    circuit.append(QFTGate(3), [0, 1, 2])
    circuit.append(UnitaryGate(np.diag([1, 1j])), [0])
    circuit.append(MCXGate(3), [0, 1, 2, 3])
    circuit.append(Clifford(CXGate()), [1, 2])
    circuit.append(PauliEvolutionGate(SparsePauliOp.from_list([("XX", 1), ("ZZ", 2)]), time=0.3), [0, 1])
    circuit.append(Initialize([0.6, 0.8j]), [0])
    circuit.compose(quantum_volume(4, 2, seed=3), inplace=True)
    circuit.compose(efficient_su2(3).assign_parameters(np.arange(24) * 0.1), [0, 1, 2], inplace=True)


def custom(circuit):
    for number in range(5):
        circuit.append(custom_gate(number), [0, 1])
        circuit.append(custom_gate(number).control(1), [0, 1, 2])
    circuit.append(custom_gate(3).inverse(), [1, 2])
    circuit.append(custom_gate(4).control(2, ctrl_state=1, annotated=True), [0, 1, 2, 3])
    circuit.append(nested_gate(), [2, 3])
    circuit.append(nested_gate().control(2), [0, 1, 2, 3])
    circuit.append(Gate("opaque", 1, [0.5]), [0])
    circuit.append(Instruction("classical", 1, 1, []), [0], [0])


def control_flow(circuit):
    with circuit.if_test((circuit.cregs[0], 3)) as otherwise:
        circuit.append(custom_gate(1), [0, 1])
        circuit.append(nested_gate(), [0, 1])
    with otherwise, circuit.while_loop((circuit.clbits[0], 0)):
        circuit.append(custom_gate(2), [0, 1])
        circuit.append(custom_gate(3), [0, 1])
        circuit.measure(0, 0)
        circuit.break_loop()
    with circuit.switch(circuit.cregs[0]) as case:
        with case(1, 2):
            circuit.x(0)
        with case(case.DEFAULT):
            circuit.y(0)
    with circuit.for_loop(range(0, 10, 3)):
        circuit.continue_loop()
    with circuit.box():
        circuit.cx(0, 1)


def variables(circuit):
    number = circuit.add_var(expr.Var.new("number", types.Uint(8)), 3)
    flag = circuit.add_var(expr.Var.new("flag", types.Bool()), expr.less(number, 5))
    with circuit.if_test(expr.logic_and(flag, expr.equal(number, circuit.cregs[0]))):
        circuit.store(number, expr.bit_xor(number, 7))
    stretch = circuit.add_stretch("wait")
    circuit.delay(stretch, 0)


def unbound(circuit):
    circuit.rx(2 * THETA + PHI, 0)
    circuit.ry((VECTOR[0] - VECTOR[1]).sin(), 1)
    circuit.global_phase = THETA / 3


def bound(circuit):
    unbound(circuit)
    circuit.assign_parameters({THETA: 0.1, PHI: 0.2, VECTOR: [0.3, 0.4]}, inplace=True)


def registers(circuit):
    circuit.add_bits([Qubit(), Clbit()])
    circuit.add_register(QuantumRegister(bits=[circuit.qubits[1], circuit.qubits[4]], name="alias"))
    circuit.add_register(ClassicalRegister(0, "none"))
    circuit.global_phase = 0.25


PARTS = [standard, library, custom, control_flow, variables, unbound, bound, registers]


def build(part):
    circuit = QuantumCircuit(QuantumRegister(4, "a"), ClassicalRegister(3, "c"), name=part.__name__)
    part(circuit)
    return circuit


@pytest.mark.parametrize("part", PARTS)
def test_a_circuit_comes_back_as_it_was(part):
    circuit = build(part)
    read = decode_circuit(encode_circuit(circuit))
    assert read == circuit
    assert read.name == circuit.name
    assert [(each.name, len(each)) for each in read.qregs] == [(each.name, len(each)) for each in circuit.qregs]
    assert [(each.name, len(each)) for each in read.cregs] == [(each.name, len(each)) for each in circuit.cregs]
    assert (read.num_qubits, read.num_clbits) == (circuit.num_qubits, circuit.num_clbits)
    assert read.global_phase == circuit.global_phase
    assert read.parameters == circuit.parameters
    assert [label(each) for each in read.data] == [label(each) for each in circuit.data]


def label(instruction):
    return getattr(instruction.operation, "label", None)


@pytest.mark.parametrize("gate", [DiagonalGate([1, -1]), UCRYGate([0.1, 0.2])])
def test_gates_that_are_not_equal_to_themselves_come_back_as_qiskit_brings_them(gate):
    circuit = QuantumCircuit(2, name="x")
    circuit.append(gate, range(gate.num_qubits))
    read, qiskits = decode_circuit(encode_circuit(circuit)), qpy.load(io.BytesIO(qpy_of(circuit)))[0]
    assert type(read.data[0].operation) is type(qiskits.data[0].operation)
    assert np.array_equal(read.data[0].operation.params, qiskits.data[0].operation.params)


@pytest.mark.parametrize("part", [part for part in PARTS if part is not registers])
@needs_qpy_18
def test_a_circuit_always_has_the_same_bytes(part):
    circuit = build(part)
    assert len({encode_circuit(circuit) for _ in range(20)}) == 1
    assert encode_circuit(circuit.copy()) == encode_circuit(circuit)


@pytest.mark.parametrize("part", [standard, library, custom, control_flow, bound, registers])
@needs_qpy_18
def test_a_circuit_that_is_built_twice_has_the_same_bytes(part):
    assert encode_circuit(build(part)) == encode_circuit(build(part))


def transpiled():
    circuit = QuantumCircuit(QuantumRegister(2, "u"), QuantumRegister(2, "w"), QuantumRegister(1, "z"), name="laid out")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 3)
    circuit.measure_all()
    return transpile(circuit, GenericBackendV2(8, seed=1), seed_transpiler=1, optimization_level=2)


@needs_qpy_18
def test_a_transpiled_circuit_keeps_its_layout_and_always_has_the_same_bytes():
    circuit = transpiled()
    assert {encode_circuit(circuit) for _ in range(20)} == {encode_circuit(transpiled())}
    read = decode_circuit(encode_circuit(circuit))
    assert read == circuit
    assert read.layout == circuit.layout
    assert read.layout.final_index_layout() == circuit.layout.final_index_layout()
    assert read.layout.initial_index_layout() == circuit.layout.initial_index_layout()


@needs_qpy_18
def test_bytes_are_the_same_in_another_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_circuits as t; import zlib;"
        "print(*(zlib.crc32(t.encode_circuit(t.build(part))) for part in (t.custom, t.control_flow)))"
    )
    folder = __file__.rpartition("/")[0]
    answers = {
        subprocess.run(
            [sys.executable, "-c", code, folder],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 12), st.booleans())
@settings(derandomize=True, deadline=None, max_examples=60)
def test_random_circuits_come_back_as_they_were(seed, num_qubits, depth, conditional):
    circuit = random_circuit(num_qubits, depth, conditional=conditional, measure=True, seed=seed)
    outer = QuantumCircuit(*circuit.qregs, *circuit.cregs, name="outer")
    outer.if_test((circuit.clbits[0], 1), circuit, circuit.qubits, circuit.clbits)
    outer.append(random_circuit(num_qubits, depth, seed=seed + 1).to_gate(), circuit.qubits)
    outer.append(random_circuit(num_qubits, depth, seed=seed + 2).to_instruction(), circuit.qubits)
    for each in (circuit, outer):
        assert decode_circuit(encode_circuit(each)) == each


def test_qiskit_reads_the_bytes_too():
    circuit = build(custom)
    (read,) = qpy.load(io.BytesIO(encode_circuit(circuit)))
    assert read == circuit


def test_metadata_come_back_as_they_were(same):
    metadata = {
        "plain": [1, 0.5, None, {"a": "ü"}],
        "pair": (1, 2),
        "by number": {1: "a"},
        "when": datetime(2024, 2, 29, tzinfo=UTC),
        "count": np.int64(2**60),
        "phase": 1j,
        "angles": np.arange(3.0),
        3: "a number is a key",
        "$tuple": [],
    }
    circuit = QuantumCircuit(1, metadata=metadata)
    assert same(decode_circuit(encode_circuit(circuit)).metadata, metadata)
    single = QuantumCircuit(1, metadata={"$tuple": [1]})
    assert decode_circuit(encode_circuit(single)).metadata == {"$tuple": [1]}


def test_encoding_changes_nothing():
    circuit = build(custom)
    before = circuit.copy()
    encode_circuit(circuit)
    assert circuit == before


class Opaque:
    pass


def test_metadata_that_cannot_be_stored_are_refused_with_the_way_to_them():
    circuit = QuantumCircuit(1, name="bell", metadata={"a": [1, Opaque()]})
    with pytest.raises(NotStorableError) as refused:
        encode_circuit(circuit)
    assert str(refused.value).startswith(
        "the metadata of circuit 'bell'['a'][1] can't be stored: it is a Opaque. What can"
    )


def test_what_qpy_cannot_write_is_refused_with_the_name_of_the_circuit():
    circuit = QuantumCircuit(1, name="odd")
    circuit.append(Instruction("strange", 1, 0, [Opaque()]), [0])
    with pytest.raises(NotStorableError, match=r"^circuit 'odd' can't be stored: .*Opaque"):
        encode_circuit(circuit)
    circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(64, "c"), name="wide")
    with circuit.if_test((circuit.cregs[0], 2**63)):
        circuit.x(0)
    with pytest.raises(NotStorableError, match=r"^circuit 'wide' can't be stored: ."):
        encode_circuit(circuit)


@pytest.mark.parametrize("value", [None, "qreg q[1];", [QuantumCircuit(1)]])
def test_what_is_no_circuit_is_refused(value):
    with pytest.raises(NotStorableError, match=f"^a circuit must be a QuantumCircuit; got a {type(value).__name__}$"):
        encode_circuit(value)


def test_qpy_in_an_order_that_nobody_knows_is_kept_as_it_is(monkeypatch):
    def refuse(_):
        raise ValueError("unknown")

    monkeypatch.setattr(circuits, "in_one_order", refuse)
    circuit = build(custom)
    assert decode_circuit(encode_circuit(circuit)) == circuit


def test_a_bell_circuit_takes_a_few_hundred_bytes():
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    assert len(encode_circuit(circuit)) <= len(qpy_of(circuit)) + 12
