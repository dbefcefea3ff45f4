"""The result of one circuit as bytes and files, and back."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from qiskit.result.models import ExperimentResult, ExperimentResultData, MeasLevel

from queuebit.codec.array_files import read_array_file, write_array_files
from queuebit.codec.content import pack_content, unpack_content
from queuebit.codec.exceptions import CodecError, NotStorableError
from queuebit.codec.merging import RunOfShots
from queuebit.codec.shot_data import ShotData, Shots
from queuebit.codec.shot_list import ShotList, pack_shots
from queuebit.codec.value_decoder import ValueDecoder, array_from
from queuebit.codec.value_encoder import Encoded, ValueEncoder
from queuebit.store.records import StoredResult

# A larger array is a file of its own: a statevector of 11 qubits.
MAX_INLINE_ARRAY_BYTES = 16 * 1024

# So is any array once there is so much of smaller ones. A guess.
_MAX_INLINE_BYTES = 16 * 2**20

# Some bytes aren't worth another form.
_MIN_PACKED_SHOTS = 16

_DOLLAR, _TAG, _TAGGED_MEMORY = "$", '"$', '"memory":{"$memory":'

# A content's text is two JSON objects: first what differs from run to run of a circuit, then the rest.
_OF_A_RUN = ("shots", "success", "data")
_TIME_TAKEN = "time_taken"

_Read = TypeVar("_Read")
_Rest: TypeAlias = Callable[[], dict[str, Any]]

_write_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
_plain_json = json.JSONDecoder()


class _ResultEncoder(ValueEncoder):
    """Puts small arrays into the blobs, large ones aside for files."""

    def __init__(self, stem: str) -> None:
        self._stem = stem
        self._inline_bytes = 0
        self.blobs: list[bytes] = []
        self.files: list[tuple[str, NDArray[Any]]] = []

    def keep_array(self, array: NDArray[Any]) -> dict[str, Any]:
        if array.nbytes <= MAX_INLINE_ARRAY_BYTES and self._inline_bytes + array.nbytes <= _MAX_INLINE_BYTES:
            return {"blob": self.keep_blob(array.tobytes())}
        self.files.append((f"{self._stem}-{len(self.files)}.npy", array))
        return {"file": len(self.files) - 1}

    def keep_blob(self, data: bytes) -> list[int]:
        self.blobs.append(data)
        self._inline_bytes += len(data)
        return [self._inline_bytes - len(data), len(data)]

    def keep_shots(self, shots: ShotList, counts: object) -> Encoded:
        place = self.keep_blob(shots.data)
        fields = {
            "count": shots.count,
            "form": shots.form,
            "texts": None if isinstance(counts, dict) and list(counts) == shots.texts else shots.texts,
            "data": place,
            "deflated": shots.deflated,
        }
        return Encoded({"$memory": fields})


class _ResultDecoder(ValueDecoder):
    """Finds arrays in the blobs and the files."""

    def __init__(self, blobs: memoryview, files: Path, names: Sequence[str], what: str) -> None:
        self._blobs = blobs
        self._files = files
        self._names = names
        self._what = what

    def array_bytes(self, place: Mapping[str, Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        if "blob" in place:
            return array_from(self._blob(*place["blob"]), dtype, shape)
        return read_array_file(self._path(place["file"]), dtype, shape, self._what)

    def untagged(self, found: dict[str, Any]) -> Any:
        if "$memory" in found and len(found) == 1:
            return self._shots(found["$memory"])
        return super().untagged(found)

    def memory(self, data: dict[str, Any]) -> "StoredShots | list[Any] | None":
        """Take the memory out of an experiment's data, the only thing there that needn't be untagged yet."""
        stored = data.pop("memory", None)
        memory: StoredShots | list[Any] | None = self.untagged(stored) if isinstance(stored, dict) else stored
        if isinstance(memory, StoredShots):
            memory.take_texts(data)
        return memory

    def _shots(self, fields: dict[str, Any]) -> "StoredShots":
        return StoredShots(fields, bytes(self._blob(*fields["data"])), self._what)

    def _blob(self, start: int, size: int) -> memoryview:
        if not 0 <= start <= start + size <= len(self._blobs):
            raise ValueError(f"no blob has {size} bytes from byte {start}")
        return self._blobs[start : start + size]

    def _path(self, number: int) -> Path:
        name = self._names[number] if 0 <= number < len(self._names) else ""
        if not name.endswith(".npy") or Path(name).name != name:
            raise ValueError(f"array file {number} isn't among the result's files {list(self._names)}")
        return self._files / name


def encode_result(result: ExperimentResult, index: int, files: Path, stem: str) -> StoredResult:
    """Return the result of one circuit as it is stored.

    Small arrays and the memory are inside the content; what is larger is written to files, which are on disk when this
    returns.

    Args:
        result: the result, from any backend.
        index: the circuit's place in the job.
        files: the store's folder of array files.
        stem: what the names of these files begin with; no other result has it.

    Raises:
        NotStorableError: if something in the result can't be stored, with the way to it.
        OSError: if a file can't be written, naming it; then none is left.
    """
    what = f"the result of circuit {index}"
    encoder = _ResultEncoder(stem)
    rest = encoder.encode(_fields(result, encoder), what)
    of_the_run = {name: rest.pop(name) for name in _OF_A_RUN}
    if _TIME_TAKEN in rest:
        of_the_run[_TIME_TAKEN], rest[_TIME_TAKEN] = rest[_TIME_TAKEN], None  # there it keeps its place
    text = _text(of_the_run, what) + _text(rest, what)
    write_array_files(files, encoder.files)
    return StoredResult(
        index=index,
        content=pack_content(text, encoder.blobs),
        files=tuple(name for name, _ in encoder.files),
    )


def _fields(result: ExperimentResult, encoder: _ResultEncoder) -> dict[str, Any]:
    if isinstance(result.data, ShotData):
        result = copy.copy(result)
        result.data = result.data.with_memory_as(_form_to_store)
    fields: dict[str, Any] = result.to_dict()
    if fields["meas_level"] is MeasLevel.CLASSIFIED:  # what a result has if nothing else is said
        del fields["meas_level"]
    memory = fields["data"].get("memory")
    if isinstance(memory, list) and len(memory) >= _MIN_PACKED_SHOTS:
        memory = pack_shots(memory)
    if isinstance(memory, ShotList):
        fields["data"]["memory"] = encoder.keep_shots(memory, fields["data"].get("counts"))
    return fields


def _form_to_store(shots: Shots) -> ShotList | list[str]:
    packed = shots.packed()
    return shots.unpacked() if packed is None or packed.count < _MIN_PACKED_SHOTS else packed


def _text(encoded: Any, what: str) -> str:
    try:
        return _write_json(encoded)
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits
        raise NotStorableError(f"{what} can't be stored: {error}") from error


def decode_result(stored: StoredResult, files: Path) -> ExperimentResult:
    """Return the result of one circuit, equal to what went in.

    Arrays are read-only; those in files are mapped, not read.

    Args:
        stored: what :func:`encode_result` had returned.
        files: the store's folder of array files.

    Raises:
        CodecError: if it is damaged, from a newer version, or a file of it is missing or damaged; names what is.
    """
    return _read(stored, files, _result)


def _result(of_the_run: dict[str, Any], rest: _Rest, decoder: _ResultDecoder) -> ExperimentResult:
    fields = rest() | of_the_run
    return ExperimentResult(data=_data(fields.pop("data"), decoder), **fields)


def _data(fields: dict[str, Any], decoder: _ResultDecoder) -> ExperimentResultData:
    memory = decoder.memory(fields)
    if isinstance(memory, StoredShots):
        return ShotData(memory, **fields)
    return ExperimentResultData(memory=memory, **fields)


def decode_run(stored: StoredResult, files: Path) -> RunOfShots:
    """Return what of :func:`decode_result` is needed to put it together with others, in half of the time.

    Args:
        stored: likewise.
        files: likewise.

    Raises:
        CodecError: likewise.
    """
    return _read(stored, files, _run)


def _run(fields: dict[str, Any], _: _Rest, decoder: _ResultDecoder) -> RunOfShots:
    data = fields["data"]
    memory = decoder.memory(data)
    return RunOfShots(fields["shots"], fields["success"], fields.get(_TIME_TAKEN, 0.0), memory, data)


def _read(stored: StoredResult, files: Path, make: Callable[[dict[str, Any], _Rest, _ResultDecoder], _Read]) -> _Read:
    """Return what is made of a content's first object, and of the rest, which is read when it is asked for."""
    what = f"the result of circuit {stored.index}"
    try:
        text, blobs = unpack_content(stored.content, what)
        decoder = _ResultDecoder(blobs, files, stored.files, what)
        read_json = json.JSONDecoder(object_hook=decoder.untagged) if _is_tagged(text) else _plain_json
        of_the_run, end = read_json.raw_decode(text)
        # The first format had one object.
        return make(of_the_run, lambda: read_json.decode(text[end:]) if text[end:] else {}, decoder)
    except (CodecError, MemoryError):
        raise
    except Exception as error:
        raise _damaged(what, error) from error


