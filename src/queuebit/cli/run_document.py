"""The JSON document of a run."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import queuebit
from queuebit.cli.failures import DOCUMENT_VERSION
from queuebit.cli.run_report import CircuitReport, RunReport


def run_document(report: RunReport, warnings: Sequence[str]) -> str:
    """Return the run as one JSON document, on one line.

    Complex numbers are pairs ``[real, imaginary]``. What a backend doesn't give isn't in a circuit's entry.

    Args:
        report: what came out of the run.
        warnings: what was warned about.
    """
    first = report.circuits[0]
    document = {
        "version": DOCUMENT_VERSION,
        "queuebit": queuebit.__version__,
        "backend": report.backend,
        "job_id": report.job_id,
        "status": report.status,
        "exit_code": int(report.exit_code),
        "shots": first.shots,
        "seed": first.seed,
        "circuits": [_entry(circuit) for circuit in report.circuits],
        "warnings": list(warnings),
        "error": report.error,
    }
    return json.dumps(document)


def _entry(circuit: CircuitReport) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "index": circuit.index,
        "name": circuit.name,
        "file": circuit.file,
        "status": circuit.status,
        "message": circuit.message,
        "time_taken_s": circuit.time_taken_s,
        "engine": circuit.engine,
        "metadata": circuit.metadata,
    }
    if circuit.counts is not None:
        entry["counts"] = circuit.counts
    if circuit.memory is not None:
        entry["memory"] = circuit.memory
    if circuit.statevector is not None:
        entry["statevector"] = _pairs(circuit.statevector)
    if circuit.unitary is not None:
        entry["unitary"] = _pairs(circuit.unitary)
    return entry


def _pairs(array: NDArray[np.complex128]) -> list[Any]:
    pairs: list[Any] = np.stack([array.real, array.imag], axis=-1).tolist()
    return pairs
