"""Programs of all supported instructions end where the reference's do: in each precision, on every instruction set."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import random_statevector, random_unitary

from queuebit.engines import Control, Engine, Outcome, Output
from queuebit.engines.reference import ReferenceEngine
from queuebit.testing.engine_checks.random_circuits import angles, gates, measuring_circuits, operations, seeds

_core = pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine

MOST_QUBITS = 8
SHOTS = 3
TOLERANCE = {False: 1e-10, True: 1e-4}
"""How far an amplitude may be from the reference's, by whether the engine works in single precision."""

FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
EACH_SIMD = pytest.mark.parametrize("simd", _core.available_simd())
PRECISIONS = pytest.mark.parametrize("single", [False, True], ids=["double", "single"])


def add_gate(draw: st.DrawFn, circuit: QuantumCircuit) -> None:
    gate = draw(gates(min(4, circuit.num_qubits)))
    circuit.append(gate, draw(st.permutations(circuit.qubits))[: gate.num_qubits])


def add_unitaries(draw: st.DrawFn, circuit: QuantumCircuit) -> None:
    for _ in range(draw(st.integers(1, 6))):
        operation = draw(operations(min(circuit.num_qubits, 4)))
        circuit.append(operation, draw(st.permutations(circuit.qubits))[: operation.num_qubits])
    width = draw(st.integers(1, min(6, circuit.num_qubits)))
    matrix = UnitaryGate(random_unitary(2**width, seed=draw(seeds)))
    circuit.append(matrix, draw(st.permutations(circuit.qubits))[:width])


def add_classical_instructions(draw: st.DrawFn, circuit: QuantumCircuit) -> None:
    """Append stores, and branches and loops on what was stored and measured."""
    register, qubits = circuit.cregs[0], draw(st.permutations(circuit.qubits))
    count = circuit.add_var("count", expr.cast(register, types.Uint(4)))
    real = circuit.add_var("real", draw(st.floats(0.1, 2)))
    with circuit.while_loop(expr.less(count, draw(st.integers(2, 6)))):
        add_gate(draw, circuit)
        circuit.store(count, expr.add(count, expr.lift(1, types.Uint(4))))
        circuit.store(real, expr.mul(real, real))
    with circuit.if_test(expr.logic_or(expr.less(real, 1.0), expr.index(register, 1))) as otherwise:
        add_gate(draw, circuit)
    with otherwise:
        circuit.reset(qubits[0])
    with circuit.switch(count) as case:
        with case(2, 3):
            circuit.x(qubits[1])
        with case(case.DEFAULT):
            circuit.global_phase += draw(angles)
            circuit.measure(qubits[1], circuit.clbits[draw(st.integers(0, 3))])
    with circuit.for_loop((2, 5, 3), Parameter("angle")) as angle:
        circuit.barrier()
        circuit.cp(angle, *qubits[:2])


@st.composite
def programs(draw: st.DrawFn) -> QuantumCircuit:
    """Draw a circuit with gates, matrices, measurements, resets, control flow and classical variables."""
    measuring = draw(measuring_circuits())
    circuit = QuantumCircuit(draw(st.integers(measuring.num_qubits, MOST_QUBITS)), global_phase=draw(angles))
    for register in measuring.cregs:
        circuit.add_register(register)
    add_unitaries(draw, circuit)
    some = draw(st.permutations(range(circuit.num_qubits)))[: measuring.num_qubits]
    circuit.compose(measuring, some, circuit.clbits, inplace=True)
    add_unitaries(draw, circuit)
    add_classical_instructions(draw, circuit)
    add_unitaries(draw, circuit)
    return circuit


def ran(engine: Engine, circuit: QuantumCircuit, seed: int = 1) -> Outcome:
    start = random_statevector(2**circuit.num_qubits, seed=5).data
    program = engine.compile(circuit, output=Output.STATEVECTOR)
    return program.run(SHOTS, seed, Control(), initial_state=start)


@FEW
@given(circuit=programs(), seed=seeds)
def test_random_program_ends_as_the_reference_does(circuit, seed):
    expected = ran(ReferenceEngine(), circuit, seed)
    for simd in _core.available_simd():
        for single, tolerance in TOLERANCE.items():
            outcome = ran(StatevectorEngine(simd=simd, single_precision=single), circuit, seed)
            assert outcome.memory_values == expected.memory_values
            assert outcome.memory_index.tolist() == expected.memory_index.tolist()
            np.testing.assert_allclose(outcome.statevector, expected.statevector, rtol=0, atol=tolerance)


def one_by_one(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with each gate in a branch of its own, where it can't be gathered with others."""
    apart = circuit.copy_empty_like()
    for item in circuit.data:
        with apart.if_test(expr.lift(True)):
            apart.append(item)
    return apart


@st.composite
def gate_circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Draw many gates, so that there is much to gather."""
    circuit = QuantumCircuit(draw(st.integers(2, MOST_QUBITS)))
    for _ in range(draw(st.integers(10, 60))):
        add_gate(draw, circuit)
    return circuit


@PRECISIONS
@EACH_SIMD
@settings(FEW, max_examples=10)
@given(circuit=gate_circuits())
def test_gates_that_are_gathered_do_what_each_does_alone(simd, single, circuit):
    engine = StatevectorEngine(simd=simd, single_precision=single)
    gathered, alone = (engine.compile(form, output=Output.STATEVECTOR) for form in (circuit, one_by_one(circuit)))
    assert alone._core.num_passes >= 2 * len(circuit.data), "gates were gathered that should not be"
    assert gathered._core.num_passes <= len(circuit.data)
    states = [program.run(1, 1, Control()).statevector for program in (gathered, alone)]
    np.testing.assert_allclose(*states, rtol=0, atol=TOLERANCE[single])
    exact = ReferenceEngine().compile(circuit, output=Output.STATEVECTOR).run(1, 1, Control()).statevector
    np.testing.assert_allclose(states[0], exact, rtol=0, atol=TOLERANCE[single])


def test_gates_that_are_gathered_take_fewer_passes():
    circuit = QuantumCircuit(6)
    for qubit in range(6):
        for gate in ("h", "t", "sx", "z"):
            getattr(circuit, gate)(qubit)
    assert all(isinstance(item.operation, Gate) for item in circuit.data)
    assert StatevectorEngine().compile(circuit, output=Output.STATEVECTOR)._core.num_passes <= 4
