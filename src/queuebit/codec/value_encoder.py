"""Python values as JSON, with tags for what JSON doesn't have; :mod:`queuebit.codec.value_decoder` reads it.

A tagged value is an object with one key, which begins with a dollar sign:

============================== =====================================================================================
value                          JSON
============================== =====================================================================================
None, bool, int, text          as in JSON; an int of any size
float                          a number; ``{"$float": "nan"}``, ``"inf"`` or ``"-inf"`` where JSON has none
list, dict with texts as keys  as in JSON
other dict                     ``{"$dict": [[key, value], ...]}``, and a dict that would look like a tagged value
tuple                          ``{"$tuple": [...]}``
complex                        ``{"$complex": [real, imaginary]}``
bytes                          ``{"$bytes": "<base64>"}``
datetime, date                 ``{"$datetime": "<ISO 8601>"}``, ``{"$date": "<ISO 8601>"}``
NumPy scalar                   ``{"$scalar": [dtype, value]}``
NumPy array                    ``{"$array": {"dtype": ..., "shape": [...], ...}}``; its numbers may be elsewhere
Qiskit's states and operators  ``{"$quantum": {"class": ..., ...}}``, see :mod:`queuebit.codec.quantum_values`
============================== =====================================================================================

What derives from one of Python's classes, an enum of texts for instance, comes back as that class. Everything else is
refused.
"""

import base64
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queuebit.codec.exceptions import NotStorableError

# Of dtypes whose numbers are the array's bytes; structured ones and those of Python objects are not here.
ARRAY_KINDS = frozenset("biufcSUmM")
SCALAR_KINDS = frozenset("biufc")

ATOMS = frozenset({type(None), bool, int, str})
_TEXTS = frozenset({str})
_FLOATS = frozenset({float})

