"""The store contract in plain Python: short and obviously right. It is the model that other stores are tested against.

Nothing of it is on disk but the array files, so it ends with its process.
"""

import functools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from queuebit.store.array_files import delete_files
from queuebit.store.checks import (
    check_archived_job,
    check_new_job,
    check_page,
    check_results,
    checked_changes,
)
from queuebit.store.clock import Clock, wall_clock_us
from queuebit.store.endings import dead_worker_reason, failure_reason, loss_event, worker_lost_error
from queuebit.store.exceptions import LostClaimError, StoreError, UnknownJobError
from queuebit.store.json_text import mapping_from_text, mapping_to_text
from queuebit.store.log_text import KEPT_CHARACTERS, abridged, storable
from queuebit.store.records import (
    ArchivedJob,
    Claim,
    EventRecord,
    JobFilter,
    JobRecord,
    Json,
    NewJob,
    Part,
    StoredResult,
    Usage,
    WorkerRecord,
)
from queuebit.store.refusals import (
    ambiguous,
    lost_claim,
    not_final,
    taken_id,
    taken_key,
    unknown_job,
    unregistered_worker,
)
from queuebit.store.states import FINAL_STATES, JobEvent, JobState, ending_event, next_state
from queuebit.store.store import JobStore

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")

Place = tuple[int, int]
"""What a result is of: the circuit and the first shot."""


@dataclass
class Job:
    """All there is of one job.

    Attributes:
        record: what users see of it.
        circuits: its circuits.
        results: its results by circuit and first shot.
        events: its story.
        log: all that was printed.
        parts: the parts of its work.
    """

    record: JobRecord
    circuits: tuple[bytes, ...]
    results: dict[Place, StoredResult] = field(default_factory=dict)
    events: list[EventRecord] = field(default_factory=list)
    log: str = ""
    parts: tuple[Part, ...] = ()


