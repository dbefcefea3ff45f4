"""What must be true of a store after everything that was done to it, and of what clients were told meanwhile.

:func:`check_history` returns the violations; an empty list is what a test wants. It may be asked when no service runs
(``is_drained=False``: jobs may wait), or when all jobs have had the time to end.
"""

from __future__ import annotations

import re
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qiskit.result.models import ExperimentResult

from queuebit.codec.exceptions import CodecError
from queuebit.codec.merging import merged, run_of
from queuebit.codec.results import decode_result
from queuebit.store import (
    EventRecord,
    JobEvent,
    JobRecord,
    JobState,
    JobStore,
    StoredResult,
    StoreError,
    UnknownJobError,
    open_store,
)
from queuebit.store.doctor import FindingKind, examine, mend
from queuebit.store.parts import num_shots, unfinished
from queuebit.store.records import Part
from queuebit.testing.store_checks.invariants import assert_complete, assert_consistent, assert_legal
from queuebit.worker.liveness import is_alive

from .undisturbed import can_be_run_here, differences, undisturbed

_LOSSES = (JobEvent.LOSE, JobEvent.GIVE_UP)
_ENDS = {
    JobState.DONE: {JobEvent.FINISH},
    JobState.CANCELLED: {JobEvent.CANCEL},
    JobState.ERROR: {JobEvent.FAIL, JobEvent.GIVE_UP},
}


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """What clients were told of one job, all of them together. The defaults say: only that it was submitted.

    Attributes:
        final: the final state that somebody saw, or None.
        attempt: the greatest attempt that somebody saw.
        cancelled: whether a ``cancel()`` returned True.
        may_be_gone: whether a deletion was asked for, answered or not.
        is_gone: whether a deletion was answered.
        num_circuits: how many circuits were submitted; None if that isn't known.
        seed: the seed that was submitted, or None.
        counts: the counts of each circuit, hexadecimal, that somebody was given or that the submitter knows; or None.
        errors: the types of error that the job may end with.
        idempotency_key: the key that it was submitted with, or None.
    """

    final: JobState | None = None
    attempt: int = 0
    cancelled: bool = False
    may_be_gone: bool = False
    is_gone: bool = False
    num_circuits: int | None = None
    seed: int | None = None
    counts: tuple[Mapping[str, int], ...] | None = None
    errors: frozenset[str] = frozenset({"worker_lost"})
    idempotency_key: str | None = None


@dataclass
class Report:
    """What a check has found, and how much it has looked at.

    Attributes:
        violations: what shouldn't be.
        looked_at: how many jobs, events, results and so on were checked.
        orphans: how many array files belonged to nobody, and were deleted.
    """

    violations: list[str] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)
    orphans: int = 0


def check_history(
    store_path: str | Path, acknowledged: Mapping[str, Acknowledged], *, is_drained: bool = True
) -> list[str]:
    """Return what is wrong with a store; orphans are collected on the way, as ``queuebit doctor --fix`` does.

    Args:
        store_path: the store; nobody may be writing to it.
        acknowledged: what clients were told, by the job's id. Jobs that nobody was told of may be there too: their
            clients died first.
        is_drained: whether all jobs have had the time to end. Otherwise they may also wait, or be left by a service
            that died.
    """
    return examined(store_path, acknowledged, is_drained=is_drained).violations


def examined(store_path: str | Path, acknowledged: Mapping[str, Acknowledged], *, is_drained: bool = True) -> Report:
    """Do what :func:`check_history` does, and tell how much was looked at.

    Args:
        store_path: as there.
        acknowledged: likewise.
        is_drained: likewise.
    """
    report = Report()
    path = Path(store_path)
    _check_files(path, report, is_drained=is_drained)
    store = open_store(path)
    try:
        jobs = {job.job_id: job for job in store.jobs(limit=None)}
        for job in jobs.values():
            _check_job(store, job, acknowledged.get(job.job_id, Acknowledged()), report, is_drained=is_drained)
        _check_none_is_missing(jobs, acknowledged, report)
        _check_keys(acknowledged, report)
        report.violations += _raised("the store as a whole", assert_consistent, store)
        _check_no_file_is_left(store, report)
    finally:
        store.close()
    return report


