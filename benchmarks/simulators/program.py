"""queuebit's compiled program: the simulation alone, without a job around it."""

from qiskit import QuantumCircuit

from benchmarks.timing import Measure, timed
from queuebit.engines import Control, Output, get_engine


def state_run(circuit: QuantumCircuit) -> Measure:
    """Return the time in which the compiled circuit gives a new statevector, in milliseconds."""
    program = get_engine("statevector").compile(circuit, output=Output.STATEVECTOR)
    return timed(lambda: program.run(1, 0, Control()))
