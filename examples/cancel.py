"""Watch a long job and cancel it in the middle.

The circuit has 100,000 gates on 20 qubits: too many to wait for. The job's progress is printed a few times,
and after a second the job is cancelled.

Expect five lines with a growing number of instructions done, a few of 100,021; then that the job is
CANCELLED, some milliseconds after it was asked; and the error with which result() says so.
"""

import time

from qiskit import QuantumCircuit

from queuebit import BasicProvider
from queuebit.providers import JobCancelledError

QUBITS = 20
LAYERS = 2500

circuit = QuantumCircuit(QUBITS, name="ladder")
for layer in range(LAYERS):
    for qubit in range(QUBITS):
        circuit.ry(0.1 + layer / LAYERS, qubit)
        circuit.cx(qubit, (qubit + 1) % QUBITS)
circuit.measure_all()

backend = BasicProvider().get_backend("basic_simulator")
job = backend.run(circuit, shots=100)

for _ in range(5):
    time.sleep(0.2)
    progress = job.progress()
    print(f"{job.status().name}: {progress.done} of {progress.total} {progress.unit}")

asked = time.monotonic()
print(f"cancel() says {job.cancel()}")
job.wait_for_final_state()
print(f"{job.status().name} after {1000 * (time.monotonic() - asked):.0f} ms")

try:
    job.result()
except JobCancelledError as error:
    print(error.message)
