"""A program in the style of Qiskit's BasicAer, which Qiskit itself dropped; only the import is another.

A three-qubit GHZ state is sampled, its amplitudes are read, and the matrix of its circuit.

Expect the three backends' names; the status and counts of the samples, only 000 and 111, about 500 each;
the first five of the single shots; the two amplitudes 0.707; and an 8 by 8 unitary matrix.
"""

import numpy as np
from qiskit import QuantumCircuit, transpile

from queuebit import BasicAer  # was: from qiskit import BasicAer

print([backend.name for backend in BasicAer.backends()])

ghz = QuantumCircuit(3, name="ghz")
ghz.h(0)
ghz.cx(0, 1)
ghz.cx(0, 2)
measured = ghz.copy(name="measured")
measured.measure_all()

backend = BasicAer.get_backend("qasm_simulator")
job = backend.run(transpile(measured, backend), shots=1000, memory=True, seed_simulator=42)
result = job.result()
print(job.status(), result.get_counts("measured"))
print(result.get_memory("measured")[:5])

backend = BasicAer.get_backend("statevector_simulator")
state = backend.run(transpile(ghz, backend)).result().get_statevector(ghz, decimals=3)
for index in np.flatnonzero(np.asarray(state)):
    print(f"|{index:03b}>: {np.asarray(state)[index].real}")

backend = BasicAer.get_backend("unitary_simulator")
unitary = np.asarray(backend.run(transpile(ghz, backend)).result().get_unitary(ghz))
is_unitary = np.allclose(unitary.conj().T @ unitary, np.eye(8))
print(f"{unitary.shape[0]} by {unitary.shape[1]} matrix, unitary: {is_unitary}")