def one_at_a_time(
    method: Callable[Concatenate["MemoryStore", Arguments], Returned],
) -> Callable[Concatenate["MemoryStore", Arguments], Returned]:
    """Make a method of the store a transaction: no other runs meanwhile, and none does once the store is closed.

    Args:
        method: the method. It has to check everything before it changes anything.
    """

    @functools.wraps(method)
    def locked(self: "MemoryStore", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        with self.lock:
            if self.closed:
                raise StoreError("the store in memory is closed; make a new one")
            return method(self, *args, **kwargs)

    return cast(Callable[Concatenate["MemoryStore", Arguments], Returned], locked)


class MemoryStore(JobStore):
    """A store in the memory of this process."""

    def __init__(self, *, clock: Clock = wall_clock_us) -> None:
        """Make an empty store.

        Args:
            clock: where the times of records come from.
        """
        self.lock = threading.RLock()
        self.closed = False
        self._clock = clock
        self._folder = Path(tempfile.mkdtemp(prefix="queuebit-files-"))
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, str] = {}
        self._workers: dict[str, WorkerRecord] = {}
        self._sequence = 0

    @property
    def files(self) -> Path:
        """The folder of the array files; it exists until the store is closed."""
        return self._folder

    def close(self) -> None:
        """Forget everything; the array files are deleted."""
        with self.lock:
            self.closed = True
            shutil.rmtree(self._folder, ignore_errors=True)

    @one_at_a_time
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        """Take jobs in, all or none."""
        now = self._clock()
        for job in jobs:
            check_new_job(job)
        self._refuse_taken_ids(jobs)
        copies = [_as_json_keeps(job) for job in jobs]
        return [self._copy(self._submit_one(job, now)) for job in copies]

    def _refuse_taken_ids(self, jobs: Sequence[NewJob]) -> None:
        ids, keys = set(self._jobs), set(self._keys)
        for job in jobs:
            if job.idempotency_key is not None and job.idempotency_key in keys:
                continue
            if job.job_id in ids:
                raise StoreError(taken_id(job.job_id))
            ids.add(job.job_id)
            if job.idempotency_key is not None:
                keys.add(job.idempotency_key)

    def _submit_one(self, job: NewJob, now: int) -> Job:
        if job.idempotency_key is not None and job.idempotency_key in self._keys:
            return self._jobs[self._keys[job.idempotency_key]]
        self._sequence += 1
        record = JobRecord(
            job_id=job.job_id,
            sequence=self._sequence,
            state=next_state(None, JobEvent.SUBMIT),
            cancel_requested=False,
            attempt=0,
            crashes=0,
            worker_id=None,
            backend_name=job.backend_name,
            backend_options=job.backend_options,
            options=job.options,
            num_circuits=len(job.circuits),
            num_parts=max(1, len(job.parts)),
            name=job.name,
            tags=tuple(job.tags),
            metadata=job.metadata,
            priority=job.priority,
            limits=job.limits,
            idempotency_key=job.idempotency_key,
            progress_done=0,
            progress_total=0,
            error=None,
            cpu_s=0.0,
            peak_memory_bytes=0,
            created_us=now,
            started_us=None,
            finished_us=None,
        )
        kept = self._jobs[job.job_id] = Job(
            record, tuple(bytes(circuit) for circuit in job.circuits), parts=tuple(job.parts)
        )
        kept.events.append(_event(now, JobEvent.SUBMIT, record, None, ""))
        if job.idempotency_key is not None:
            self._keys[job.idempotency_key] = job.job_id
        return kept

    @one_at_a_time
    def restore(self, jobs: Sequence[ArchivedJob]) -> list[JobRecord]:
        """Take in final jobs of another store, all or none."""
        keys = set(self._keys)
        for job in jobs:
            check_archived_job(job)
            key = job.record.idempotency_key
            if key is not None and key in keys:
                raise StoreError(taken_key(key, job.record.job_id))
            keys.update(() if key is None else (key,))
        self._refuse_taken_ids([replace(job.new_job, idempotency_key=None) for job in jobs])
        return [self._copy(self._restore_one(job)) for job in jobs]

    def _restore_one(self, job: ArchivedJob) -> Job:
        self._sequence += 1
        record = replace(deepcopy(job.record), sequence=self._sequence, worker_id=None)
        results = {_place(result): result for result in job.results}
        kept = self._jobs[record.job_id] = Job(
            record, job.circuits, results, list(job.events), storable(job.log), job.parts
        )
        if record.idempotency_key is not None:
            self._keys[record.idempotency_key] = record.job_id
        return kept

    @one_at_a_time
    def get(self, job_id: str) -> JobRecord:
        """Return a job."""
        return self._copy(self._job(job_id))

    @one_at_a_time
    def changed(self, known: Mapping[str, JobState]) -> dict[str, JobRecord | None]:
        """Return the jobs that aren't in the state any more that is given for them."""
        jobs = {job_id: self._jobs.get(job_id) for job_id in known}
        return {
            job_id: None if job is None else self._copy(job)
            for job_id, job in jobs.items()
            if job is None or job.record.state is not known[job_id]
        }

    @one_at_a_time
    def find(self, prefix: str) -> str:
        """Return the one id that begins with a prefix."""
        if not prefix:
            raise UnknownJobError("the beginning of a job's id is empty; give one character of it or more")
        found = sorted(job_id for job_id in self._jobs if job_id.startswith(prefix))
        if not found:
            raise UnknownJobError(unknown_job(prefix))
        if len(found) > 1:
            raise UnknownJobError(ambiguous(prefix, found[:5]))
        return found[0]

    @one_at_a_time
    def jobs(
        self, which: JobFilter = JobFilter(), *, limit: int | None = 10, skip: int = 0, descending: bool = True
    ) -> list[JobRecord]:
        """Return jobs in the order of their submission."""
        check_page(limit, skip)
        found = [job for job in self._jobs.values() if _matches(job.record, which)]
        found.sort(key=lambda job: job.record.sequence, reverse=descending)
        return [self._copy(job) for job in found[skip : None if limit is None else skip + limit]]

    @one_at_a_time
    def count(self, which: JobFilter = JobFilter()) -> int:
        """Return how many jobs there are."""
        return sum(_matches(job.record, which) for job in self._jobs.values())

    @one_at_a_time
    def circuits(self, job_id: str) -> tuple[bytes, ...]:
        """Return a job's circuits."""
        return self._job(job_id).circuits

    @one_at_a_time
    def results(self, job_id: str) -> list[StoredResult]:
        """Return the results that are there, by circuit and first shot."""
        return [result for _, result in sorted(self._job(job_id).results.items())]

    @one_at_a_time
    def parts(self, job_id: str) -> tuple[Part, ...]:
        """Return the parts that a job's work is cut into."""
        return self._job(job_id).parts

    @one_at_a_time
    def events(self, job_id: str) -> list[EventRecord]:
        """Return a job's story from the beginning."""
        return list(self._job(job_id).events)

    @one_at_a_time
    def logs(self, job_id: str) -> str:
        """Return what the job's runs printed."""
        log = self._job(job_id).log
        return abridged(log[:KEPT_CHARACTERS], log[KEPT_CHARACTERS:], len(log))

    @one_at_a_time
    def queue_position(self, job_id: str) -> int | None:
        """Return how many jobs will be taken before this one."""
        job = self._job(job_id)
        queued = self._queued()
        return queued.index(job) if job in queued else None

    @one_at_a_time
    def request_cancel(self, job_ids: Iterable[str], reason: str = "") -> list[JobRecord]:
        """Cancel jobs."""
        jobs = [self._job(job_id) for job_id in job_ids]
        for job in jobs:
            if job.record.state is JobState.QUEUED:
                self._change(job, JobEvent.CANCEL, reason, cancel_requested=True)
            elif job.record.state is JobState.RUNNING and not job.record.cancel_requested:
                self._change(job, JobEvent.REQUEST_CANCEL, reason, cancel_requested=True)
        return [self._copy(job) for job in jobs]

    @one_at_a_time
    def update(
        self,
        job_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        priority: int | None = None,
    ) -> JobRecord:
        """Change what is not None."""
        job = self._job(job_id)
        changes = checked_changes(job_id, name, tags, priority)
        if changes:
            self._change(job, JobEvent.UPDATE, ", ".join(changes), **changes)
        return self._copy(job)

    @one_at_a_time
    def delete(self, job_ids: Iterable[str]) -> int:
        """Delete final jobs and their files, all or none."""
        jobs = {job_id: self._job(job_id) for job_id in job_ids}
        for job in jobs.values():
            if not job.record.is_final:
                raise StoreError(not_final(job.record.job_id, job.record.state))
        for job_id, job in jobs.items():
            del self._jobs[job_id]
            if job.record.idempotency_key is not None:
                del self._keys[job.record.idempotency_key]
            delete_files(self._folder, [name for result in job.results.values() for name in result.files])
        return len(jobs)

    @one_at_a_time
    def statistics(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        return {state: self.count(JobFilter(states=frozenset({state}))) for state in JobState}

    @one_at_a_time
    def register_worker(self, worker: WorkerRecord) -> None:
        """Note that a worker service runs."""
        self._workers[worker.worker_id] = worker

    @one_at_a_time
    def unregister_worker(self, worker_id: str) -> None:
        """Note that it doesn't any more."""
        self._workers.pop(worker_id, None)

    @one_at_a_time
    def workers(self) -> list[WorkerRecord]:
        """Return the registered workers, the oldest first."""
        return sorted(self._workers.values(), key=lambda worker: (worker.started_us, worker.worker_id))

    @one_at_a_time
    def recover(self, is_alive: Callable[[WorkerRecord], bool]) -> list[JobRecord]:
        """Take RUNNING jobs from workers that aren't alive or not registered, and forget those workers."""
        dead = {worker.worker_id: worker for worker in self._workers.values() if not is_alive(worker)}
        lost = [job for job in self._jobs.values() if self._has_no_worker(job.record, dead)]
        for job in lost:
            worker_id = str(job.record.worker_id)
            self._lose(job, dead_worker_reason(worker_id, dead.get(worker_id)), Usage())
        for worker_id in dead:
            del self._workers[worker_id]
        return [self._copy(job) for job in lost]

    def _has_no_worker(self, record: JobRecord, dead: dict[str, WorkerRecord]) -> bool:
        if record.state is not JobState.RUNNING:
            return False
        return record.worker_id in dead or record.worker_id not in self._workers

    @one_at_a_time
    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        """Take QUEUED jobs for a registered worker."""
        if worker_id not in self._workers:
            raise StoreError(unregistered_worker(worker_id))
        urgent = [job for job in self._queued() if above is None or job.record.priority > above]
        return [self._claim(job, worker_id) for job in urgent[: max(0, limit)]]

    def _claim(self, job: Job, worker_id: str) -> Claim:
        self._change(
            job,
            JobEvent.CLAIM,
            worker_id=worker_id,
            attempt=job.record.attempt + 1,
            progress_done=0,
            progress_total=0,
        )
        whole = {index for (index, _), result in job.results.items() if result.shots is None}
        cut = {place for place, result in job.results.items() if result.shots is not None}
        return Claim(
            job=self._copy(job),
            circuits=job.circuits,
            finished=frozenset(whole),
            parts=job.parts,
            finished_shots=frozenset(cut),
        )

    @one_at_a_time
    def cancel_requests(self, worker_id: str) -> list[str]:
        """Return the ids of a worker's RUNNING jobs that are to be cancelled."""
        records = [job.record for job in self._jobs.values() if job.record.worker_id == worker_id]
        return [record.job_id for record in records if record.cancel_requested]

    @one_at_a_time
    def keep_results(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Keep circuits' results."""
        self._keep(self._claimed(claim), results)

    @one_at_a_time
    def report(self, claim: Claim, *, progress_done: int, progress_total: int, log: str = "") -> None:
        """Note how far a run is, and what it printed since the last report."""
        job = self._claimed(claim)
        job.record = replace(job.record, progress_done=progress_done, progress_total=progress_total)
        job.log += storable(log)

    @one_at_a_time
    def finish(self, claims: Sequence[tuple[Claim, Sequence[StoredResult], Usage]]) -> list[JobRecord | None]:
        """End runs well."""
        for claim, results, _ in claims:
            if self._holds(claim):
                check_results(results, claim.job.num_circuits, claim.parts, claim.job.job_id)
        return [self._finish(claim, results, usage) for claim, results, usage in claims]

    def _finish(self, claim: Claim, results: Sequence[StoredResult], usage: Usage) -> JobRecord | None:
        return self._end(claim, JobEvent.FINISH, results=results, usage=usage) if self._holds(claim) else None

    @one_at_a_time
    def fail(
        self, claim: Claim, error: dict[str, object], results: Sequence[StoredResult] = (), usage: Usage = Usage()
    ) -> JobRecord:
        """End a run in ERROR."""
        kept = mapping_from_text(mapping_to_text(error))
        return self._end(claim, JobEvent.FAIL, failure_reason(kept), results=results, usage=usage, error=kept)

    @one_at_a_time
    def cancelled(self, claim: Claim, results: Sequence[StoredResult] = (), usage: Usage = Usage()) -> JobRecord:
        """End a run that was stopped because somebody wanted it."""
        return self._end(claim, JobEvent.CANCEL, results=results, usage=usage)

    @one_at_a_time
    def release(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Give a job back unfinished."""
        return self._end(claim, JobEvent.RELEASE, reason, usage=usage)

    @one_at_a_time
    def lose(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Note that the process that ran the job died."""
        job = self._claimed(claim)
        self._lose(job, reason, usage)
        return self._copy(job)

    @one_at_a_time
    def lose_part(self, claim: Claim, reason: str, usage: Usage = Usage()) -> None:
        """Note that the process that ran a part of the job died, and that the part will run again."""
        job = self._claimed(claim)
        cpu_s, peak_memory_bytes = job.record.cpu_s + usage.cpu_s, job.record.peak_memory_bytes
        peak_memory_bytes = max(peak_memory_bytes, usage.peak_memory_bytes)
        self._change(job, JobEvent.LOSE_PART, reason, cpu_s=cpu_s, peak_memory_bytes=peak_memory_bytes)

    def _lose(self, job: Job, reason: str, usage: Usage) -> None:
        crashes = job.record.crashes + 1
        event = loss_event(crashes, job.record.limits.max_attempts)
        error = worker_lost_error(crashes, reason) if event is JobEvent.GIVE_UP else None
        self._leave(job, event, reason, usage=usage, error=error, crashes=crashes)

    def _end(
        self,
        claim: Claim,
        event: JobEvent,
        reason: str = "",
        *,
        results: Sequence[StoredResult] = (),
        usage: Usage,
        error: Json | None = None,
    ) -> JobRecord:
        job = self._claimed(claim)
        self._keep(job, results)
        self._leave(job, event, reason, usage=usage, error=error)
        return self._copy(job)

    def _leave(
        self, job: Job, event: JobEvent, reason: str, *, usage: Usage, error: Json | None, **changes: Any
    ) -> None:
        """Take a RUNNING job from its worker."""
        event = ending_event(event, cancel_requested=job.record.cancel_requested)
        state = next_state(job.record.state, event)
        if state is JobState.QUEUED:
            changes |= {"progress_done": 0, "progress_total": 0}
        self._change(
            job,
            event,
            reason,
            worker_id=None,
            error=error if state is JobState.ERROR else None,
            cpu_s=job.record.cpu_s + usage.cpu_s,
            peak_memory_bytes=max(job.record.peak_memory_bytes, usage.peak_memory_bytes),
            **changes,
        )

    def _keep(self, job: Job, results: Sequence[StoredResult]) -> None:
        check_results(results, job.record.num_circuits, job.parts, job.record.job_id)
        for result in results:
            before = job.results.get(_place(result))
            job.results[_place(result)] = replace(result, content=bytes(result.content), files=tuple(result.files))
            if before is not None:
                delete_files(self._folder, set(before.files) - set(result.files))

    def _change(self, job: Job, event: JobEvent, reason: str = "", **changes: Any) -> None:
        """Make an event happen to a job: every change of a state goes through here."""
        now = self._clock()
        worker_id = job.record.worker_id or changes.get("worker_id")
        by_worker = event not in (JobEvent.REQUEST_CANCEL, JobEvent.UPDATE)
        state = next_state(job.record.state, event)
        if event is JobEvent.CLAIM:
            changes["started_us"] = now
        elif state in FINAL_STATES and job.record.state not in FINAL_STATES:
            changes["finished_us"] = now
        job.record = replace(job.record, state=state, **changes)
        job.events.append(_event(now, event, job.record, worker_id if by_worker else None, storable(reason)))

    def _claimed(self, claim: Claim) -> Job:
        if not self._holds(claim):
            raise LostClaimError(lost_claim(claim))
        return self._jobs[claim.job.job_id]

    def _holds(self, claim: Claim) -> bool:
        job = self._jobs.get(claim.job.job_id)
        if job is None or job.record.state is not JobState.RUNNING:
            return False
        return (job.record.job_id, job.record.attempt, job.record.worker_id) == claim.key

    def _queued(self) -> list[Job]:
        queued = [job for job in self._jobs.values() if job.record.state is JobState.QUEUED]
        return sorted(queued, key=lambda job: (-job.record.priority, job.record.sequence))

    def _job(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise UnknownJobError(unknown_job(job_id))
        return self._jobs[job_id]

    @staticmethod
    def _copy(job: Job) -> JobRecord:
        return deepcopy(job.record)


def _as_json_keeps(job: NewJob) -> NewJob:
    return replace(
        job,
        backend_options=mapping_from_text(mapping_to_text(job.backend_options)),
        options=mapping_from_text(mapping_to_text(job.options)),
        metadata=mapping_from_text(mapping_to_text(job.metadata)),
    )


def _place(result: StoredResult) -> Place:
    return result.index, 0 if result.shots is None else result.shots.first


def _event(now: int, event: JobEvent, record: JobRecord, worker_id: str | None, reason: str) -> EventRecord:
    return EventRecord(
        time_us=now, event=event, state=record.state, attempt=record.attempt, worker_id=worker_id, reason=reason
    )


def _matches(record: JobRecord, which: JobFilter) -> bool:
    return (
        (which.states is None or record.state in which.states)
        and (which.backend_name is None or record.backend_name == which.backend_name)
        and (which.name is None or record.name == which.name)
        and set(which.tags) <= set(record.tags)
        and (which.created_after_us is None or record.created_us > which.created_after_us)
        and (which.created_before_us is None or record.created_us < which.created_before_us)
    )