def _check_files(path: Path, report: Report, *, is_drained: bool) -> None:
    """Have the doctor look: nothing may be wrong but what a death may leave, and that must be mendable."""
    allowed = {FindingKind.ORPHAN_FILE} | (set() if is_drained else {FindingKind.DEAD_CLAIM})
    findings = examine(path, is_alive)
    report.violations += [f"doctor: {found.message}" for found in findings if found.kind not in allowed]
    orphans = [found for found in findings if found.kind is FindingKind.ORPHAN_FILE]
    report.orphans += len(mend(orphans))
    again = [found.message for found in examine(path, is_alive) if found.kind is FindingKind.ORPHAN_FILE]
    report.violations += [f"doctor, after mending: {message}" for message in again]


def _check_none_is_missing(
    jobs: Mapping[str, JobRecord], acknowledged: Mapping[str, Acknowledged], report: Report
) -> None:
    report.looked_at["acknowledged jobs"] += len(acknowledged)
    for job_id, told in acknowledged.items():
        if job_id not in jobs and not told.may_be_gone:
            report.violations.append(f"job {job_id} was acknowledged and isn't there")
        if job_id in jobs and told.is_gone:
            report.violations.append(f"job {job_id} is there, though its deletion was acknowledged")


def _check_keys(acknowledged: Mapping[str, Acknowledged], report: Report) -> None:
    by_key = defaultdict(list)
    for job_id, told in acknowledged.items():
        if told.idempotency_key is not None:
            by_key[told.idempotency_key].append(job_id)
    report.looked_at["idempotency keys"] += len(by_key)
    for key, job_ids in by_key.items():
        # Once a job is deleted, its key is free for another one.
        if len(job_ids) > 1 + sum(acknowledged[job_id].may_be_gone for job_id in job_ids):
            report.violations.append(f"the idempotency key {key} was acknowledged for several jobs: {job_ids}")


def _check_no_file_is_left(store: JobStore, report: Report) -> None:
    report.looked_at["array files"] += sum(1 for _ in store.files.iterdir())
    report.violations += [f"the array file {name} is kept and belongs to nobody" for name in files_of_nobody(store)]


def files_of_nobody(store: JobStore) -> list[str]:
    """Return the names of the array files that no result names."""
    there = {path.name for path in store.files.iterdir()}
    return sorted(there - {name for job in store.jobs(limit=None) for name in _files(store, job)})


def _files(store: JobStore, job: JobRecord) -> set[str]:
    try:
        return {name for result in store.results(job.job_id) for name in result.files}
    except UnknownJobError:  # deleted meanwhile
        return set()


# One job.


def _check_job(store: JobStore, job: JobRecord, told: Acknowledged, report: Report, *, is_drained: bool) -> None:
    story = store.events(job.job_id)
    report.looked_at["jobs"] += 1
    report.looked_at["events"] += len(story)
    wrong = [
        *_raised(f"the story of job {job.job_id}", assert_legal, job, story),
        *_raised(f"job {job.job_id}", assert_complete, store, job),
        *_wrong_story(job, story),
        *_wrong_by_what_was_told(job, told),
        *_stuck(job, is_drained=is_drained),
        *_wrong_results(store, job, told, report),
    ]
    if wrong:
        events = " ".join(f"{event.event}[{event.attempt}]" for event in story)
        report.violations += [f"{what} (job {job.job_id}, {job.backend_name}: {events})" for what in wrong]


