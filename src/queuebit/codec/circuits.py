"""A circuit as bytes, and back.

The bytes are Qiskit's own format QPY, then what QPY doesn't keep of Aer's instructions, then a checksum. Qiskit's
``qpy.load`` reads them too. Equal circuits have equal bytes where Qiskit makes that possible; docs/decisions/0012 says
where it doesn't.
"""

import io
import json
import struct
import zlib
from typing import Any

from qiskit import qpy
from qiskit.circuit import QuantumCircuit

from queuebit.codec.aer_instructions import put_back, taken_out
from queuebit.codec.canonical_qpy import has_own_operations, in_one_order
from queuebit.codec.exceptions import CodecError, NotStorableError
from queuebit.codec.json_values import from_json, to_json
from queuebit.codec.plain_circuits import plain_circuit
from queuebit.codec.qpy_format import MAGIC as MAGIC_OF_QPY
from queuebit.codec.qpy_format import QPY_VERSION

# The newest that is known here; an older Qiskit writes the newest that it knows.
_QPY_VERSION: int = min(QPY_VERSION, qpy.QPY_VERSION)

# At the end: how long the JSON before it is, a checksum of all up to here, magic and version.
_LENGTH = struct.Struct("<I")
_TAIL = struct.Struct("<I3sB")
_MAGIC = b"QBC"
_VERSION = 1

_HEAD_SIZE = 10  # with its version, and Qiskit's three numbers
_WIDTH = struct.Struct("!II")
_WIDTH_AT, _WIDTH_AT_BEFORE_16 = 33, 25

# Of smaller ones Qiskit's own reader is as fast as the native one: a Bell pair takes 0.03 ms. 1,800 gates take 1.1 ms
# there, and 0.34 here.
_LARGE_QPY_BYTES = 4096

# Qiskit's reader makes as many bits as the head says before it looks further. Nobody has a circuit of so many.
_MAX_BITS = 10_000_000
_PANIC = "PanicException"


class _MetadataEncoder(json.JSONEncoder):
    """Writes a circuit's metadata, in the tagged form where they aren't JSON."""

    def encode(self, o: Any) -> str:
        return super().encode(to_json(o, "metadata") if o else o)


class _MetadataDecoder(json.JSONDecoder):
    def decode(self, s: str, *args: Any) -> Any:
        return from_json(super().decode(s, *args), "metadata")


def encode_circuit(circuit: QuantumCircuit) -> bytes:
    """Return a circuit as bytes.

    All that QPY keeps is kept, its metadata with NumPy's values, complex numbers and dates, and Aer's instructions that
    save or set states.

    Args:
        circuit: the circuit.

    Raises:
        NotStorableError: if it isn't a circuit, or something in it can't be stored; names the circuit and what it is.
    """
    if not isinstance(circuit, QuantumCircuit):
        raise NotStorableError(f"a circuit must be a QuantumCircuit; got a {type(circuit).__name__}")
    what = f"circuit {circuit.name!r}"
    plain, instructions = taken_out(circuit, what)
    extras = json.dumps(instructions, separators=(",", ":")).encode("ascii") if instructions else b""
    body = b"".join([_qpy_of(plain, what), extras, _LENGTH.pack(len(extras))])
    return body + _TAIL.pack(zlib.crc32(body), _MAGIC, _VERSION)


def _qpy_of(circuit: QuantumCircuit, what: str) -> bytes:
    file = io.BytesIO()
    try:
        qpy.dump(circuit, file, metadata_serializer=_MetadataEncoder, version=_QPY_VERSION)
    except BaseException as error:
        _raise_unless_failed(error)
        to_json(circuit.metadata, f"the metadata of {what}")  # tells better what it is
        raise NotStorableError(f"{what} can't be stored: {getattr(error, 'message', error)}") from error
    return _in_one_order(circuit, file.getvalue())


