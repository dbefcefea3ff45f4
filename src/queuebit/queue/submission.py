"""A job on its way into the queue: what its submitter says of it, checked and encoded."""

import numbers
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qiskit.circuit import QuantumCircuit

from queuebit.codec.circuits import encode_circuit
from queuebit.codec.json_values import checked_json
from queuebit.engines.memory import format_bytes
from queuebit.store.records import Json, Limits, NewJob, Part

if TYPE_CHECKING:
    from queuebit.queue.queue_backend import QueueBackend

MAX_CIRCUIT_BYTES = 256 * 2**20
"""Encoded size of one circuit at most: some millions of instructions. It is one value in the database, and a worker
holds several of them; a guess."""


@dataclass(frozen=True, slots=True)
class PreparedJob:
    """A job that has been checked and encoded, and is not submitted yet; see :meth:`QueueBackend.prepare`.

    Attributes:
        backend: the backend that will run it.
        job: what goes into the store.
        remarks: what its submitter should be warned about.
    """

    backend: "QueueBackend"
    job: NewJob
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a submitter says of a job beside what shall run, checked.

    Attributes:
        name: its name; may be empty.
        tags: its tags, each once.
        metadata: what is kept with it, as JSON.
        priority: greater runs earlier.
        limits: what its run may use.
        idempotency_key: what makes a second submission give the first job back, or None.
    """

    name: str
    tags: tuple[str, ...]
    metadata: Json
    priority: int
    limits: Limits
    idempotency_key: str | None


def described(
    *,
    name: str,
    tags: Iterable[str],
    metadata: Mapping[str, Any] | None,
    priority: int,
    limits: Limits,
    idempotency_key: str | None,
) -> Description:
    """Check what a submitter says of a job.

    Args:
        name: a text.
        tags: texts.
        metadata: a dict of what can be stored, or None.
        priority: a whole number.
        limits: checked limits.
        idempotency_key: a text that isn't empty, or None.

    Raises:
        TypeError: if something is of the wrong type, or the metadata can't be stored; names it.
        ValueError: if the key is empty.
    """
    return Description(
        name=checked_name(name),
        tags=checked_tags(tags),
        metadata={} if metadata is None else checked_json(metadata, "the metadata"),
        priority=checked_priority(priority),
        limits=limits,
        idempotency_key=None if idempotency_key is None else _key(idempotency_key),
    )


def new_job(
    backend_name: str,
    backend_options: Json,
    circuits: Iterable[QuantumCircuit],
    options: Json,
    described: Description,
    parts: tuple[Part, ...] = (),
) -> NewJob:
    """Return a job for the store, with an id of its own.

    Args:
        backend_name: a name that the registry knows.
        backend_options: what the backend is made with, as JSON.
        circuits: what shall run.
        options: how, as JSON.
        described: what else there is to say.
        parts: what its work is cut into.

    Raises:
        CodecError: if a circuit can't be encoded.
        ValueError: if one is too large.
    """
    return NewJob(
        job_id=str(uuid.uuid4()),
        backend_name=backend_name,
        backend_options=backend_options,
        circuits=_encoded(circuits),
        options=options,
        name=described.name,
        tags=described.tags,
        metadata=described.metadata,
        priority=described.priority,
        limits=described.limits,
        idempotency_key=described.idempotency_key,
        parts=parts,
    )


def checked_name(name: object) -> str:
    """Return a job's name.

    Args:
        name: what the user gave.

    Raises:
        TypeError: if it isn't a text.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a text, got {type(name).__name__}: {name!r}")
    return name


def checked_tags(tags: object) -> tuple[str, ...]:
    """Return a job's tags, each once, in order.

    Args:
        tags: what the user gave.

    Raises:
        TypeError: if they aren't several texts.
    """
    if isinstance(tags, (str, bytes, Mapping)) or not isinstance(tags, Iterable):
        raise TypeError(f"tags must be a list of texts, such as ['calibration']; got {type(tags).__name__}: {tags!r}")
    several = list(tags)
    for tag in several:
        if not isinstance(tag, str):
            raise TypeError(f"tags must be a list of texts; it has {tag!r}, which is of type {type(tag).__name__}")
    return tuple(dict.fromkeys(several))


def checked_priority(priority: object) -> int:
    """Return a job's priority.

    Args:
        priority: what the user gave.

    Raises:
        TypeError: if it isn't a whole number.
    """
    if isinstance(priority, bool) or not isinstance(priority, numbers.Integral):
        raise TypeError(f"priority must be a whole number, got {type(priority).__name__}: {priority!r}")
    return int(priority)


def checked_split(split: object) -> bool:
    """Return whether a job may be cut.

    Args:
        split: what the user gave.

    Raises:
        TypeError: if it is neither True nor False.
    """
    if not isinstance(split, bool):
        raise TypeError(f"split must be True or False, got {type(split).__name__}: {split!r}")
    return split


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"idempotency_key must be a text, got {type(key).__name__}: {key!r}")
    if not key:
        raise ValueError("idempotency_key is empty; give a text that names this submission, or leave it out")
    return key


def _encoded(circuits: Iterable[QuantumCircuit]) -> tuple[bytes, ...]:
    # A list that holds one circuit many times is encoded once.
    known: dict[int, bytes] = {}
    return tuple(
        known.get(id(circuit)) or known.setdefault(id(circuit), _bytes(index, circuit))
        for index, circuit in enumerate(circuits)
    )


def _bytes(index: int, circuit: QuantumCircuit) -> bytes:
    data = encode_circuit(circuit)
    if len(data) > MAX_CIRCUIT_BYTES:
        raise ValueError(
            f"circuit {index} ({circuit.name!r}) has {format_bytes(len(data))} when it is stored, the queue takes "
            f"{format_bytes(MAX_CIRCUIT_BYTES)} at most. Cut it into parts, or write repeated parts as a loop."
        )
    return data