def _wrong_story(job: JobRecord, story: Sequence[EventRecord]) -> list[str]:
    """Look at attempts, crashes and the intervals in which the job ran."""
    wrong = []
    attempts = [event.attempt for event in story if event.event is JobEvent.CLAIM]
    if attempts != list(range(1, len(attempts) + 1)):
        wrong.append(f"its attempts are {attempts}, not counted from 1")
    runner: str | None = None
    for event in story:
        if event.event is JobEvent.CLAIM and runner is not None:
            wrong.append(f"worker {event.worker_id} took it while {runner} had it")
        if event.event is JobEvent.LOSE_PART and not _names_a_part(event.reason, job.num_parts):
            wrong.append(f"of its {job.num_parts} parts one was lost, as {event.reason!r}")
        if event.event not in (JobEvent.UPDATE, JobEvent.REQUEST_CANCEL):
            if runner is not None and event.worker_id not in (runner, None):
                wrong.append(f"{event.event} by worker {event.worker_id}, while {runner} had it")
            runner = event.worker_id if event.state is JobState.RUNNING else None
    if JobEvent.CLAIM in _after(story, JobEvent.REQUEST_CANCEL):
        wrong.append("it was taken again after somebody had asked for its cancellation")
    losses = sum(event.event in _LOSSES for event in story)
    # A loss of a job that was to be cancelled is told as its cancellation.
    if not losses <= job.crashes <= losses + (job.state is JobState.CANCELLED):
        wrong.append(f"it counts {job.crashes} crashes, its story tells {losses}")
    ending = next((event.event for event in reversed(story) if event.event is not JobEvent.UPDATE), None)
    if job.is_final and ending not in _ENDS[job.state]:
        wrong.append(f"it is {job.state} after {ending}")
    gave_up = any(event.event is JobEvent.GIVE_UP for event in story)
    if gave_up != (job.state is JobState.ERROR and job.crashes == job.limits.max_attempts):
        wrong.append(f"it is {job.state} after {job.crashes} crashes of at most {job.limits.max_attempts}")
    if job.state is JobState.CANCELLED and not job.cancel_requested:
        wrong.append("it is cancelled, but nobody asked for it")
    return wrong


def _names_a_part(reason: str, num_parts: int) -> bool:
    """Tell whether a reason says which part of a job runs again; of one that isn't cut, the job does."""
    if num_parts == 1:
        return reason.startswith("it runs again: ")
    found = re.match(r"part (\d+) of (\d+) runs again: .", reason)
    return found is not None and 1 <= int(found[1]) <= int(found[2]) == num_parts


def _after(story: Sequence[EventRecord], event: JobEvent) -> list[JobEvent]:
    """Return what happened after the first event of a kind."""
    events = [record.event for record in story]
    return events[events.index(event) + 1 :] if event in events else []


def _wrong_by_what_was_told(job: JobRecord, told: Acknowledged) -> list[str]:
    wrong = []
    if told.final is not None and job.state is not told.final:
        wrong.append(f"somebody was told that it is {told.final}, now it is {job.state}")
    if job.attempt < told.attempt:
        wrong.append(f"somebody saw attempt {told.attempt}, now it is {job.attempt}")
    if told.cancelled and job.is_final and job.state is not JobState.CANCELLED:
        wrong.append(f"its cancellation was acknowledged, and it is {job.state}")
    if told.num_circuits is not None and job.num_circuits != told.num_circuits:
        wrong.append(f"it has {job.num_circuits} circuits instead of {told.num_circuits}")
    if told.seed is not None and job.options.get("seed_simulator") != told.seed:
        wrong.append(f"its seed is {job.options.get('seed_simulator')} instead of {told.seed}")
    if told.idempotency_key is not None and job.idempotency_key != told.idempotency_key:
        wrong.append(f"its key is {job.idempotency_key!r} instead of {told.idempotency_key!r}")
    error = job.error or {}
    if job.state is JobState.ERROR and error.get("type") not in told.errors:
        wrong.append(f"it failed with {error.get('type')}: {error.get('message')}")
    return wrong


def _stuck(job: JobRecord, *, is_drained: bool) -> list[str]:
    if job.is_final or not is_drained:
        return []
    return [f"it is stuck: still {job.state}, cancel_requested={job.cancel_requested}"]


# Results.


def _wrong_results(store: JobStore, job: JobRecord, told: Acknowledged, report: Report) -> list[str]:
    stored, parts = store.results(job.job_id), store.parts(job.job_id)
    report.looked_at["results"] += len(stored)
    report.looked_at["results of some shots"] += sum(result.shots is not None for result in stored)
    wrong = [*_repeated(stored), *_left(job, stored, parts)]
    if wrong or not stored:
        return wrong
    try:
        found = _whole_results(store, stored, num_shots(parts))
    except CodecError as error:
        return [f"a result can't be read: {error}"]
    for index, expected in _expected(store, job, told, report).items():
        if index in found:
            wrong += [f"the result of circuit {index} is wrong: {what}" for what in differences(found[index], expected)]
    return wrong


