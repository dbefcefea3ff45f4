"""What goes into the store and comes out of it: plain values, without Qiskit.

Times are whole microseconds since 1970 in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from queuebit.store.states import FINAL_STATES, JobEvent, JobState

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a job's run may use; None for what isn't limited.

    Attributes:
        time_limit_s: seconds that one attempt may run.
        memory_limit_bytes: resident memory of the process that runs it.
        threads: threads of one run.
        max_attempts: how often its worker may die before the job is given up, 1 or more.
    """

    time_limit_s: float | None = None
    memory_limit_bytes: int | None = None
    threads: int | None = None
    max_attempts: int = 3


class ShotRange(NamedTuple):
    """Some of the shots of a circuit.

    Attributes:
        first: the first one; the circuit's are counted from 0.
        number: how many, 1 or more.
    """

    first: int
    number: int


class Part(NamedTuple):
    """A piece of a job's work that can run apart from the others: circuits, or some shots of one.

    Attributes:
        first: the first circuit.
        number: how many circuits, 1 or more.
        shots: which shots, of a single circuit; None for all.
    """

    first: int
    number: int = 1
    shots: ShotRange | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A job to be submitted.

    Attributes:
        job_id: its id, a lower-case UUID.
        backend_name: a name that the registry knows, or ``module:factory``.
        backend_options: what the backend is made with.
        circuits: each circuit as bytes; equal ones are stored once.
        options: the run's options.
        name: for people; may be empty.
        tags: to find it by.
        metadata: whatever the user wants to keep with it.
        priority: greater runs earlier.
        limits: what its run may use.
        idempotency_key: a second submission with the same key gives the first job back.
        parts: the pieces that its work is cut into, in order, each shot of each circuit in one of them; empty when it
            isn't cut.
    """

    job_id: str
    backend_name: str
    backend_options: Json = field(default_factory=dict)
    circuits: tuple[bytes, ...]
    options: Json = field(default_factory=dict)
    name: str = ""
    tags: tuple[str, ...] = ()
    metadata: Json = field(default_factory=dict)
    priority: int = 0
    limits: Limits = field(default_factory=Limits)
    idempotency_key: str | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRecord:
    """A job as the store knows it at one moment.

    Attributes:
        sequence: counts up with each submission; the order of the list.
        state: where it stands.
        cancel_requested: whether somebody wants it stopped.
        attempt: how often a worker has taken it; never decreases.
        crashes: how often its worker died.
        worker_id: who runs it; None when nobody does.
        num_circuits: how many circuits it has.
        num_parts: how many parts its work is cut into; 1 when it isn't.
        progress_done: units done, of ``progress_total``; both 0 when nothing is known.
        error: why it is in ERROR: ``type``, ``message``, and what else is known, such as ``traceback``,
            ``circuit_index``, ``circuit_name``.
        cpu_s: processor seconds of all its attempts.
        peak_memory_bytes: the most resident memory of an attempt.
        created_us: when it was submitted.
        started_us: when its present or last attempt began, or None.
        finished_us: when it became final, or None.
    """

    job_id: str
    sequence: int
    state: JobState
    cancel_requested: bool
    attempt: int
    crashes: int
    worker_id: str | None
    backend_name: str
    backend_options: Json
    options: Json
    num_circuits: int
    num_parts: int
    name: str
    tags: tuple[str, ...]
    metadata: Json
    priority: int
    limits: Limits
    idempotency_key: str | None
    progress_done: int
    progress_total: int
    error: Json | None
    cpu_s: float
    peak_memory_bytes: int
    created_us: int
    started_us: int | None
    finished_us: int | None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRecord:
    """One row of a job's story.

    Attributes:
        time_us: when it happened, by the clock of whoever wrote it.
        event: what happened.
        state: the state afterwards.
        attempt: the job's attempt then.
        worker_id: who did it, if a worker.
        reason: why, for people; may be empty.
    """

    time_us: int
    event: JobEvent
    state: JobState
    attempt: int
    worker_id: str | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A worker's right to a job. It holds as long as nobody else has taken the job since.

    Attributes:
        job: the job as it was taken.
        circuits: its circuits.
        finished: the indices of the circuits whose results are there from earlier attempts.
        parts: the parts of its work, of which alone there can be results; empty when it isn't cut.
        finished_shots: of circuits that are cut, the index and the first shot of each result that is there.
    """

    job: JobRecord
    circuits: tuple[bytes, ...]
    finished: frozenset[int]
    parts: tuple[Part, ...] = ()
    finished_shots: frozenset[tuple[int, int]] = frozenset()

    @property
    def key(self) -> tuple[str, int, str | None]:
        """What every later write names: job, attempt and worker."""
        return self.job.job_id, self.job.attempt, self.job.worker_id


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredResult:
    """The result of one circuit, or of some of its shots.

    Attributes:
        index: the circuit's place in the job.
        content: the encoded result.
        files: names of the array files that it refers to, in the store's folder of files.
        shots: which shots it is of; None for all.
    """

    index: int
    content: bytes
    files: tuple[str, ...] = ()
    shots: ShotRange | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedJob:
    """All there is of a final job, from another store.

    Attributes:
        record: the job; its ``sequence`` and ``worker_id`` are of no meaning.
        circuits: its circuits.
        results: the results that are there.
        events: its story.
        log: what its runs printed.
        parts: the parts of its work.
    """

    record: JobRecord
    circuits: tuple[bytes, ...]
    results: tuple[StoredResult, ...]
    events: tuple[EventRecord, ...]
    log: str
    parts: tuple[Part, ...] = ()

    @property
    def new_job(self) -> NewJob:
        """The job as it was submitted."""
        names = NewJob.__dataclass_fields__.keys() - {"circuits", "parts"}
        return NewJob(circuits=self.circuits, parts=self.parts, **{name: getattr(self.record, name) for name in names})


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerRecord:
    """A worker service that has registered.

    Attributes:
        worker_id: its id, new at each start.
        pid: its process.
        process_started: when the system says that the process started, so that a reused number isn't taken for it.
        boot_id: which boot of which machine it runs on.
        port: where hints are sent to, on the loopback interface; 0 for nowhere.
        started_us: when it registered.
    """

    worker_id: str
    pid: int
    process_started: float
    boot_id: str
    port: int
    started_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFilter:
    """Which jobs: all conditions that are not None must hold; all tags must be there."""

    states: frozenset[JobState] | None = None
    backend_name: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    created_after_us: int | None = None
    created_before_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What one attempt has used."""

    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
