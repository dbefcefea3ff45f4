"""Qiskit's states, operators and distributions as dicts of plain values and arrays, and back."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from qiskit.quantum_info import Clifford, DensityMatrix, Operator, StabilizerState, Statevector, SuperOp
from qiskit.result import ProbDistribution, QuasiDistribution

# Aer's own versions of some classes, which warn about old ways to use them.
_AER_MODULE = "qiskit_aer.backends.compatibility"


def fields_of(value: object) -> dict[str, Any] | None:
    """Return what makes up one of Qiskit's values.

    Returns:
        ``class``, the name of Qiskit's class; ``aer``, if it is Aer's version of that; and what :func:`value_of` needs.
        None for a value of no class that is known here.
    """
    for base in type(value).__mro__:
        if base in _FIELDS:
            aer = {"aer": True} if type(value).__module__ == _AER_MODULE else {}
            return {"class": base.__name__, **aer, **_FIELDS[base](value)}
    return None


def value_of(fields: Mapping[str, Any]) -> Any:
    """Return the value that :func:`fields_of` has taken apart; Qiskit's own where Aer isn't installed.

    Raises:
        ValueError: if the fields are of no class that is known here.
    """
    if fields["class"] not in _VALUES:
        raise ValueError(f"no value is of the class {fields['class']!r}")
    base, make = _VALUES[fields["class"]]
    return make(_aer_version(base) if fields.get("aer") else base, fields)


def _aer_version(base: type) -> type:
    try:
        version: type = getattr(import_module(_AER_MODULE), base.__name__)
    except (ImportError, AttributeError):
        return base
    return version


def _state(value: Statevector | DensityMatrix) -> dict[str, Any]:
    return {"data": value.data, "dims": list(value.dims())}


def _make_state(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(fields["data"], dims=tuple(fields["dims"]))


def _map(value: Operator | SuperOp) -> dict[str, Any]:
    return {"data": value.data, "input_dims": list(value.input_dims()), "output_dims": list(value.output_dims())}


def _make_map(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(fields["data"], input_dims=tuple(fields["input_dims"]), output_dims=tuple(fields["output_dims"]))


def _stabilizer_state(value: StabilizerState) -> dict[str, Any]:
    return {"tableau": value.clifford.tableau}


def _make_stabilizer_state(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(_make_clifford(Clifford, fields), validate=False)


def _clifford(value: Clifford) -> dict[str, Any]:
    return {"tableau": value.tableau}


def _make_clifford(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(fields["tableau"], validate=False)  # it would take minutes for a thousand qubits


def _probabilities(value: ProbDistribution) -> dict[str, Any]:
    return {"data": value.binary_probabilities(), "shots": value.shots}  # in this form the width isn't lost


def _make_probabilities(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(fields["data"], shots=fields["shots"])


def _quasi(value: QuasiDistribution) -> dict[str, Any]:
    return {**_probabilities(value), "bound": value.stddev_upper_bound}


def _make_quasi(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(fields["data"], shots=fields["shots"], stddev_upper_bound=fields["bound"])


_FIELDS: dict[type, Callable[[Any], dict[str, Any]]] = {
    Statevector: _state,
    DensityMatrix: _state,
    Operator: _map,
    SuperOp: _map,
    StabilizerState: _stabilizer_state,
    Clifford: _clifford,
    ProbDistribution: _probabilities,
    QuasiDistribution: _quasi,
}

_VALUES: dict[str, tuple[type, Callable[[type, Mapping[str, Any]], Any]]] = {
    "Statevector": (Statevector, _make_state),
    "DensityMatrix": (DensityMatrix, _make_state),
    "Operator": (Operator, _make_map),
    "SuperOp": (SuperOp, _make_map),
    "StabilizerState": (StabilizerState, _make_stabilizer_state),
    "Clifford": (Clifford, _make_clifford),
    "ProbDistribution": (ProbDistribution, _make_probabilities),
    "QuasiDistribution": (QuasiDistribution, _make_quasi),
}
