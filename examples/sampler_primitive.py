"""Qiskit's primitives on a backend of queuebit: violate Bell's inequality, and draw samples.

The estimator measures the CHSH inequality's S on a Bell pair: any classical theory keeps it within 2,
quantum mechanics reaches 2 * sqrt(2). The sampler draws from the same pair at five angles between the two
measurements, given as values for the parameter of one circuit.

Expect S = 2.83, and five lines in which the two agree in 100 % down to 0 % of the shots.
"""

import math

from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit.circuit import Parameter
from qiskit.primitives import BackendEstimatorV2, BackendSamplerV2
from qiskit.quantum_info import SparsePauliOp

from queuebit import BasicProvider

SHOTS = 2000

backend = BasicProvider().get_backend("basic_simulator")
to_backend = generate_preset_pass_manager(optimization_level=1, backend=backend)

bell = QuantumCircuit(2, name="bell")
bell.h(0)
bell.cx(0, 1)

# Alice measures Z or X on qubit 0; Bob measures one of these two on qubit 1.
z, x = SparsePauliOp("Z"), SparsePauliOp("X")
b0, b1 = (z + x) / math.sqrt(2), (z - x) / math.sqrt(2)
chsh = ((b0 ^ z) + (b1 ^ z) + (b0 ^ x) - (b1 ^ x)).simplify()
estimator = BackendEstimatorV2(backend=backend, options={"seed_simulator": 1})
estimate = estimator.run([(to_backend.run(bell), chsh)], precision=0.02).result()[0]
print(f"S = {float(estimate.data.evs):.2f}, where no classical theory exceeds 2")

angle = Parameter("angle")
pair = bell.copy(name="pair")
pair.ry(angle, 1)
pair.measure_all()
angles = [math.pi * step / 4 for step in range(5)]
sampler = BackendSamplerV2(backend=backend, options={"seed_simulator": 1})
samples = sampler.run([(to_backend.run(pair), angles)], shots=SHOTS).result()[0]
for index, value in enumerate(angles):
    counts = samples.data.meas.get_counts(index)
    agree = (counts.get("00", 0) + counts.get("11", 0)) / SHOTS
    print(f"angle {value:4.2f}: they agree in {agree:6.1%}")
