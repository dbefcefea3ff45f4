"""What a job's result must be: what a run in this process gives, which nobody disturbs."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qiskit.result.models import ExperimentResult

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.json_values import values_from_json
from queuebit.registry import backend_names, make_backend
from queuebit.store import JobRecord

AER = "qiskit_aer:AerSimulator"


def can_be_run_here(job: JobRecord) -> bool:
    """Tell whether a job's seed decides everything, so that another run gives the same."""
    return job.backend_name in (*backend_names(), AER)


_UNDISTURBED: dict[str, list[dict[str, Any]]] = {}


def undisturbed(job: JobRecord, circuits: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the data of a job's results as a run in this process gives them, circuit by circuit.

    Args:
        job: the job; its backend is a local one or Aer.
        circuits: its circuits.
    """
    key = json.dumps([job.backend_name, job.backend_options, job.options, [data.hex() for data in circuits]])
    if key not in _UNDISTURBED:
        backend = make_backend(job.backend_name, values_from_json(job.backend_options, "the backend's options"))
        options = values_from_json(job.options, "the run's options")
        result = backend.run([decode_circuit(data) for data in circuits], **options).result()
        _UNDISTURBED[key] = [_data(experiment) for experiment in result.results]
    return _UNDISTURBED[key]


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
