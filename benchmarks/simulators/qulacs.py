"""Qulacs: its own circuit object, optimised beforehand, and the update of a state alone."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import qulacs
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qulacs.circuit import QuantumCircuitOptimizer

from benchmarks.timing import Measure, Pace, fastest, timed

# Which is best depends on the circuit and the machine.
_BLOCK_SIZES = range(1, 6)
_TRIAL = Pace(seconds=0.2, least_turns=3)


def update(circuit: QuantumCircuit) -> Measure:
    """Return the time of ``update_quantum_state`` with the best optimised circuit, in milliseconds."""
    state = qulacs.QuantumState(circuit.num_qubits)
    return fastest([timed(partial(best.update_quantum_state, state)) for best in optimised(circuit)], _TRIAL)


def statevector(circuit: qulacs.QuantumCircuit) -> NDArray[np.complex128]:
    """Return the final state; index bit q is qubit q."""
    state = qulacs.QuantumState(circuit.get_qubit_count())
    circuit.update_quantum_state(state)
    amplitudes: NDArray[np.complex128] = state.get_vector()
    return amplitudes


def optimised(circuit: QuantumCircuit) -> Iterator[qulacs.QuantumCircuit]:
    """Return the converted circuit in every form in which Qulacs' optimiser gives it.

    But not as a single block: that is the circuit's matrix, and to multiply by it is no simulation of the circuit.
    """
    light = to_qulacs(circuit)
    QuantumCircuitOptimizer().optimize_light(light)
    yield light
    for size in _BLOCK_SIZES:
        if size == circuit.num_qubits:
            return
        blocks = to_qulacs(circuit)
        QuantumCircuitOptimizer().optimize(blocks, size)
        yield blocks


def to_qulacs(circuit: QuantumCircuit) -> qulacs.QuantumCircuit:
    """Return a circuit of u and cx gates as Qulacs' own.

    Raises:
        ValueError: if there is another gate.
    """
    converted = qulacs.QuantumCircuit(circuit.num_qubits)
    for instruction in circuit.data:
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        match instruction.name:
            case "u":
                converted.add_U3_gate(*places, *map(float, instruction.params))
            case "cx":
                converted.add_CNOT_gate(*places)
            case name:
                raise ValueError(f"{name!r} isn't converted to Qulacs; the circuit must be in u and cx gates")
    return converted
