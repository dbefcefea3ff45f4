"""Values of JSON with tags, as :mod:`queuebit.codec.value_encoder` makes it."""

import base64
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queuebit.codec.value_encoder import ARRAY_KINDS, ATOMS, SCALAR_KINDS, looks_tagged


class ValueDecoder(ABC):
    """Makes values of JSON. A derived class says where the numbers of arrays are."""

    @abstractmethod
    def array_bytes(self, place: Mapping[str, Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return the array that :meth:`ValueEncoder.keep_array` has kept.

        Args:
            place: what it had returned, among other things.
            dtype: the array's dtype, checked.
            shape: the array's shape, checked.
        """

    def value(self, found: Any) -> Any:
        """Return the value of JSON that has been parsed."""
        if isinstance(found, list):
            return found if ATOMS.issuperset(map(type, found)) else [self.value(item) for item in found]
        if isinstance(found, dict):
            if ATOMS.issuperset(map(type, found.values())) and not looks_tagged(found):
                return found
            return self.untagged({key: self.value(item) for key, item in found.items()})
        return found

    def untagged(self, found: dict[str, Any]) -> Any:
        """Return the value of one object whose parts are values already; what ``json.loads`` takes as its hook."""
        if not looks_tagged(found):
            return found
        ((tag, body),) = found.items()
        if tag not in _DECODERS:
            raise ValueError(f"no value has the tag {tag!r}")
        return _DECODERS[tag](self, body)


def array_from(data: bytes | memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the read-only array that some bytes are.

    Raises:
        ValueError: if there are more or fewer than it needs.
    """
    if len(data) != dtype.itemsize * math.prod(shape):
        raise ValueError(f"an array of shape {shape} and dtype {dtype} has {len(data)} bytes")
    array: NDArray[Any] = np.ndarray(shape, dtype, memoryview(data).toreadonly())
    return array


def _read_float(_: ValueDecoder, body: Any) -> float:
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body]


def _read_complex(_: ValueDecoder, body: Any) -> complex:
    real, imaginary = body
    return complex(real, imaginary)


def _read_array(decoder: ValueDecoder, body: Any) -> NDArray[Any]:
    dtype, shape = np.dtype(str(body["dtype"])), tuple(body["shape"])
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize == 0 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"no array has dtype {dtype} and shape {shape}")
    return decoder.array_bytes(body, dtype, shape)


def _read_scalar(_: ValueDecoder, body: Any) -> Any:
    dtype, value = np.dtype(str(body[0])), body[1]
    if dtype.kind not in SCALAR_KINDS:
        raise ValueError(f"no scalar has dtype {dtype}")
    return np.array(value, dtype)[()]


def _read_quantum(_: ValueDecoder, body: Any) -> Any:
    from queuebit.codec.quantum_values import value_of  # only who has such values pays for Qiskit

    return value_of(body)


_DECODERS: dict[str, Callable[[ValueDecoder, Any], Any]] = {
    "$float": _read_float,
    "$complex": _read_complex,
    "$tuple": lambda _, body: tuple(body),
    "$dict": lambda _, body: {key: value for key, value in body},  # noqa: C416 dict() would take a dict too
    "$bytes": lambda _, body: base64.b64decode(body, validate=True),
    "$datetime": lambda _, body: datetime.fromisoformat(body),
    "$date": lambda _, body: date.fromisoformat(body),
    "$scalar": _read_scalar,
    "$array": _read_array,
    "$quantum": _read_quantum,
}
