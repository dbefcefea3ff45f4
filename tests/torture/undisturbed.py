"""What a job's result must be: what a run in this process gives, which nobody disturbs."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.providers import BackendV2
from qiskit.result.models import ExperimentResult

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.json_values import values_from_json
from queuebit.codec.merging import merged, run_of
from queuebit.registry import backend_names, make_backend
from queuebit.store import JobRecord
from queuebit.store.records import Part
from queuebit.worker.circuit_runs import _seed

AER = "qiskit_aer:AerSimulator"


def can_be_run_here(job: JobRecord) -> bool:
    """Tell whether a job's seed decides everything, so that another run gives the same."""
    return job.backend_name in (*backend_names(), AER)


_UNDISTURBED: dict[str, list[dict[str, Any]]] = {}


def undisturbed(job: JobRecord, circuits: Sequence[bytes], parts: Sequence[Part] = ()) -> list[dict[str, Any]]:
    """Return the data of a job's results as a run in this process gives them, circuit by circuit.

    What a local backend gives doesn't depend on how a job is cut. Aer has another seed for each part of the shots.

    Args:
        job: the job; its backend is a local one or Aer.
        circuits: its circuits.
        parts: the parts that it is cut into.
    """
    cut = [part for part in parts if part.shots is not None] if job.backend_name == AER else []
    key = json.dumps([job.backend_name, job.backend_options, job.options, [data.hex() for data in circuits], cut])
    if key not in _UNDISTURBED:
        backend = make_backend(job.backend_name, values_from_json(job.backend_options, "the backend's options"))
        options = values_from_json(job.options, "the run's options")
        decoded = [decode_circuit(data) for data in circuits]
        data = [_data(experiment) for experiment in backend.run(decoded, **options).result().results]
        for index in {part.first for part in cut}:
            of_circuit = [part for part in cut if part.first == index]
            data[index] = _data(_of_shots(backend, decoded[index], options, of_circuit))
        _UNDISTURBED[key] = data
    return _UNDISTURBED[key]


def _of_shots(
    backend: BackendV2, circuit: QuantumCircuit, options: Mapping[str, Any], parts: Sequence[Part]
) -> ExperimentResult:
    """Run a circuit's shots part by part, and put the results together."""
    results = []
    for part in parts:
        assert part.shots is not None
        seed = _seed(options["seed_simulator"], part.first, part.shots)
        run = backend.run(circuit, **{**options, "shots": part.shots.number, "seed_simulator": seed})
        results += run.result().results
    return merged(results[0], map(run_of, results[1:]), "an undisturbed run")


def differences(found: ExperimentResult, expected: Mapping[str, Any]) -> list[str]:
    """Return in what a result differs from the data that it must have; it may have more.

    Args:
        found: the result.
        expected: the data, by their names.
    """
    data = _data(found)
    return [
        f"{name} is {reprlib.repr(data.get(name))} instead of {reprlib.repr(value)}"
        for name, value in expected.items()
        if name not in data or not np.array_equal(data[name], value)
    ]


def _data(experiment: ExperimentResult) -> dict[str, Any]:
    return dict(experiment.data.to_dict())