STORABLE = (
    "None, True and False, numbers, texts, bytes, dates, lists, tuples and dicts of these, NumPy arrays and scalars, "
    "and Qiskit's states, operators and distributions"
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """JSON in place of a value, to be kept as it is."""

    json: Any


class _RefusedError(Exception):
    """A value that can't be stored, and the way to it, from the inside out."""

    def __init__(self, value: object, reason: str = "") -> None:
        super().__init__()
        self.value = value
        self.reason = reason
        self.way: list[object] = []

    def text(self, what: str) -> str:
        way = "".join(f"[{step!r}]" for step in reversed(self.way))
        reason = self.reason or f"it is a {type(self.value).__name__}"
        return f"{what}{way} can't be stored: {reason}. What can be: {STORABLE}."


class ValueEncoder(ABC):
    """Makes JSON of values. A derived class says where the numbers of arrays go."""

    @abstractmethod
    def keep_array(self, array: NDArray[Any]) -> dict[str, Any]:
        """Keep an array's numbers.

        Args:
            array: the array; its dtype has been checked.

        Returns:
            What to put beside its dtype and shape to find the numbers again.
        """

    def encode(self, value: object, what: str) -> Any:
        """Return a value as JSON; parts that need no tag are the same objects.

        Args:
            value: the value.
            what: what it is, to begin an error's sentence.

        Raises:
            NotStorableError: if something in it can't be stored, with the way to it.
        """
        try:
            return self.tagged(value)
        except _RefusedError as refused:
            raise NotStorableError(refused.text(what)) from None
        except RecursionError:
            raise NotStorableError(f"{what} can't be stored: it is nested too deep, or contains itself") from None

    def tagged(self, value: object) -> Any:
        """Return a value as JSON, for encoders of values that have values inside."""
        if type(value) in ATOMS:
            return value
        encoder = _ENCODERS.get(type(value)) or _encoder_of(value)
        return encoder(self, value)


def _float(_: ValueEncoder, value: float) -> Any:
    number = float(value)
    return number if math.isfinite(number) else {"$float": repr(number)}


def _complex(encoder: ValueEncoder, value: complex) -> Any:
    return {"$complex": [_float(encoder, value.real), _float(encoder, value.imag)]}


def _need_no_tags(values: Collection[Any]) -> bool:
    types = set(map(type, values))
    return types <= ATOMS or (types == _FLOATS and all(map(math.isfinite, values)))


def _items(encoder: ValueEncoder, items: list[Any] | tuple[Any, ...]) -> list[Any]:
    if _need_no_tags(items):
        return list(items)
    kept, index = [], 0
    try:
        for index, item in enumerate(items):  # noqa: B007 the index tells where it stopped
            kept.append(encoder.tagged(item))
    except _RefusedError as refused:
        refused.way.append(index)
        raise
    return kept


def _tuple(encoder: ValueEncoder, items: tuple[Any, ...]) -> Any:
    return {"$tuple": _items(encoder, items)}


def _dict(encoder: ValueEncoder, mapping: Mapping[Any, Any]) -> Any:
    if not _TEXTS.issuperset(map(type, mapping)) or looks_tagged(mapping):
        return {"$dict": [[encoder.tagged(key), _at(encoder, key, value)] for key, value in mapping.items()]}
    if _need_no_tags(mapping.values()):
        return dict(mapping)
    kept, key = {}, None
    try:
        for key, value in mapping.items():
            kept[key] = encoder.tagged(value)
    except _RefusedError as refused:
        refused.way.append(key)
        raise
    return kept


def _at(encoder: ValueEncoder, key: object, value: object) -> Any:
    try:
        return encoder.tagged(value)
    except _RefusedError as refused:
        refused.way.append(key)
        raise


def _bytes(_: ValueEncoder, value: bytes) -> Any:
    return {"$bytes": base64.b64encode(value).decode("ascii")}


def _datetime(_: ValueEncoder, value: datetime) -> Any:
    return {"$datetime": value.isoformat()}


def _date(_: ValueEncoder, value: date) -> Any:
    return {"$date": value.isoformat()}


def _scalar(encoder: ValueEncoder, value: np.generic) -> Any:
    if value.dtype.kind not in SCALAR_KINDS or value.dtype.char in "gG":
        raise _RefusedError(value, f"it is a NumPy scalar of dtype {value.dtype}")
    return {"$scalar": [value.dtype.str, encoder.tagged(value.item())]}


def _array(encoder: ValueEncoder, array: NDArray[Any]) -> Any:
    if array.dtype.kind not in ARRAY_KINDS or array.dtype.itemsize == 0:
        raise _RefusedError(array, f"it is a NumPy array of dtype {array.dtype}")
    if isinstance(array, np.ma.MaskedArray):
        raise _RefusedError(array)
    return {"$array": {"dtype": array.dtype.str, "shape": list(array.shape), **encoder.keep_array(np.asarray(array))}}


def _quantum(encoder: ValueEncoder, value: object) -> Any:
    from queuebit.codec.quantum_values import fields_of  # Qiskit is there already, it made the value

    fields = fields_of(value)
    return None if fields is None else {"$quantum": _dict(encoder, fields)}


_Encoder = Callable[[ValueEncoder, Any], Any]

_ENCODERS: dict[type, _Encoder] = {
    float: _float,
    complex: _complex,
    list: _items,
    tuple: _tuple,
    dict: _dict,
    bytes: _bytes,
    datetime: _datetime,
    date: _date,
    np.ndarray: _array,
    Encoded: lambda _, value: value.json,
}

# For what derives from these, in this order: a NumPy scalar may be a float, a datetime is a date, an enum may be a
# text.
_BASES: tuple[tuple[type, _Encoder], ...] = (
    (np.generic, _scalar),
    (np.ndarray, _array),
    (str, lambda _, value: str.__str__(value)),
    (int, lambda _, value: int(value)),
    *_ENCODERS.items(),
)


def _encoder_of(value: object) -> _Encoder:
    if any(str(kind.__module__).startswith("qiskit") for kind in type(value).__mro__):  # Aer's classes too
        return _quantum_or_base
    return _base(value)


def _quantum_or_base(encoder: ValueEncoder, value: object) -> Any:
    found = _quantum(encoder, value)
    return _base(value)(encoder, value) if found is None else found


def _base(value: object) -> _Encoder:
    for base, encoder in _BASES:
        if isinstance(value, base):
            return encoder
    raise _RefusedError(value)


def looks_tagged(mapping: Mapping[Any, Any]) -> bool:
    """Return whether a dict could be taken for a tagged value."""
    return len(mapping) == 1 and next(iter(mapping)).startswith("$")
