"""Qiskit's gates as Stim's, where they are Clifford gates."""

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import stim
from numpy.typing import NDArray
from qiskit.circuit.library import get_standard_gate_name_mapping

from queuebit.engines.instructions import Unitary

_STANDARD_GATES = get_standard_gate_name_mapping()

_PAULIS = {"X", "Y", "Z"}

# How far a Pauli operator may be from its image under the gate. What is off by this much is off by rounding.
_TOLERANCE = 1e-12

WIDEST_QUBITS = 5
"""Wider matrices take milliseconds to check, and longer than their definitions to expand."""


class StimGate(NamedTuple):
    """One of Stim's gates, on some qubits of the gate that it is a part of.

    Attributes:
        name: Stim's name of it.
        positions: what it acts on, as positions among the qubits of the whole gate.
        turned: those among ``positions`` whose Z it doesn't leave as it is, up to a sign.
    """

    name: str
    positions: tuple[int, ...]
    turned: tuple[int, ...]

    @property
    def is_pauli(self) -> bool:
        """Whether it is X, Y or Z."""
        return self.name in _PAULIS


StimGates = tuple[StimGate, ...]


@lru_cache(maxsize=4096)
def standard_gate(name: str, params: tuple[float, ...]) -> StimGates | None:
    """Return a gate of Qiskit's standard library as gates of Stim, in order; None if it is no Clifford gate.

    The global phase is left out.

    Args:
        name: Qiskit's name of it.
        params: its parameters, such as angles in radians.
    """
    if name not in _STANDARD_GATES or not all(map(math.isfinite, params)):
        return None
    return gates_of_matrix(_STANDARD_GATES[name].base_class(*params).to_matrix())


def gates_of_unitary(unitary: Unitary) -> StimGates | None:
    """Return a matrix, controlled or not, as gates of Stim, in order; None if it isn't known to be a Clifford gate.

    The global phase is left out.

    Args:
        unitary: on qubits whose numbers are their positions, the controls first. One on more than
            :data:`WIDEST_QUBITS` isn't looked at.
    """
    num_controls = len(unitary.controls)
    if num_controls + len(unitary.qubits) > WIDEST_QUBITS:
        return None
    matrix = unitary.matrix
    if not num_controls:
        return gates_of_matrix(matrix)
    whole = np.eye(len(matrix) << num_controls, dtype=complex)
    chosen = np.arange(len(matrix)) << num_controls | unitary.control_state
    whole[np.ix_(chosen, chosen)] = matrix
    return gates_of_matrix(whole)


def gates_of_matrix(matrix: NDArray[np.complex128]) -> StimGates | None:
    """Return a matrix as gates of Stim, in order; None if it isn't that of a Clifford gate.

    The global phase is left out.

    Args:
        matrix: a unitary of shape ``(2**k, 2**k)``, index bit i is qubit i.

    Example:
        >>> [gate.name for gate in gates_of_matrix(np.diag([1, -1j]))]
        ['S_DAG']
        >>> gates_of_matrix(np.diag([1, np.exp(0.25j * np.pi)])) is None
        True
    """
    num_qubits = len(matrix).bit_length() - 1
    if num_qubits == 0:
        return ()
    try:
        tableau = stim.Tableau.from_unitary_matrix(matrix, endian="little")
    except ValueError:
        return None
    return tuple(_gates(tableau)) if _is_exact(tableau, matrix) else None


def _is_exact(tableau: stim.Tableau, matrix: NDArray[np.complex128]) -> bool:
    """Return whether the tableau, which Stim finds in single precision, is the matrix's to the last digits."""
    for qubit in range(len(tableau)):
        for pauli, image in (("X", tableau.x_output(qubit)), ("Z", tableau.z_output(qubit))):
            before = stim.PauliString(len(tableau))
            before[qubit] = pauli
            right, left = (each.to_unitary_matrix(endian="little").astype(complex) for each in (before, image))
            if not np.abs(matrix @ right - left @ matrix).max() <= _TOLERANCE:
                return False
    return True


def _gates(tableau: stim.Tableau) -> Iterator[StimGate]:
    """Write a tableau as the one gate that Stim has for it, or as several."""
    name = _named_gates(len(tableau)).get(repr(tableau))
    if name is not None:
        return iter([_stim_gate(name, tuple(range(len(tableau))))] if name != "I" else [])
    return _merged(tableau.to_circuit("elimination"))


def _merged(circuit: stim.Circuit) -> Iterator[StimGate]:
    """Put the gates on one qubit that follow each other together."""
    waiting: dict[int, stim.Tableau] = {}
    for item in circuit:
        for group in item.target_groups():
            positions = tuple(target.value for target in group)
            if len(positions) == 1:
                before = waiting.get(positions[0], stim.Tableau(1))
                waiting[positions[0]] = before.then(stim.gate_data(item.name).tableau)
                continue
            for position in positions:
                yield from _single(waiting.pop(position, stim.Tableau(1)), position)
            yield _stim_gate(item.name, positions)
    for position, tableau in waiting.items():
        yield from _single(tableau, position)


def _single(tableau: stim.Tableau, position: int) -> Iterator[StimGate]:
    name = _named_gates(1)[repr(tableau)]
    if name != "I":
        yield _stim_gate(name, (position,))


@cache
def _named_gates(num_qubits: int) -> dict[str, str]:
    """Return Stim's names of its gates on so many qubits, by their tableaus."""
    kind = {1: "is_single_qubit_gate", 2: "is_two_qubit_gate"}.get(num_qubits)
    gates = [gate for gate in stim.gate_data().values() if kind and gate.is_unitary and getattr(gate, kind)]
    return {repr(gate.tableau): gate.name for gate in gates}


def _stim_gate(name: str, positions: tuple[int, ...]) -> StimGate:
    return StimGate(name, positions, tuple(positions[operand] for operand in _turned(name)))


@cache
def _turned(name: str) -> tuple[int, ...]:
    """Return on which of its qubits one of Stim's gates takes Z to something else than Z or -Z."""
    tableau = stim.gate_data(name).tableau
    unturned = [stim.PauliString("_" * qubit + "Z" + "_" * (len(tableau) - qubit - 1)) for qubit in range(len(tableau))]
    return tuple(qubit for qubit, z in enumerate(unturned) if tableau.z_output(qubit) not in (z, -z))
