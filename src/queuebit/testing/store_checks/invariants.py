"""What always holds of a store, whatever was done to it and whoever died meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from queuebit.store import FINAL_STATES, EventRecord, JobEvent, JobFilter, JobRecord, JobState, JobStore, StoreError
from queuebit.store.checks import check_results
from queuebit.store.parts import check_parts
from queuebit.store.states import TRANSITIONS


def assert_consistent(store: JobStore) -> None:
    """Check that each job has one legal story that ends where it stands, and that lists and counts agree.

    Args:
        store: The store; nobody else may be writing.
    """
    jobs = store.jobs(limit=None, descending=False)
    for job in jobs:
        assert_legal(job, store.events(job.job_id))
        assert_complete(store, job)
    counted = Counter(job.state for job in jobs)
    assert store.statistics() == {state: counted[state] for state in JobState}
    assert store.count() == len(jobs)
    assert [job.sequence for job in jobs] == sorted({job.sequence for job in jobs})
    for state in JobState:
        listed = store.jobs(JobFilter(states=frozenset({state})), limit=None, descending=False)
        assert listed == [job for job in jobs if job.state is state]


def assert_legal(job: JobRecord, story: Sequence[EventRecord]) -> None:
    """Check a story by the table of transitions, and that it ends where the job stands.

    Args:
        job: The job.
        story: Its events.
    """
    state: JobState | None = None
    attempt = claims = 0
    for event in story:
        assert TRANSITIONS.get((state, event.event)) is event.state, f"{job.job_id}: {event.event} after {state}"
        claims += event.event is JobEvent.CLAIM
        assert event.attempt >= attempt, f"{job.job_id}: the attempt decreases"
        assert event.attempt == claims, f"{job.job_id}: {claims} claims in attempt {event.attempt}"
        state, attempt = event.state, event.attempt
    assert state is job.state, f"{job.job_id} is {job.state}, but its story ends in {state}"
    assert attempt == job.attempt
    assert sum(event.event is JobEvent.SUBMIT for event in story) == 1
    assert sum(event.state in FINAL_STATES and event.event is not JobEvent.UPDATE for event in story) <= 1


def assert_complete(store: JobStore, job: JobRecord) -> None:
    """Check that all of a job is there: circuits, parts, at most one result of each, and what its state promises.

    Args:
        store: The store.
        job: The job.
    """
    assert len(store.circuits(job.job_id)) == job.num_circuits
    parts, results = store.parts(job.job_id), store.results(job.job_id)
    assert job.num_parts == max(1, len(parts))
    try:
        check_parts(parts, job.num_circuits, job.job_id)
        check_results(results, job.num_circuits, parts, job.job_id)
    except StoreError as error:
        raise AssertionError(str(error)) from error
    places = [(result.index, -1 if result.shots is None else result.shots.first) for result in results]
    assert places == sorted(set(places))
    assert (job.worker_id is not None) == (job.state is JobState.RUNNING)
    assert (job.finished_us is not None) == job.is_final
    assert (job.error is not None) == (job.state is JobState.ERROR)
    assert job.crashes <= job.attempt
    assert job.crashes <= job.limits.max_attempts
    assert (store.queue_position(job.job_id) is not None) == (job.state is JobState.QUEUED)
    assert store.get(job.job_id) == job
