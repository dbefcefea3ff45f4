"""Aer with noise, made by a function with arguments that can be stored. A worker's child imports it by its name."""

from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error


def noisy_aer(error=0.05):
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(error, 1), ["h", "ry", "x"])
    noise.add_all_qubit_quantum_error(depolarizing_error(error, 2), ["cx"])
    return AerSimulator(noise_model=noise)
