"""Google's qsim, through qsimcirq: single precision, all cores."""

from functools import partial

import cirq
import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qsimcirq.qsim_simulator import QSimOptions, QSimSimulator

from benchmarks.timing import Measure, Pace, fastest, timed
from queuebit.providers.local_executor import available_cores

# Which is best depends on the circuit and the machine.
_FUSED_SIZES = (2, 3, 4)
_TRIAL = Pace(seconds=0.5, least_turns=3)

_KEY = "meas"


def sampling(circuit: QuantumCircuit, shots: int) -> Measure:
    """Return the time of ``run(...)`` of the converted circuit, with the best fusion, in milliseconds."""
    measured = to_cirq(circuit)
    simulators = [_simulator(size) for size in _FUSED_SIZES]
    return fastest([timed(partial(simulator.run, measured, repetitions=shots)) for simulator in simulators], _TRIAL)


def statevector(circuit: QuantumCircuit) -> NDArray[np.complex64]:
    """Return the final state of a circuit without measurements; index bit q is qubit q."""
    state: NDArray[np.complex64] = _simulator(3).simulate(to_cirq(circuit)).final_state_vector
    return state


def counts(circuit: QuantumCircuit, shots: int) -> dict[int, int]:
    """Return how often each outcome came; bit q is qubit q."""
    found = _simulator(3).run(to_cirq(circuit), repetitions=shots)
    return dict(found.histogram(key=_KEY))


def to_cirq(circuit: QuantumCircuit) -> cirq.Circuit:
    """Return the circuit with each gate on one qubit as its matrix, and all qubits measured at the end if any is.

    Cirq's first qubit is the most significant, so they are numbered from the last to the first.

    Raises:
        ValueError: if a gate on several qubits isn't cx.
    """
    qubits = cirq.LineQubit.range(circuit.num_qubits)[::-1]
    converted = cirq.Circuit()
    for instruction in circuit.data:
        places = [qubits[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
        match instruction.name:
            case "measure":
                continue
            case "cx":
                converted.append(cirq.CNOT(*places))
            case _ if len(places) == 1:
                converted.append(cirq.MatrixGate(instruction.operation.to_matrix()).on(*places))
            case name:
                raise ValueError(f"{name!r} isn't converted to Cirq; of the gates on several qubits only cx is")
    if circuit.num_clbits:
        converted.append(cirq.measure(*qubits[::-1], key=_KEY))
    return converted


def _simulator(fused_size: int) -> QSimSimulator:
    options = QSimOptions(max_fused_gate_size=fused_size, cpu_threads=available_cores())
    return QSimSimulator(options, seed=1)
