"""What the service and a child say to each other over their private socket.

A frame is a mark, its length and the length of its header, the header in JSON, and the blobs whose sizes the header
states. No pickle: what a child sends can't run anything in the service.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from queuebit.store.records import Json, ShotRange, StoredResult

_MARK = b"qubt"
_PREFIX = struct.Struct("<4sQI")  # the mark, the length of all that follows, and of the header

# Made once: that takes longer than writing a small message.
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode

Fields = dict[str, Any]
Blobs = Sequence[bytes]


class BrokenMessageError(Exception):
    """What came isn't a message: the other side is broken, or something else wrote to its socket."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """To the child: run circuits of a job, or some shots of one.

    Attributes:
        job_id: the job.
        attempt: its attempt.
        backend_name: what :func:`queuebit.registry.make_backend` takes.
        backend_options: likewise, encoded as the store has them.
        options: the run's options, encoded likewise.
        num_circuits: how many circuits the job has.
        indices: which of them shall run.
        circuits: those, encoded.
        threads: how many threads the run may use.
        shots: which shots shall run, of a single circuit; None for all that the options say.
    """

    kind: ClassVar[str] = "run"
    job_id: str
    attempt: int
    backend_name: str
    backend_options: Json
    options: Json
    num_circuits: int
    indices: tuple[int, ...]
    circuits: tuple[bytes, ...]
    threads: int
    shots: ShotRange | None = None

    def parts(self) -> tuple[Fields, Blobs]:
        """Return the message as JSON's values and blobs."""
        return {
            "job_id": self.job_id,
            "attempt": self.attempt,
            "backend_name": self.backend_name,
            "backend_options": self.backend_options,
            "options": self.options,
            "num_circuits": self.num_circuits,
            "indices": self.indices,
            "threads": self.threads,
            "shots": self.shots,
        }, self.circuits

    @classmethod
    def from_parts(cls, fields: Fields, blobs: Blobs) -> Self:
        """Return the message that :meth:`parts` came from."""
        shots = fields.pop("shots")
        fields["indices"] = tuple(fields["indices"])
        return cls(circuits=tuple(blobs), shots=ShotRange(*shots) if shots else None, **fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Warm:
    """To the child: make this backend, it will probably be wanted.

    Attributes:
        backend_name: as for :class:`Run`.
        backend_options: as for :class:`Run`.
    """

    kind: ClassVar[str] = "warm"
    backend_name: str
    backend_options: Json

    @property
    def key(self) -> str:
        """A text that is the same for the same backend."""
        return _to_json([self.backend_name, self.backend_options])

    def parts(self) -> tuple[Fields, Blobs]:
        """Return the message as JSON's values and blobs."""
        return {"backend_name": self.backend_name, "backend_options": self.backend_options}, ()

    @classmethod
    def from_parts(cls, fields: Fields, blobs: Blobs) -> Self:
        """Return the message that :meth:`parts` came from."""
        return cls(**fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """From the child: everything is imported.

    Attributes:
        memory_bytes: its resident memory.
    """

    kind: ClassVar[str] = "ready"
    memory_bytes: int

    def parts(self) -> tuple[Fields, Blobs]:
        """Return the message as JSON's values and blobs."""
        return {"memory_bytes": self.memory_bytes}, ()

    @classmethod
    def from_parts(cls, fields: Fields, blobs: Blobs) -> Self:
        """Return the message that :meth:`parts` came from."""
        return cls(**fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class CircuitDone:
    """From the child: a circuit has run, and others follow.

    Attributes:
        result: its result; its files are complete.
    """

    kind: ClassVar[str] = "circuit_done"
    result: StoredResult

    def parts(self) -> tuple[Fields, Blobs]:
        """Return the message as JSON's values and blobs."""
        return {"result": _labels(self.result)}, (self.result.content,)

    @classmethod
    def from_parts(cls, fields: Fields, blobs: Blobs) -> Self:
        """Return the message that :meth:`parts` came from."""
        return cls(result=_result(fields["result"], blobs[0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """From the child: the run has ended, and all that it printed is in the pipe.

    Attributes:
        how: ``"finished"``, ``"failed"`` or ``"stopped"``.
        result: that of the circuit that ran last, if it succeeded.
        error: why it failed.
        cpu_s: processor seconds of the run.
        process_cpu_s: processor seconds of the child since it began.
        peak_memory_bytes: the most resident memory during the run.
        memory_bytes: the resident memory now.
    """

    kind: ClassVar[str] = "ended"
    how: str
    result: StoredResult | None = None
    error: Mapping[str, object] | None = None
    cpu_s: float = 0.0
    process_cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    memory_bytes: int = 0

    def parts(self) -> tuple[Fields, Blobs]:
        """Return the message as JSON's values and blobs."""
        result = self.result
        fields: Fields = {
            "how": self.how,
            "error": self.error,
            "cpu_s": self.cpu_s,
            "process_cpu_s": self.process_cpu_s,
            "peak_memory_bytes": self.peak_memory_bytes,
            "memory_bytes": self.memory_bytes,
            "result": _labels(result) if result else None,
        }
        return fields, (result.content,) if result else ()

    @classmethod
    def from_parts(cls, fields: Fields, blobs: Blobs) -> Self:
        """Return the message that :meth:`parts` came from."""
        if fields["result"] is not None:
            fields["result"] = _result(fields["result"], blobs[0])
        return cls(**fields)


def _labels(result: StoredResult) -> list[Any]:
    return [result.index, result.files, result.shots]


def _result(labels: Sequence[Any], content: bytes) -> StoredResult:
    index, files, shots = labels
    return StoredResult(index=index, content=content, files=tuple(files), shots=ShotRange(*shots) if shots else None)


Message = Run | Warm | Ready | CircuitDone | Ended

_KINDS: Mapping[str, type[Message]] = {kind.kind: kind for kind in (Run, Warm, Ready, CircuitDone, Ended)}


def encode_message(message: Message) -> bytes:
    """Return a message as a frame."""
    fields, blobs = message.parts()
    header = _to_json([message.kind, fields, [len(blob) for blob in blobs]]).encode()
    length = len(header) + sum(map(len, blobs))
    return b"".join((_PREFIX.pack(_MARK, length, len(header)), header, *blobs))


def _decode_message(header: bytes, body: bytes) -> Message:
    try:
        kind, fields, sizes = _from_json(header.decode())
        blobs, start = [], 0
        for size in sizes:
            blobs.append(body[start : start + size])
            start += size
        return _KINDS[kind].from_parts(fields, blobs)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise BrokenMessageError(f"not a message: {header[:100]!r}") from error


@dataclass(slots=True)
class MessageReader:
    """Puts messages together from the pieces in which they arrive.

    Attributes:
        received: bytes taken in so far.

    Example:
        >>> reader, frame = MessageReader(), encode_message(Ready(memory_bytes=5))
        >>> list(reader.feed(frame[:4])), list(reader.feed(frame[4:]))
        ([], [Ready(memory_bytes=5)])
    """

    received: int = 0
    _pending: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take in what has arrived, and yield the messages that are complete.

        Args:
            data: any piece of the stream.

        Raises:
            BrokenMessageError: if it isn't a stream of messages.
        """
        self.received += len(data)
        self._pending += data
        while len(self._pending) >= _PREFIX.size:
            mark, length, header_length = _PREFIX.unpack_from(self._pending)
            if mark != _MARK or header_length > length:
                raise BrokenMessageError(f"not a message: {bytes(self._pending[:100])!r}")
            end = _PREFIX.size + length
            if len(self._pending) < end:
                return
            frame = bytes(memoryview(self._pending)[_PREFIX.size : end])
            del self._pending[:end]
            yield _decode_message(frame[:header_length], frame[header_length:])