def _raise_unless_failed(error: BaseException) -> None:
    """Raise what isn't about the circuit again. Where Rust code panics, the error is no ``Exception``."""
    if isinstance(error, MemoryError | Warning) or not (isinstance(error, Exception) or type(error).__name__ == _PANIC):
        raise error


def _in_one_order(circuit: QuantumCircuit, data: bytes) -> bytes:
    if _QPY_VERSION < QPY_VERSION:
        return data
    try:
        if circuit.layout is None and not circuit.has_control_flow_op() and not has_own_operations(data):
            return data
        return in_one_order(data)
    except (ValueError, struct.error):  # QPY that nobody has seen: right, only never equal to another one
        return data


def decode_circuit(data: bytes, what: str = "a circuit") -> QuantumCircuit:
    """Return the circuit that :func:`encode_circuit` has encoded.

    Args:
        data: the bytes.
        what: what they are, such as ``"circuit 3 of job 1f…"``, to begin an error's sentence.

    Raises:
        CodecError: if they are empty, truncated, damaged, something else, or from a newer queuebit or Qiskit.
    """
    instructions, size = _checked(data, what)
    circuit = _circuit_of(data[:size], what)
    return put_back(circuit, instructions, what) if instructions else circuit


def _checked(data: bytes, what: str) -> tuple[list[Any], int]:
    """Return Aer's instructions, and how long the QPY is."""
    end = len(data) - _TAIL.size
    if end < _LENGTH.size or data[-4:-1] != _MAGIC or not data.startswith(MAGIC_OF_QPY):
        raise CodecError(
            f"{what} can't be read: these {len(data)} bytes aren't an encoded circuit, or only a part of one"
        )
    checksum, _, version = _TAIL.unpack_from(data, end)
    if version != _VERSION:
        raise CodecError(
            f"{what} can't be read: it is in format {version}, this queuebit reads format {_VERSION}. Upgrade queuebit."
        )
    if zlib.crc32(memoryview(data)[:end]) != checksum:
        raise CodecError(f"{what} can't be read: it is damaged, its checksum doesn't match. Submit it again.")
    end -= _LENGTH.size
    size = end - _LENGTH.unpack_from(data, end)[0]
    try:
        return (json.loads(data[size:end]) if size < end else []), size
    except (ValueError, RecursionError) as error:
        raise CodecError(f"{what} can't be read: it is damaged: {error}") from error


def _circuit_of(data: bytes, what: str) -> QuantumCircuit:
    if len(data) < _HEAD_SIZE:
        raise CodecError(f"{what} can't be read: it is damaged: it has only {len(data)} bytes")
    version, *qiskit_version = data[len(MAGIC_OF_QPY) : _HEAD_SIZE]
    if version > qpy.QPY_VERSION:
        written_by = ".".join(map(str, qiskit_version))
        raise CodecError(
            f"{what} can't be read: Qiskit {written_by} wrote it in QPY {version}, the Qiskit here reads up to QPY "
            f"{qpy.QPY_VERSION}. Upgrade Qiskit here, or keep a store of its own for each of them."
        )
    _require_width_that_can_be(data, version, what)
    circuit = plain_circuit(data, _MetadataDecoder) if len(data) >= _LARGE_QPY_BYTES else None
    if circuit is not None:
        return circuit
    try:
        (circuit,) = qpy.load(io.BytesIO(data), metadata_deserializer=_MetadataDecoder)
    except BaseException as error:
        _raise_unless_failed(error)
        raise CodecError(f"{what} can't be read, it is damaged: {getattr(error, 'message', error)}") from error
    return circuit


def _require_width_that_can_be(data: bytes, version: int, what: str) -> None:
    at = _WIDTH_AT if version >= 16 else _WIDTH_AT_BEFORE_16
    if len(data) < at + _WIDTH.size or max(_WIDTH.unpack_from(data, at)) > _MAX_BITS:
        raise CodecError(f"{what} can't be read: it is damaged: no circuit is so wide, or so short")
