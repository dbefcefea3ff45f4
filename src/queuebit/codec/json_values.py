"""Options and metadata as JSON: what a job carries beside its circuits.

Values that JSON doesn't have are written in the tagged form of :mod:`queuebit.codec.value_encoder`; an array is
``{"$array": {"dtype": ..., "shape": [...], "data": "<base64>"}}``.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queuebit.codec.exceptions import CodecError, NotStorableError
from queuebit.codec.value_decoder import ValueDecoder, array_from
from queuebit.codec.value_encoder import ValueEncoder
from queuebit.store.records import Json

# A guess: a statevector of 22 qubits. What is larger would be read again with each list of jobs.
MAX_ARRAY_BYTES = 64 * 2**20


class _InlineEncoder(ValueEncoder):
    def __init__(self, what: str) -> None:
        self._what = what
        self._bytes = 0

    def keep_array(self, array: NDArray[Any]) -> dict[str, Any]:
        self._bytes += array.nbytes
        if self._bytes > MAX_ARRAY_BYTES:
            raise NotStorableError(
                f"{self._what} can't be stored: the arrays in it have more than {MAX_ARRAY_BYTES // 2**20} MiB. "
                "Put a large state into the circuit, with initialize() or set_statevector()."
            )
        return {"data": base64.b64encode(array.tobytes()).decode("ascii")}


class _InlineDecoder(ValueDecoder):
    def array_bytes(self, place: Mapping[str, Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        return array_from(base64.b64decode(place["data"], validate=True), dtype, shape)


def checked_json(values: Mapping[str, Any], what: str) -> Json:
    """Return options or metadata as JSON.

    Args:
        values: the options by name.
        what: what they are, such as ``"the run's options"``, to begin an error's sentence.

    Returns:
        What ``json.dumps`` takes, and :func:`values_from_json` gives back as it was.

    Raises:
        NotStorableError: if something in it can't be stored, with the way to it and what can be.

    Example:
        >>> checked_json({"shots": 100, "angle": 1 + 2j}, "the run's options")
        {'shots': 100, 'angle': {'$complex': [1.0, 2.0]}}
    """
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise NotStorableError(f"{what} must be a dict with texts as keys; got {values!r}")
    encoded: Json = to_json(dict(values), what)
    return encoded


def to_json(value: object, what: str) -> Any:
    """Return any value as JSON; see :func:`checked_json`."""
    encoded = _InlineEncoder(what).encode(value, what)
    try:
        json.dumps(encoded, allow_nan=False)
    except ValueError as error:  # an integer of thousands of digits
        raise NotStorableError(f"{what} can't be stored: {error}") from error
    return encoded


def values_from_json(encoded: Json, what: str) -> dict[str, Any]:
    """Return the options or metadata that :func:`checked_json` has encoded. Arrays are read-only.

    Args:
        encoded: what it had returned, from ``json.loads``.
        what: what they are, to begin an error's sentence.

    Raises:
        CodecError: if this is nothing that it had returned.
    """
    values = from_json(encoded, what)
    if not isinstance(values, dict):
        raise CodecError(f"{what} can't be read, they are damaged: a {type(values).__name__} is where a dict must be")
    return values


def from_json(encoded: Any, what: str) -> Any:
    """Return the value that :func:`to_json` has encoded; see :func:`values_from_json`."""
    try:
        return _InlineDecoder().value(encoded)
    except MemoryError:
        raise
    except Exception as error:
        raise CodecError(f"{what} can't be read, it is damaged: {type(error).__name__}: {error}") from error
