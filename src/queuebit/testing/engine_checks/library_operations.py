"""Qiskit's library of instructions beyond the standard gates, each made with arguments of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    InverseModifier,
    Operation,
    PowerModifier,
)
from qiskit.circuit.library import (
    AndGate,
    BitFlipOracleGate,
    BitwiseXorGate,
    DiagonalGate,
    ExactReciprocalGate,
    FullAdderGate,
    GraphStateGate,
    HalfAdderGate,
    HamiltonianGate,
    HGate,
    InnerProductGate,
    IntegerComparatorGate,
    Isometry,
    LinearAmplitudeFunctionGate,
    LinearFunction,
    LinearPauliRotationsGate,
    MCMTGate,
    MCPhaseGate,
    MCXGate,
    ModularAdderGate,
    MSGate,
    MultiplierGate,
    OrGate,
    PauliEvolutionGate,
    PauliGate,
    PermutationGate,
    PhaseOracleGate,
    PiecewiseLinearPauliRotationsGate,
    PolynomialPauliRotationsGate,
    QFTGate,
    QuadraticFormGate,
    RVGate,
    RXGate,
    RYGate,
    SGate,
    StatePreparation,
    SwapGate,
    UCGate,
    UCPauliRotGate,
    UCRXGate,
    UCRYGate,
    UCRZGate,
    UniformSuperpositionGate,
    UnitaryGate,
)
from qiskit.quantum_info import Pauli, SparsePauliOp, random_clifford, random_statevector, random_unitary

Make = Callable[[], Operation]

HAMILTONIAN = SparsePauliOp(["XYZ", "ZZI", "IXX"], [0.3, 0.8, -0.4])


def _matrix(num_qubits: int) -> np.ndarray:
    return np.asarray(random_unitary(2**num_qubits, seed=num_qubits).data)


def _state(num_qubits: int) -> np.ndarray:
    return np.asarray(random_statevector(2**num_qubits, seed=num_qubits).data)


MATRICES: dict[str, Make] = {
    "unitary": lambda: UnitaryGate(_matrix(3)),
    "unitary on one qubit": lambda: UnitaryGate(_matrix(1)),
    "hamiltonian": lambda: HamiltonianGate([[1, 0.5j], [-0.5j, -2]], 0.7),
    "controlled hamiltonian": lambda: HamiltonianGate([[1, 0.5], [0.5, -2]], 0.7).control(1),
    "diagonal": lambda: DiagonalGate(np.exp(1j * np.arange(8) ** 2)),
    "permutation": lambda: PermutationGate([2, 0, 3, 1]),
    "pauli": lambda: PauliGate("XYZI"),
    "pauli operator": lambda: Pauli("-iXYZ").to_instruction(),
    "linear function": lambda: LinearFunction([[1, 1, 0], [0, 1, 0], [1, 0, 1]]),
    "clifford": lambda: random_clifford(3, seed=3),
    "wide clifford": lambda: random_clifford(9, seed=3),
    "pauli evolution": lambda: PauliEvolutionGate(HAMILTONIAN, time=0.7),
    "pauli evolution of commuting terms": lambda: PauliEvolutionGate([Pauli("XX"), Pauli("ZZ")], time=-1.3),
    "wide pauli evolution": lambda: PauliEvolutionGate(SparsePauliOp("XYZXYZXYZ", 0.3), time=0.7),
}
"""Operations that are a matrix."""

SYNTHESISED: dict[str, Make] = {
    "qft": lambda: QFTGate(4),
    "inverse qft": lambda: QFTGate(3).inverse(),
    "state preparation": lambda: StatePreparation(_state(3)),
    "state preparation of a label": lambda: StatePreparation("+0r1"),
    "state preparation of a number": lambda: StatePreparation(5, num_qubits=3),
    "inverse state preparation": lambda: StatePreparation(_state(2)).inverse(),
    "uniform superposition": lambda: UniformSuperpositionGate(3, 2),
    "graph state": lambda: GraphStateGate([[0, 1, 1], [1, 0, 0], [1, 0, 0]]),
    "isometry": lambda: Isometry(_matrix(3)[:, :2], 0, 0),
    "isometry of a whole unitary": lambda: Isometry(_matrix(2), 0, 0),
    "uniformly controlled gate": lambda: UCGate([_matrix(1), np.eye(2), _matrix(1).conj().T, _matrix(1)]),
    "uniformly controlled rx": lambda: UCRXGate([0.1, 0.2, 0.3, 0.4]),
    "uniformly controlled ry": lambda: UCRYGate([0.1, -0.2]),
    "uniformly controlled rz": lambda: UCRZGate([0.1, 0.2, 0.3, 0.4]),
    "uniformly controlled rotation": lambda: UCPauliRotGate([0.5, 1.5], "Y"),
    "many controls, many targets": lambda: MCMTGate(RYGate(0.4), 2, 2),
    "many open controls, many targets": lambda: MCMTGate(HGate(), 2, 2, ctrl_state=1),
    "many-controlled x": lambda: MCXGate(4, ctrl_state=5),
    "many-controlled phase": lambda: MCPhaseGate(0.3, 4),
    "rotation vector": lambda: RVGate(0.1, 0.2, 0.3),
    "molmer sorensen": lambda: MSGate(3, 0.4),
    "real power": lambda: SwapGate().power(0.3),
}
"""Operations that are a definition, or that Qiskit synthesises."""

ARITHMETIC: dict[str, Make] = {
    "and": lambda: AndGate(3, [1, -1, 0]),
    "or": lambda: OrGate(2),
    "bitwise xor": lambda: BitwiseXorGate(3, 5),
    "inner product": lambda: InnerProductGate(2),
    "modular adder": lambda: ModularAdderGate(2),
    "half adder": lambda: HalfAdderGate(2),
    "full adder": lambda: FullAdderGate(2),
    "multiplier": lambda: MultiplierGate(1),
    "integer comparator": lambda: IntegerComparatorGate(2, 2),
    "quadratic form": lambda: QuadraticFormGate(2, [[1, 0], [0, 1]], [1, 1], 0),
    "bit-flip oracle": lambda: BitFlipOracleGate("a & b"),
    "phase oracle": lambda: PhaseOracleGate("a & ~b"),
    "exact reciprocal": lambda: ExactReciprocalGate(2, 0.5),
    "linear rotations": lambda: LinearPauliRotationsGate(2, 0.5, 0.1),
    "piecewise linear rotations": lambda: PiecewiseLinearPauliRotationsGate(2, [0, 2], [0.1, 0.3], [0.2, 0.1]),
    "polynomial rotations": lambda: PolynomialPauliRotationsGate(2, [0.1, 0.2, 0.3]),
    "linear amplitude function": lambda: LinearAmplitudeFunctionGate(2, [1.0], [0.0], (0, 1), (0, 1)),
}
"""Arithmetic on registers."""

ANNOTATED: dict[str, Make] = {
    "annotated control": lambda: AnnotatedOperation(SGate(), ControlModifier(2, 1)),
    "annotated inverse": lambda: AnnotatedOperation(SGate(), InverseModifier()),
    "annotated power": lambda: AnnotatedOperation(RXGate(0.4), PowerModifier(3)),
    "annotated real power": lambda: AnnotatedOperation(RXGate(0.4), PowerModifier(0.5)),
    "all modifiers": lambda: AnnotatedOperation(SGate(), [ControlModifier(2, 1), InverseModifier(), PowerModifier(2)]),
    "nested annotations": lambda: AnnotatedOperation(
        AnnotatedOperation(UnitaryGate(_matrix(1)), InverseModifier()), [PowerModifier(3), ControlModifier(1, 0)]
    ),
    "annotated clifford": lambda: AnnotatedOperation(random_clifford(2, seed=3), ControlModifier(1)),
    "annotated qft": lambda: AnnotatedOperation(QFTGate(2), [InverseModifier(), ControlModifier(1)]),
    "wide annotated control": lambda: AnnotatedOperation(RYGate(0.3), ControlModifier(9, 300)),
}
"""Operations with modifiers that nobody has synthesised yet."""

OPERATIONS = {**MATRICES, **SYNTHESISED, **ARITHMETIC, **ANNOTATED}
