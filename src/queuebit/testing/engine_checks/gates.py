"""The gates of Qiskit's standard library, plain and controlled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Gate
from qiskit.circuit.library import (
    HGate,
    MCPhaseGate,
    MCXGate,
    RYGate,
    UnitaryGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import Operator, Statevector, random_unitary

from queuebit.testing.engine_checks.operators import OperatorRuns, controlled, generator, generic

GATES = {name: gate for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, Gate)}


def bound(name: str, random: np.random.Generator) -> Gate:
    """Return a standard gate with random parameters, beyond one turn in both directions.

    Args:
        name: The gate's name.
        random: Where the parameters come from.
    """
    gate = GATES[name]
    return gate.base_class(*random.uniform(-3 * math.pi, 3 * math.pi, len(gate.params)).tolist())


class StandardGateChecks(OperatorRuns):
    """Every gate of `get_standard_gate_name_mapping()`."""

    @pytest.mark.parametrize("name", GATES)
    def test_standard_gate_is_exact(self, name: str) -> None:
        """Each standard gate acts as its matrix, on qubits in any order, with any parameters."""
        random = generator(name)
        for _ in range(3):
            gate = bound(name, random)
            self.assert_acts_as(gate, Operator(gate).data, random)

    @pytest.mark.parametrize("name", GATES)
    def test_inverse_of_standard_gate_undoes_it(self, name: str) -> None:
        """A gate and its inverse leave the state as it was."""
        random = generator(name)
        gate = bound(name, random)
        circuit = generic(gate.num_qubits, random)
        before = Statevector(circuit)
        circuit.append(gate, range(gate.num_qubits))
        circuit.append(gate.inverse(), range(gate.num_qubits))
        self.assert_state(circuit, before.data)

    @pytest.mark.parametrize("parameter", [0.0, 1e-9, math.pi, -math.pi, 2 * math.pi, 4 * math.pi, 1e6])
    def test_rotation_is_exact_at_special_angles(self, parameter: float) -> None:
        """No angle is rounded or taken modulo a turn that isn't its period."""
        circuit = generic(2, generator("angles"))
        circuit.rx(parameter, 0)
        circuit.p(parameter, 1)
        circuit.crz(parameter, 1, 0)
        circuit.rzz(parameter, 0, 1)
        self.assert_state(circuit)


class ControlledGateChecks(OperatorRuns):
    """Controls on anything, open and closed, few and many."""

    @pytest.mark.parametrize("annotated", [False, True], ids=["definite", "annotated"])
    @pytest.mark.parametrize("num_controls", [1, 2, 3])
    @pytest.mark.parametrize("name", GATES)
    def test_controlled_standard_gate_is_exact(self, name: str, num_controls: int, annotated: bool) -> None:
        """Each standard gate takes one to three controls of any state, as a gate or as an annotation."""
        random = generator(f"{name} {num_controls}")
        gate, state = bound(name, random), int(random.integers(2**num_controls))
        operation = gate.control(num_controls, ctrl_state=state, annotated=annotated)
        self.assert_acts_as(operation, controlled(Operator(gate).data, num_controls, state), random, spare_qubits=0)

    @pytest.mark.parametrize("name", [name for name, gate in GATES.items() if isinstance(gate, ControlledGate)])
    def test_every_control_state_of_a_built_in_controlled_gate(self, name: str) -> None:
        """A controlled gate of the standard library acts for its control state and no other."""
        random = generator(f"control states {name}")
        closed = bound(name, random)
        all_ones = 2**closed.num_ctrl_qubits - 1
        matrix = Operator(closed).data[all_ones :: all_ones + 1, all_ones :: all_ones + 1]
        for state in range(all_ones + 1):
            gate = closed.base_class(*closed.params, ctrl_state=state)
            self.assert_acts_as(gate, controlled(matrix, closed.num_ctrl_qubits, state), random)

    @pytest.mark.parametrize("num_controls", [4, 6, 9, 10])
    def test_wide_controls_act_for_their_state_alone(self, num_controls: int) -> None:
        """An `MCXGate`, an `MCPhaseGate` and a controlled gate with many controls are exact."""
        random = generator(f"wide {num_controls}")
        state = int(random.integers(2**num_controls))
        pairs = [
            (MCXGate(num_controls, ctrl_state=state), np.array([[0, 1], [1, 0]])),
            (MCPhaseGate(0.7, num_controls, ctrl_state=state), np.diag([1, np.exp(0.7j)])),
            (RYGate(1.1).control(num_controls, ctrl_state=state, annotated=True), Operator(RYGate(1.1)).data),
        ]
        for gate, matrix in pairs:
            circuit = generic(num_controls + 1, random)
            before = Statevector(circuit).data
            qubits = random.permutation(num_controls + 1).tolist()
            circuit.append(gate, qubits)
            self.assert_state(circuit, _after_controlled(matrix, before, qubits, state))

    def test_controlled_unitary_gate_is_exact(self) -> None:
        """A matrix on several qubits takes several controls."""
        random = generator("unitary")
        matrix = random_unitary(4, seed=random).data
        for state in range(4):
            gate = UnitaryGate(matrix).control(2, ctrl_state=state)
            self.assert_acts_as(gate, controlled(matrix, 2, state), random)

    def test_control_of_a_control_is_exact(self) -> None:
        """Controls of controls add up, each with its own state."""
        random = generator("nested")
        gate = HGate().control(1, ctrl_state=0).control(2, ctrl_state=1)
        matrix = controlled(controlled(Operator(HGate()).data, 1, 0), 2, 1)
        self.assert_acts_as(gate, matrix, random)

    def test_controlled_custom_gate_is_exact(self) -> None:
        """A gate that is only a definition, with a global phase, takes controls: the phase becomes a relative one."""
        random = generator("custom")
        inner = generic(2, random)
        inner.global_phase = 0.9
        gate = inner.to_gate()
        for annotated in (False, True):
            operation = gate.control(2, ctrl_state=2, annotated=annotated)
            self.assert_acts_as(operation, controlled(Operator(inner).data, 2, 2), random)

    def test_controlled_global_phase_is_relative(self) -> None:
        """A controlled global phase turns the amplitudes where the controls have their values."""
        circuit = QuantumCircuit(2, global_phase=0.3)
        circuit.h([0, 1])
        whole = QuantumCircuit(3)
        whole.h(2)
        whole.append(circuit.to_gate().control(1, ctrl_state=0), [2, 1, 0])
        self.assert_state(whole)


def _after_controlled(
    matrix: NDArray[np.complex128], before: NDArray[np.complex128], qubits: list[int], state: int
) -> NDArray[np.complex128]:
    """Return the state after a one-qubit matrix, whose controls come first in `qubits`."""
    *controls, target = qubits
    index = np.arange(len(before))
    active = np.ones(len(before), dtype=bool)
    for i, control in enumerate(controls):
        active &= (index >> control & 1) == (state >> i & 1)
    bit = index >> target & 1
    flipped = before[index ^ (1 << target)]
    return np.where(active, matrix[bit, bit] * before + matrix[bit, 1 - bit] * flipped, before)
