"""Simulators that take a ``QuantumCircuit`` and give a job: queuebit, Aer, and Qiskit's own."""

from collections.abc import Sequence
from typing import Any

import qiskit_aer
from qiskit import QuantumCircuit
from qiskit.providers.basic_provider import BasicProvider as QiskitBasicProvider
from qiskit.result import Result

import queuebit
from benchmarks.timing import Measure, timed

QUEUEBIT = queuebit.get_backend()
"""The default backend, with its default options: double precision, as many threads as pay, each shot's outcome kept."""

AER = qiskit_aer.AerSimulator()
"""With its default options: double precision, all cores, its own choice of method and fusion."""

AER_UNITARY = qiskit_aer.AerSimulator(method="unitary")
"""Aer's simulator of the whole matrix."""

BASIC_SIMULATOR = QiskitBasicProvider().get_backend("basic_simulator")
"""Qiskit's simulator in NumPy, with its default options."""


def result(backend: Any, circuits: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> Result:
    """Run circuits and return the result.

    Raises:
        RuntimeError: if the run wasn't successful; Aer doesn't raise.
    """
    found = backend.run(circuits, **options).result()
    if not found.success:
        raise RuntimeError(f"{backend.name} could not run the circuit: {found.status}")
    return found


def whole_run(backend: Any, circuits: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> Measure:
    """Return the time of ``backend.run(...).result()``, in milliseconds."""
    return timed(lambda: result(backend, circuits, **options))


def with_saved(circuit: QuantumCircuit, what: str) -> QuantumCircuit:
    """Return a copy of the circuit with Aer's instruction to save the ``statevector`` or the ``unitary`` at the end."""
    copy = circuit.copy()
    getattr(copy, f"save_{what}")()  # Aer puts these methods on QuantumCircuit
    return copy
