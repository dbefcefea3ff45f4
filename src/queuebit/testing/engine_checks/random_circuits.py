"""Hypothesis strategies for circuits of many instructions on a few qubits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import AnnotatedOperation, ControlModifier, Gate, InverseModifier, Operation, PowerModifier
from qiskit.circuit.library import (
    DiagonalGate,
    PauliEvolutionGate,
    PermutationGate,
    QFTGate,
    UnitaryGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford, random_unitary

from queuebit.testing.engine_checks.operators import generic

MOST_QUBITS = 5
MOST_MEASUREMENTS = 5
"""Each may double the paths that the oracle follows."""

GATES = [gate for gate in get_standard_gate_name_mapping().values() if isinstance(gate, Gate)]

angles = st.floats(-4 * math.pi, 4 * math.pi, allow_nan=False)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def gates(draw: st.DrawFn, num_qubits: int) -> Gate:
    """Draw a standard gate with parameters.

    Args:
        draw: Hypothesis's.
        num_qubits: The most qubits that it may act on.
    """
    gate = draw(st.sampled_from([gate for gate in GATES if gate.num_qubits <= num_qubits]))
    return gate.base_class(*[draw(angles) for _ in gate.params])


@st.composite
def operations(draw: st.DrawFn, num_qubits: int) -> Operation:
    """Draw an operation that is unitary: mostly a standard gate, or a matrix, a modified gate, or a library operation.

    Args:
        draw: Hypothesis's.
        num_qubits: The most qubits that it may act on, 2 or more.
    """
    kind = draw(st.sampled_from(["gate"] * 4 + ["matrix", "controlled", "annotated", "library"]))
    if kind == "gate":
        return draw(gates(num_qubits))
    if kind == "matrix":
        width = draw(st.integers(1, min(3, num_qubits)))
        return UnitaryGate(random_unitary(2**width, seed=draw(seeds)))
    if kind == "library":
        return draw(_library_operations(num_qubits))
    num_controls = draw(st.integers(1, num_qubits - 1))
    base, state = draw(gates(num_qubits - num_controls)), draw(st.integers(0, 2**num_controls - 1))
    if kind == "controlled":
        return base.control(num_controls, ctrl_state=state, annotated=False)
    modifiers = [InverseModifier(), PowerModifier(draw(st.integers(-2, 3))), ControlModifier(num_controls, state)]
    return AnnotatedOperation(base, draw(st.permutations(modifiers)))


@st.composite
def _library_operations(draw: st.DrawFn, num_qubits: int) -> Operation:
    width, seed = draw(st.integers(1, num_qubits)), draw(seeds)
    random = np.random.default_rng(seed)
    makers: list[Callable[[], Operation]] = [
        lambda: PermutationGate(random.permutation(width)),
        lambda: DiagonalGate(np.exp(1j * random.uniform(0, 6, 2**width))),
        lambda: random_clifford(width, seed=seed),
        lambda: QFTGate(width),
        lambda: PauliEvolutionGate(
            SparsePauliOp("".join(random.choice(list("IXYZ"), width))), time=random.uniform(-2, 2)
        ),
    ]
    return draw(st.sampled_from(makers))()


@st.composite
def unitary_circuits(draw: st.DrawFn, most_instructions: int = 12) -> QuantumCircuit:
    """Draw a circuit of unitary instructions, some in definitions, with global phases.

    Args:
        draw: Hypothesis's.
        most_instructions: How many there may be.
    """
    num_qubits = draw(st.integers(2, MOST_QUBITS))
    circuit = QuantumCircuit(num_qubits, global_phase=draw(angles))
    for _ in range(draw(st.integers(1, most_instructions))):
        if draw(st.integers(0, 9)) == 0:
            inner = QuantumCircuit(2, global_phase=draw(angles))
            _append(draw, inner, draw(operations(2)))
            _append(draw, circuit, inner.to_instruction())
        else:
            _append(draw, circuit, draw(operations(num_qubits)))
    return circuit


@st.composite
def measuring_circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Draw a circuit of gates, measurements, resets, branches and loops, on two registers.

    Args:
        draw: Hypothesis's.
    """
    num_qubits = draw(st.integers(2, MOST_QUBITS - 1))
    circuit = QuantumCircuit(QuantumRegister(num_qubits), ClassicalRegister(2, "a"), ClassicalRegister(2, "b"))
    # Without this most circuits would measure basis states: what is drawn is simple more often than not.
    circuit.compose(generic(num_qubits, np.random.default_rng(draw(seeds))), range(num_qubits), inplace=True)
    _fill(draw, circuit, measurements=[MOST_MEASUREMENTS], depth=2)
    _fill(draw, circuit, measurements=[2], depth=2)
    if draw(st.booleans()):
        circuit.measure(_qubits(draw, circuit, 2), [0, 3])
    return circuit


def _fill(draw: st.DrawFn, circuit: QuantumCircuit, measurements: list[int], depth: int, in_loop: bool = False) -> None:
    """Append instructions.

    Args:
        draw: Hypothesis's.
        circuit: What to fill, within whichever block is open.
        measurements: How many measurements and resets may still come.
        depth: How many blocks may still be put within each other.
        in_loop: Whether a `break` or `continue` may come.
    """
    kinds = ["gate"] * 4 + ["measure"] * 3 + ["reset", "if", "if", "switch", "for", "box"]
    for _ in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(kinds if depth else kinds[:8]))
        if kind == "gate":
            _append(draw, circuit, draw(gates(2)))
        elif kind in ("measure", "reset"):
            if measurements[0] == 0:
                continue
            measurements[0] -= 1
            (qubit,) = _qubits(draw, circuit, 1)
            circuit.reset(qubit) if kind == "reset" else circuit.measure(qubit, draw(st.integers(0, 3)))
        elif kind == "if":
            with circuit.if_test(_condition(draw, circuit)) as otherwise:
                _fill(draw, circuit, measurements, depth - 1, in_loop)
                if in_loop and draw(st.booleans()):
                    circuit.break_loop() if draw(st.booleans()) else circuit.continue_loop()
            if draw(st.booleans()):
                with otherwise:
                    _fill(draw, circuit, measurements, depth - 1, in_loop)
        elif kind == "switch":
            with circuit.switch(draw(st.sampled_from(circuit.cregs))) as case:
                with case(*draw(st.sampled_from([(0,), (1, 2), (3,)]))):
                    _fill(draw, circuit, measurements, depth - 1, in_loop)
                with case(case.DEFAULT):
                    _fill(draw, circuit, measurements, depth - 1, in_loop)
        elif kind == "for" and measurements[0] > 1:
            # Each iteration measures again.
            inner = [measurements[0] // 2]
            measurements[0] = 0
            with circuit.for_loop(range(2)):
                _fill(draw, circuit, inner, depth - 1, in_loop=True)
        elif kind == "box":
            with circuit.box():
                _fill(draw, circuit, measurements, depth - 1)


def _append(draw: st.DrawFn, circuit: QuantumCircuit, operation: Operation) -> None:
    circuit.append(operation, _qubits(draw, circuit, operation.num_qubits))


def _condition(draw: st.DrawFn, circuit: QuantumCircuit) -> tuple[object, int]:
    if draw(st.booleans()):
        return draw(st.sampled_from(circuit.clbits)), draw(st.integers(0, 1))
    return draw(st.sampled_from(circuit.cregs)), draw(st.integers(0, 3))


def _qubits(draw: st.DrawFn, circuit: QuantumCircuit, number: int) -> list[int]:
    return draw(st.permutations(range(circuit.num_qubits)))[:number]