def _is_tagged(text: str) -> bool:
    """Return whether more than the memory is tagged: to look at each object takes as long as everything else."""
    has_memory = _TAGGED_MEMORY in text
    # One character is counted much faster than two.
    return text.count(_DOLLAR) != has_memory and text.count(_TAG) != has_memory


class StoredShots:
    """A memory that was stored, which is made something of when somebody asks for it."""

    __slots__ = ("_data", "_fields", "_what")

    def __init__(self, fields: dict[str, Any], data: bytes, what: str) -> None:
        """Keep it.

        Args:
            fields: those of its :class:`ShotList`.
            data: that one's data.
            what: whose it is, to begin an error's sentence.
        """
        self._fields = fields
        self._data = data
        self._what = what

    def take_texts(self, data: Mapping[str, Any]) -> None:
        """Let the texts be those of the counts, in their order, if they aren't kept twice.

        Args:
            data: the data that this is the memory of.

        Raises:
            KeyError: if there are no counts.
        """
        if self._fields.get("texts", ()) is None:
            self._fields["texts"] = list(data["counts"])

    def unpacked(self) -> list[str]:
        """Return the outcome of each shot.

        Raises:
            CodecError: if it is damaged.
        """
        shots = self.packed()
        try:
            return shots.unpacked()
        except Exception as error:
            raise _damaged(self._what, error) from error

    def packed(self) -> ShotList:
        """Return it as it was stored.

        Raises:
            CodecError: if it isn't one.
        """
        try:
            return ShotList(**{**self._fields, "data": self._data})
        except TypeError as error:
            raise _damaged(self._what, error) from error


def _damaged(what: str, error: Exception) -> CodecError:
    return CodecError(f"{what} can't be read: it is damaged: {type(error).__name__}: {error}")
