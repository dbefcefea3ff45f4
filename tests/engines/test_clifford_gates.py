"""Which gates are Clifford gates, and what they are in Stim."""

import math

import numpy as np
import pytest
import stim
from qiskit.circuit import Gate
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, Operator, random_clifford, random_unitary

from queuebit.engines.clifford_gates import WIDEST_QUBITS, StimGates, gates_of_matrix, gates_of_unitary, standard_gate
from queuebit.engines.instructions import Unitary

GATES = {name: gate for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, Gate)}


def tableau_of(gates: StimGates, num_qubits: int) -> stim.Tableau:
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(num_qubits)
    for gate in gates:
        simulator.do(stim.CircuitInstruction(gate.name, gate.positions))
    return simulator.current_inverse_tableau().inverse()


def clifford_or_none(gate: Gate) -> Clifford | None:
    try:
        return Clifford.from_operator(Operator(gate))
    except QiskitError:
        return None


@pytest.mark.parametrize("name", GATES)
def test_standard_gates_are_clifford_gates_where_qiskit_says_so(name: str) -> None:
    number = len(GATES[name].params)
    random = np.random.default_rng(len(name))
    quarters = [[k] * number for k in range(-4, 9)] + random.integers(-8, 9, (12, number)).tolist()
    for turns in quarters if number else [[]]:
        params = [turn * math.pi / 4 for turn in turns]
        gate = GATES[name].base_class(*params)
        gates, expected = standard_gate(name, tuple(params)), gate.num_qubits and clifford_or_none(gate)
        assert (gates is None) == (expected is None), params
        if gates and expected:
            assert tableau_of(gates, gate.num_qubits) == stim.Tableau.from_unitary_matrix(
                expected.to_matrix(), endian="little"
            )


@pytest.mark.parametrize("num_qubits", range(1, WIDEST_QUBITS + 1))
def test_any_matrix_of_a_clifford_operator_is_recognised(num_qubits: int) -> None:
    for seed in range(5):
        matrix = random_clifford(num_qubits, seed=seed).to_matrix() * np.exp(0.3j)
        gates = gates_of_matrix(matrix)
        assert gates is not None
        assert tableau_of(gates, num_qubits) == stim.Tableau.from_unitary_matrix(matrix, endian="little")
        assert gates_of_matrix(random_unitary(2**num_qubits, seed=seed).data) is None


def test_an_angle_counts_to_its_last_digits() -> None:
    assert standard_gate("rz", (math.pi / 2 + 1e-13,)) == standard_gate("s", ())
    for offset in (1e-11, 1e-9, 1e-6):
        assert standard_gate("rz", (math.pi / 2 + offset,)) is None
        assert standard_gate("rx", (offset,)) is None


@pytest.mark.parametrize("angle", [math.nan, math.inf])
def test_an_angle_that_is_no_number_makes_no_clifford_gate(angle: float) -> None:
    assert standard_gate("rz", (angle,)) is None


def test_a_gate_is_written_short() -> None:
    for name in ("h", "s", "sx", "cx", "swap", "iswap", "dcx"):
        assert len(standard_gate(name, ()) or ()) == 1, name
    assert [gate.name for gate in standard_gate("ry", (math.pi,)) or ()] == ["Y"]
    assert len(standard_gate("ecr", ()) or ()) == 4


def test_open_controls_are_taken_by_their_matrix() -> None:
    x = np.array([[0, 1], [1, 0]], dtype=complex)
    gates = gates_of_unitary(Unitary(x, (1,), (0,), 0))
    assert gates is not None
    assert tableau_of(gates, 2) == stim.Circuit("X 0\nCX 0 1\nX 0").to_tableau()
    assert gates_of_unitary(Unitary(x, (2,), (0, 1), 3)) is None


def test_what_is_too_wide_is_not_looked_at() -> None:
    gate = UnitaryGate(np.eye(2))
    assert gates_of_unitary(Unitary(gate.to_matrix(), (30,), tuple(range(30)), 0)) is None


def test_it_is_known_where_a_gate_leaves_z_alone() -> None:
    """From this follows where a random Z has to be put in; a mistake would make outcomes certain that are not."""
    for name in ("z", "s", "cz", "x", "cx", "cy", "h", "swap", "ecr", "rzz", "sx"):
        for gate in standard_gate(name, (math.pi / 2,) * len(GATES[name].params)) or ():
            tableau = stim.gate_data(gate.name).tableau
            for operand, position in enumerate(gate.positions):
                image = tableau.z_output(operand)
                unchanged = image.pauli_indices() == [operand] and image[operand] == 3
                assert unchanged == (position not in gate.turned), gate
