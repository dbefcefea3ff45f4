"""The run options of the local simulators, checked before anything runs."""

import math
import numbers
import reprlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from queuebit.engines import MAX_SEED, EngineError, Output
from queuebit.engines.choosing import MAX_THREADS, Choice, Method, Precision

# As Qiskit rounds when it checks an initial state.
_NORM_TOLERANCE = 1e-12 * 0.5

ENGINE_OPTIONS: Mapping[str, Any] = {"method": "automatic", "precision": "double", "threads": None}
"""The options that every local backend has, with their defaults: which engine runs the circuits, and how."""

# A seed of our own choice fits everywhere that a seed is written down, JSON included.
_RANDOM_SEED_BITS = 31


_Member = TypeVar("_Member", bound=StrEnum)


class InvalidOptionError(EngineError):
    """A run option has a value that can't be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """Checked options of one run.

    Attributes:
        shots: 1 or more.
        seed: the seed that is used, 0 to ``2**63 - 1``.
        memory: whether the result holds each shot's outcome.
        initial_state: the state to begin with, a vector or a unitary, or None.
        chop_threshold: smaller amplitudes become 0 in a returned state.
        unused_shots: the shots that were asked for from a backend that returns a state, where one is run; else None.
        choice: which engine shall run the circuits, and how.
    """

    shots: int
    seed: int
    memory: bool
    initial_state: NDArray[np.complex128] | None
    chop_threshold: float
    unused_shots: int | None
    choice: Choice


def check_options(given: dict[str, Any], output: Output) -> RunOptions:
    """Check the options of a run.

    Args:
        given: all options that the backend knows, with their values.
        output: what the backend computes.

    Raises:
        InvalidOptionError: naming the option, its value and what it must be.
    """
    initial_name = "initial_unitary" if output is Output.UNITARY else "initial_statevector"
    shots = _shots(given["shots"])
    one_shot = output is not Output.COUNTS
    return RunOptions(
        shots=1 if one_shot else shots,
        unused_shots=shots if one_shot and shots > 1 else None,
        seed=_seed(given.get("seed_simulator")),
        memory=_flag("memory", given.get("memory", False)),
        initial_state=_initial_state(initial_name, given.get(initial_name)),
        chop_threshold=_chop_threshold(given.get("chop_threshold", 0.0)),
        choice=Choice(
            method=_one_of(Method, "method", given["method"]),
            precision=_one_of(Precision, "precision", given["precision"]),
            threads=_threads(given["threads"]),
        ),
    )


def check_initial_state(options: RunOptions, num_qubits: int, circuit_name: str) -> None:
    """Check that the initial state has the size of a circuit.

    Raises:
        InvalidOptionError: with both sizes if it hasn't.
    """
    if options.initial_state is None:
        return
    length, needed = options.initial_state.shape[0], 2**num_qubits
    if length != needed:
        kind = "initial_unitary" if options.initial_state.ndim == 2 else "initial_statevector"
        raise InvalidOptionError(
            f"{kind} is incorrect length: it has {length} rows, "
            f"circuit {circuit_name!r} of {num_qubits} qubits needs {needed}"
        )


def _shots(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or int(value) < 1:
        raise InvalidOptionError(f"shots must be a whole number, 1 or more; got {value!r}")
    return int(value)


def _seed(value: object) -> int:
    if value is None:
        return secrets.randbits(_RANDOM_SEED_BITS)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 0 <= int(value) <= MAX_SEED:
        raise InvalidOptionError(f"seed_simulator must be a whole number from 0 to {MAX_SEED}, or None; got {value!r}")
    return int(value)


def _one_of(kind: type[_Member], name: str, value: object) -> _Member:
    try:
        return kind(str(value))
    except ValueError as error:
        raise InvalidOptionError(
            f"{name} must be one of {', '.join(map(repr, map(str, kind)))}; got {value!r}"
        ) from error


def _threads(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 1 <= int(value) <= MAX_THREADS:
        raise InvalidOptionError(f"threads must be a whole number from 1 to {MAX_THREADS}, or None; got {value!r}")
    return int(value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidOptionError(f"{name} must be True or False; got {value!r}")
    return bool(value)


def _chop_threshold(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < math.inf:
        raise InvalidOptionError(f"chop_threshold must be a number, 0 or more; got {value!r}")
    return float(value)


def _initial_state(name: str, value: object) -> NDArray[np.complex128] | None:
    if value is None:
        return None
    try:
        given = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InvalidOptionError(f"{name} must be an array of complex numbers: {error}") from error
    if not np.issubdtype(given.dtype, np.number):  # NumPy would read strings as numbers, and None as NaN
        raise InvalidOptionError(f"{name} must be an array of complex numbers; got {reprlib.repr(value)}")
    state = np.array(given, dtype=complex)
    if not np.isfinite(state).all():
        raise InvalidOptionError(f"{name} must be finite; it has an entry that is infinite or not a number")
    if name == "initial_unitary":
        _require_unitary(state)
    else:
        _require_normalized(state)
    return state


def _require_normalized(state: NDArray[np.complex128]) -> None:
    if state.ndim != 1:
        raise InvalidOptionError(f"initial_statevector must have one dimension; its shape is {state.shape}")
    norm = float(np.linalg.norm(state))
    if not abs(norm - 1) <= _NORM_TOLERANCE * max(1, state.size):
        raise InvalidOptionError(f"initial_statevector is not normalized: norm {norm} != 1; divide it by its norm")


def _require_unitary(matrix: NDArray[np.complex128]) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InvalidOptionError(f"initial_unitary must be a square matrix; its shape is {matrix.shape}")
    if not np.allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), atol=1e-10):
        raise InvalidOptionError("initial_unitary is not unitary: it times its adjoint is not the identity")
