"""Take each job's result as soon as it is there.

Seven quantum volume circuits are submitted, the widest first. Jobs run side by side on the machine's
cores, so narrow ones overtake the wide one, and their results are used while that still runs.

Expect seven lines, one a job in the order in which they end, each with a heavy output of 0.7 to 1 (the share
of the shots on the likelier half of the outcomes; noise alone gives 0.5), and "All 7 jobs are done".
"""

from statistics import median

from qiskit.circuit.library import quantum_volume
from qiskit.quantum_info import Statevector

from queuebit import BasicProvider, as_completed

SHOTS = 1000
WIDTHS = [14, 4, 5, 6, 7, 8, 9]

backend = BasicProvider().get_backend("basic_simulator")
heavy_outputs = {}
for width in WIDTHS:
    circuit = quantum_volume(width, seed=width)
    probabilities = Statevector(circuit).probabilities_dict()
    middle = median(probabilities.values())
    circuit.measure_all()
    job = backend.run(circuit.decompose(), shots=SHOTS, seed_simulator=width)
    heavy_outputs[job] = {outcome for outcome, probability in probabilities.items() if probability > middle}

for job in as_completed(heavy_outputs, timeout=60):
    counts = job.result().get_counts()
    share = sum(counts.get(outcome, 0) for outcome in heavy_outputs[job]) / SHOTS
    width = len(next(iter(counts)))
    seconds = (job.time_finished - job.time_submitted).total_seconds()
    print(f"{width:2} qubits: {job.status().name} after {seconds:.3f} s, heavy outputs {share:.3f}")

print(f"All {len(heavy_outputs)} jobs are done")
