"""Await many jobs at once with asyncio.

A qubit is turned by 201 angles from 0 to pi, a job for each, and all of them are awaited together. The
share of ones follows sin²(angle / 2), and 201 jobs take no more threads than the machine has cores.

Expect a table of six angles with a share of ones that grows from 0 to 1, the largest deviation from theory
(below 0.1), and the number of jobs and of threads.
"""

import asyncio
import math
import threading

from qiskit import QuantumCircuit

from queuebit import BasicProvider

SHOTS = 1000
ANGLES = [math.pi * step / 200 for step in range(201)]


def turned(angle: float) -> QuantumCircuit:
    """Return a circuit that turns a qubit by ``angle`` and measures it."""
    circuit = QuantumCircuit(1, 1)
    circuit.ry(angle, 0)
    circuit.measure(0, 0)
    return circuit


async def main() -> None:
    """Run a job for each angle and compare with theory."""
    backend = BasicProvider().get_backend("basic_simulator")
    jobs = [backend.run(turned(angle), shots=SHOTS, seed_simulator=seed) for seed, angle in enumerate(ANGLES)]
    threads = threading.active_count()
    results = await asyncio.gather(*jobs)

    ones = [result.get_counts().get("1", 0) / SHOTS for result in results]
    theory = [math.sin(angle / 2) ** 2 for angle in ANGLES]
    print("angle   ones   theory")
    for index in range(0, len(ANGLES), 40):
        print(f"{ANGLES[index]:5.2f}  {ones[index]:5.3f}   {theory[index]:5.3f}")
    deviation = max(abs(one - expected) for one, expected in zip(ones, theory, strict=True))
    print(f"Largest deviation: {deviation:.3f}")
    print(f"{len(jobs)} jobs, {threads} threads")


if __name__ == "__main__":
    asyncio.run(main())