def _repeated(stored: Sequence[StoredResult]) -> list[str]:
    """Look for circuits, or some shots of one, that have several results."""
    times = Counter((result.index, result.shots) for result in stored)
    return [
        f"circuit {index} has several results" + (f" of the shots {shots}" if shots else "")
        for (index, shots), number in times.items()
        if number > 1
    ]


def _left(job: JobRecord, stored: Sequence[StoredResult], parts: Sequence[Part]) -> list[str]:
    """Look whether all of a job that is done has run."""
    if job.state is not JobState.DONE:
        return []
    finished = {result.index for result in stored if result.shots is None}
    finished_shots = {(result.index, result.shots.first) for result in stored if result.shots is not None}
    left = unfinished(parts, job.num_circuits, finished, finished_shots)
    if not left:
        return []
    if not parts:
        return [f"it is done with {len(stored)} results of {job.num_circuits}"]
    return [f"it is done without part {number + 1} of {len(parts)}, {part}" for number, part, _ in left]


def _whole_results(
    store: JobStore, stored: Sequence[StoredResult], cut: Mapping[int, int]
) -> dict[int, ExperimentResult]:
    """Return the results of circuits all of whose shots are there, put together where they are cut.

    Args:
        store: the store.
        stored: what is there.
        cut: how many shots those circuits have that are cut.
    """
    by_index: dict[int, list[StoredResult]] = defaultdict(list)
    for result in stored:
        by_index[result.index].append(result)
    whole = {}
    for index, results in by_index.items():
        results.sort(key=lambda result: result.shots or (0, 0))
        first, *rest = [decode_result(result, store.files) for result in results]
        number = sum(result.shots.number for result in results if result.shots is not None)
        if number == cut.get(index, 0):
            whole[index] = (
                first if index not in cut else merged(first, map(run_of, rest), f"the result of circuit {index}")
            )
    return whole


def _expected(store: JobStore, job: JobRecord, told: Acknowledged, report: Report) -> dict[int, dict[str, Any]]:
    """Return the data that the results must have, as far as that can be known."""
    if can_be_run_here(job):
        report.looked_at["results compared with an undisturbed run"] += len(store.results(job.job_id))
        data = undisturbed(job, store.circuits(job.job_id), store.parts(job.job_id))
    else:
        data = [{} for _ in range(job.num_circuits)]
    if told.counts is not None:
        report.looked_at["results compared with what a client has"] += len(told.counts)
        data = [{**expected, "counts": dict(counts)} for expected, counts in zip(data, told.counts, strict=True)]
    return dict(enumerate(data))


def _raised(what: str, check: Callable[..., None], *arguments: Any) -> list[str]:
    """Return what an assertion of the store's invariants says, with its source where it says nothing."""
    try:
        check(*arguments)
    except AssertionError as error:
        line = traceback.extract_tb(error.__traceback__)[-1].line
        return [f"{what}: {str(error) or line}"]
    except StoreError as error:
        return [f"{what}: {type(error).__name__}: {error}"]
    return []


def together(sights: Iterable[tuple[str, Acknowledged]]) -> tuple[dict[str, Acknowledged], list[str]]:
    """Put together what several clients were told.

    Args:
        sights: jobs' ids, each with what somebody was told of it.

    Returns:
        What was told of each job, and the violations: what can't all be true.
    """
    told: dict[str, Acknowledged] = {}
    violations: list[str] = []
    for job_id, new in sights:
        told[job_id] = _both(job_id, told[job_id], new, violations) if job_id in told else new
    return told, violations


def _both(job_id: str, one: Acknowledged, other: Acknowledged, violations: list[str]) -> Acknowledged:
    merged: dict[str, Any] = {}
    for name in ("final", "num_circuits", "seed", "counts", "idempotency_key"):
        values = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        if len(values) == 2 and values[0] != values[1]:
            violations.append(f"job {job_id}: one was told {name} {values[0]}, another {values[1]}")
        merged[name] = values[0] if values else None
    return Acknowledged(
        attempt=max(one.attempt, other.attempt),
        cancelled=one.cancelled or other.cancelled,
        may_be_gone=one.may_be_gone or other.may_be_gone,
        is_gone=one.is_gone or other.is_gone,
        errors=one.errors | other.errors,
        **merged,
    )
