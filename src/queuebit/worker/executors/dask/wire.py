"""What service and Dask worker send each other: JSON and blobs. No pickle of ours, and circuits that are equal once."""

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from queuebit.store.records import JobRecord, Limits, ShotRange, StoredResult, Usage
from queuebit.store.states import JobState
from queuebit.worker.executor import Assignment, CircuitReport, EndReport, RunEnd, RunKey

_LENGTH = struct.Struct("<Q")
_write_json = json.JSONEncoder(separators=(",", ":")).encode

_JOB_FIELDS = [name for name in JobRecord.__dataclass_fields__ if name not in ("limits", "metadata", "tags")]


def pack(header: Any, blobs: Sequence[bytes] = ()) -> bytes:
    """Return JSON's values and blobs in one piece.

    Args:
        header: the values.
        blobs: the blobs.
    """
    text = _write_json([header, [len(blob) for blob in blobs]]).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *blobs])


def unpack(data: bytes | memoryview) -> tuple[Any, list[bytes]]:
    """Return what :func:`pack` has packed.

    Args:
        data: that.
    """
    view = memoryview(data)
    (length,) = _LENGTH.unpack_from(view)
    start = _LENGTH.size + length
    header, sizes = json.loads(bytes(view[_LENGTH.size : start]))
    blobs = []
    for size in sizes:
        blobs.append(bytes(view[start : start + size]))
        start += size
    return header, blobs


@dataclass(frozen=True, slots=True)
class Order:
    """A run that a Dask worker shall do.

    Attributes:
        number: names the run between the two sides; no other of the same service has it.
        assignment: what to run.
    """

    number: int
    assignment: Assignment


def encode_orders(orders: Sequence[Order]) -> tuple[list[Any], list[bytes]]:
    """Return orders as JSON's values and blobs.

    Args:
        orders: the orders.
    """
    places: dict[bytes, int] = {}
    fields = [
        {
            "number": order.number,
            "job": {name: getattr(order.assignment.job, name) for name in _JOB_FIELDS},
            "limits": asdict(order.assignment.job.limits),
            "part": order.assignment.key.part,
            "indices": order.assignment.indices,
            "circuits": [places.setdefault(circuit, len(places)) for circuit in order.assignment.circuits],
            "shots": order.assignment.shots,
        }
        for order in orders
    ]
    return fields, list(places)


def decode_orders(fields: Iterable[Any], circuits: Sequence[bytes]) -> list[Order]:
    """Return the orders that :func:`encode_orders` has encoded.

    Args:
        fields: its values.
        circuits: its blobs.
    """
    return [_order(each, circuits) for each in fields]


def _order(fields: Any, circuits: Sequence[bytes]) -> Order:
    job = JobRecord(
        **{**fields["job"], "state": JobState(fields["job"]["state"])},
        limits=Limits(**fields["limits"]),
        metadata={},
        tags=(),
    )
    assignment = Assignment(
        # Its number instead of the claimer: a run that is given back and comes again is another one.
        key=RunKey(job.job_id, job.attempt, str(fields["number"]), fields["part"]),
        job=job,
        indices=tuple(fields["indices"]),
        circuits=tuple(circuits[place] for place in fields["circuits"]),
        shots=ShotRange(*fields["shots"]) if fields["shots"] else None,
    )
    return Order(fields["number"], assignment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """A run has printed something.

    Attributes:
        key: the run.
        text: what.
    """

    key: RunKey
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something has happened to a run.

    Attributes:
        sequence: counts up with each of the same runner.
        number: the run.
        what: what has happened. Its key is of no meaning on the other side.
        seconds: at a run's end, how long it took; 0 if it hadn't begun.
        contents: of each file of the result what is in it, where the other side doesn't see the file.
    """

    sequence: int
    number: int
    what: CircuitReport | EndReport | Printed
    seconds: float = 0.0
    contents: tuple[bytes, ...] = ()


def encode_happenings(happenings: Sequence[Happening]) -> tuple[list[Any], list[bytes]]:
    """Return happenings as JSON's values and blobs.

    Args:
        happenings: the happenings.
    """
    blobs: list[bytes] = []
    fields = []
    for each in happenings:
        fields.append([each.sequence, each.number, each.seconds, _fields(each.what, blobs), len(each.contents)])
        blobs += each.contents
    return fields, blobs


def decode_happenings(fields: Iterable[Any], blobs: Sequence[bytes]) -> list[Happening]:
    """Return the happenings that :func:`encode_happenings` has encoded.

    Args:
        fields: its values.
        blobs: its blobs.
    """
    rest, happenings = iter(blobs), []
    for sequence, number, seconds, what, num_contents in fields:
        report = _what(number, what, rest)
        contents = tuple(next(rest) for _ in range(num_contents))
        happenings.append(Happening(sequence=sequence, number=number, what=report, seconds=seconds, contents=contents))
    return happenings


def _fields(what: CircuitReport | EndReport | Printed, blobs: list[bytes]) -> dict[str, Any]:
    if isinstance(what, Printed):
        return {"text": what.text}
    fields: dict[str, Any] = {}
    if what.result is not None:
        result = what.result
        fields["result"] = [result.index, result.files, result.shots]
        blobs.append(result.content)
    if isinstance(what, EndReport):
        usage = [what.usage.cpu_s, what.usage.peak_memory_bytes]
        fields["end"] = [what.end, usage, what.error, what.reason, what.printed]
    return fields


def _what(number: int, fields: Any, blobs: Any) -> CircuitReport | EndReport | Printed:
    key = RunKey("", 0, str(number))
    if "text" in fields:
        return Printed(key=key, text=fields["text"])
    result = None
    if "result" in fields:
        index, files, shots = fields["result"]
        result = StoredResult(index=index, content=next(blobs), files=tuple(files))
        result = replace(result, shots=ShotRange(*shots)) if shots else result
    if "end" not in fields:
        assert result is not None  # what _fields makes
        return CircuitReport(key=key, result=result)
    end, usage, error, reason, printed = fields["end"]
    cpu_s, peak_memory_bytes = usage
    return EndReport(
        key=key,
        end=RunEnd(end),
        usage=Usage(cpu_s=cpu_s, peak_memory_bytes=peak_memory_bytes),
        result=result,
        error=error,
        reason=reason,
        printed=printed,
    )
