"""What is left of jobs that are in a store, with an estimate for each part: the same one that they were cut by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV2

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.exceptions import CodecError
from queuebit.codec.json_values import values_from_json
from queuebit.engines import Output
from queuebit.engines.cost import RunCost
from queuebit.providers.local.backend import LocalBackend
from queuebit.queue.placement import Work
from queuebit.queue.planning import foreign_cost
from queuebit.queue.run_check import TRANSPILER_OPTIONS, foreign_shots
from queuebit.registry import make_backend
from queuebit.store.exceptions import UnknownJobError
from queuebit.store.json_text import to_text
from queuebit.store.parts import unfinished
from queuebit.store.records import JobFilter, JobRecord, Json, Part
from queuebit.store.states import JobState
from queuebit.store.store import JobStore

# An amplitude takes so much in any simulator of states. Wider ones are for another kind of simulator, of whose memory
# nothing is known.
_AMPLITUDE_BYTES = 16
_WIDEST_STATE = 32

# What doesn't change what a run costs.
_OF_NO_COST = TRANSPILER_OPTIONS | {"seed_simulator"}


class EstimatedPart(NamedTuple):
    """A part that is left to run.

    Attributes:
        number: which one of its job, counted from 0.
        part: the part.
        work: what it takes.
    """

    number: int
    part: Part
    work: Work


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimatedJob:
    """A job that waits or runs, with what is left of it.

    Attributes:
        record: the job.
        parts: what is left, in order.
        reason: why nothing is known of what it takes; empty if it is.
    """

    record: JobRecord
    parts: tuple[EstimatedPart, ...] = ()
    reason: str = ""


def estimated_jobs(store: JobStore) -> list[EstimatedJob]:
    """Return all jobs of a store that aren't final, in the order in which a service hands out their parts.

    Of one that runs, the parts without a result are left, those included that run now.

    Args:
        store: the store; nothing is written to it.
    """
    estimates = _Estimates()
    which = JobFilter(states=frozenset({JobState.QUEUED, JobState.RUNNING}))
    records = [job for job in store.jobs(which, limit=None, descending=False) if not job.cancel_requested]
    records.sort(key=lambda job: (-job.priority, job.sequence))
    return list(_estimated(store, records, estimates))


def _estimated(store: JobStore, records: Iterable[JobRecord], estimates: "_Estimates") -> Iterator[EstimatedJob]:
    for record in records:
        try:
            yield _estimated_job(store, record, estimates)
        except UnknownJobError:  # ended and deleted since
            continue
        except (QiskitError, CodecError, ValueError, TypeError) as error:
            yield EstimatedJob(record=record, reason=str(error))


def _estimated_job(store: JobStore, record: JobRecord, estimates: "_Estimates") -> EstimatedJob:
    costs, shots = estimates.of(record, store.circuits(record.job_id))
    results = store.results(record.job_id) if record.state is JobState.RUNNING else []
    left = unfinished(
        store.parts(record.job_id) if record.num_parts > 1 else (),
        record.num_circuits,
        {result.index for result in results if result.shots is None},
        {(result.index, result.shots.first) for result in results if result.shots is not None},
    )
    parts = (EstimatedPart(number, part, _work(part, indices, costs, shots)) for number, part, indices in left)
    return EstimatedJob(record=record, parts=tuple(parts))


def _work(part: Part, indices: Sequence[int], costs: Sequence["_Cost"], shots: int) -> Work:
    chosen = [costs[index] for index in indices]
    share = 1.0 if part.shots is None else part.shots.number / shots
    known = [cost.memory_bytes for cost in chosen if cost.memory_bytes is not None]
    return Work(share * sum(cost.run.seconds for cost in chosen), max(known, default=None))


class _Cost(NamedTuple):
    """What a circuit takes."""

    run: RunCost
    memory_bytes: int | None


class _Estimates:
    """Estimates circuits, equal ones of equal runs once."""

    def __init__(self) -> None:
        self._backends: dict[str, BackendV2] = {}
        self._known: dict[tuple[str, str, bytes], _Cost] = {}

    def of(self, job: JobRecord, circuits: Sequence[bytes]) -> tuple[list[_Cost], int]:
        """Return what a job's circuits take, and how many shots each has."""
        backend_key = to_text([job.backend_name, job.backend_options])
        if backend_key not in self._backends:
            made_with = values_from_json(job.backend_options, "the backend's options")
            self._backends[backend_key] = make_backend(job.backend_name, made_with)
        backend, options = self._backends[backend_key], values_from_json(job.options, "the run's options")
        options_key = to_text({name: value for name, value in job.options.items() if name not in _OF_NO_COST})
        shots, costs = _shots(backend, options), []
        for data in circuits:
            key = (backend_key, options_key, data)
            if key not in self._known:
                self._known[key] = _cost(backend, data, options, shots)
            costs.append(self._known[key])
        return costs, shots


def _shots(backend: BackendV2, options: Json) -> int:
    if not isinstance(backend, LocalBackend):
        return foreign_shots(backend, options)
    # A run that doesn't count is one shot, whatever was asked for.
    return int(options.get("shots", backend.options.shots)) if backend.output is Output.COUNTS else 1


def _cost(backend: BackendV2, data: bytes, options: Json, shots: int) -> _Cost:
    circuit = decode_circuit(data)
    if not isinstance(backend, LocalBackend):
        width = circuit.num_qubits
        memory_bytes = _AMPLITUDE_BYTES << width if width <= _WIDEST_STATE else None
        return _Cost(foreign_cost(circuit, backend, options, shots), memory_bytes)
    for_backend = {name: value for name, value in options.items() if name not in TRANSPILER_OPTIONS}
    checked = backend.check_run(circuit, **for_backend)
    return _Cost(checked.costs[0], checked.memory_bytes)
