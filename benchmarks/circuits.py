"""The circuits that are measured. Those without a word on it have no measurements; :func:`measured` adds them."""

import math

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, transpile
from qiskit.circuit.library import quantum_volume
from qiskit.synthesis import synth_qft_full

BASIS = ("u", "cx")
"""The gates of quantum volume and QFT circuits: every simulator takes them as they are."""


def measured(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a copy of the circuit with all qubits measured at the end, into one register."""
    copy = circuit.copy()
    copy.add_register(ClassicalRegister(circuit.num_qubits, "meas"))
    copy.measure(range(circuit.num_qubits), range(circuit.num_qubits))
    return copy


def bell() -> QuantumCircuit:
    """Return a Bell pair."""
    return ghz(2)


def ghz(num_qubits: int) -> QuantumCircuit:
    """Return a GHZ state, made with a chain of CX."""
    circuit = QuantumCircuit(num_qubits, name=f"ghz{num_qubits}")
    circuit.h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def volume(num_qubits: int, *, depth: int | None = None, seed: int = 1) -> QuantumCircuit:
    """Return a quantum volume circuit in :data:`BASIS`, as deep as wide unless a depth is given."""
    return _in_basis(quantum_volume(num_qubits, depth, seed=seed), f"volume{num_qubits}")


def qft(num_qubits: int) -> QuantumCircuit:
    """Return a quantum Fourier transform in :data:`BASIS`."""
    return _in_basis(synth_qft_full(num_qubits), f"qft{num_qubits}")


def ladder(num_qubits: int, *, layers: int = 4, seed: int = 1) -> QuantumCircuit:
    """Return layers of RY and RZ by random angles on each qubit, then a chain of CX; a variational ansatz."""
    angles = np.random.default_rng(seed).uniform(0, 2 * math.pi, (layers, num_qubits, 2)).tolist()
    circuit = QuantumCircuit(num_qubits, name=f"ladder{num_qubits}")
    for layer in angles:
        for qubit, (theta, phi) in enumerate(layer):
            circuit.ry(theta, qubit)
            circuit.rz(phi, qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    return circuit


def teleportation() -> QuantumCircuit:
    """Return a teleportation with feed-forward, measured; the last bit is 0 because the preparation is undone."""
    circuit = QuantumCircuit(3, 3, name="teleportation")
    circuit.ry(1.0, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((1, 1)):
        circuit.x(2)
    with circuit.if_test((0, 1)):
        circuit.z(2)
    circuit.ry(-1.0, 2)
    circuit.measure(2, 2)
    return circuit


def _in_basis(circuit: QuantumCircuit, name: str) -> QuantumCircuit:
    flat = transpile(circuit, basis_gates=list(BASIS), optimization_level=0)
    flat.name = name
    return flat
