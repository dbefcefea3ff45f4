"""Finding jobs again: by id, by what they have in common, and what can be done to the found ones."""

import datetime as dt

import pytest

from queuebit.providers import JobStatus
from queuebit.queue import Transition
from queuebit.queue.pruning import delete_finished_before
from queuebit.queue.statuses import STATUS_OF
from queuebit.store import StoreError, UnknownJobError
from queuebit.store.states import JobState

DAY_US = 86_400_000_000


def ids(jobs):
    return [job.job_id() for job in jobs]


@pytest.fixture
def jobs(queue, bell):
    """A job of each kind, the oldest first."""
    simulator, other = queue.get_backend("basic_simulator"), queue.get_backend("qasm_simulator")
    return queue.run_many(
        [
            simulator.prepare(bell, name="first", tags=["bell"]),
            simulator.prepare(bell, name="second", tags=["bell", "lab"]),
            other.prepare(bell, name="third", tags=["lab"]),
        ]
    )


def test_a_job_is_found_by_its_id_and_by_its_beginning(queue, jobs):
    for job in jobs:
        assert queue.job(job.job_id()).job_id() == job.job_id()
        length = next(n for n in range(1, 36) if sum(other[:n] == job.job_id()[:n] for other in ids(jobs)) == 1)
        assert queue.job(job.job_id()[:length].upper()).job_id() == job.job_id()


def test_an_ambiguous_beginning_is_refused_with_the_ids(queue, simulator, bell):
    jobs = queue.run_many([simulator.prepare(bell) for _ in range(17)])
    beginnings = [job_id[0] for job_id in ids(jobs)]
    twice = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    with pytest.raises(UnknownJobError, match=f"several jobs begin with {twice}: ") as refused:
        queue.job(twice)
    assert any(job_id in str(refused.value) for job_id in ids(jobs) if job_id[0] == twice)


def test_jobs_come_newest_first_a_page_at_a_time(queue, jobs):
    assert ids(queue.jobs()) == ids(reversed(jobs))
    assert ids(queue.jobs(descending=False)) == ids(jobs)
    assert ids(queue.jobs(2)) == ids(reversed(jobs[1:]))
    assert ids(queue.jobs(limit=2, skip=2)) == ids(jobs[:1])
    assert ids(queue.jobs(limit=None)) == ids(reversed(jobs))
    assert queue.jobs(limit=0) == []


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"name": "second"}, [1]),
        ({"name": "sec"}, []),
        ({"tags": ["bell"]}, [0, 1]),
        ({"tags": ("lab", "bell")}, [1]),
        ({"backend_name": "qasm_simulator"}, [2]),
        ({"backend_name": "basic_simulator", "tags": ["lab"]}, [1]),
        ({"status": "QUEUED"}, [0, 2]),
        ({"status": JobStatus.CANCELLED}, [1]),
        ({"status": ["cancelled", JobStatus.QUEUED]}, [0, 1, 2]),
        ({"status": JobStatus.VALIDATING}, []),
        ({"status": []}, []),
        ({"status": "queued", "name": "second"}, []),
    ],
)
def test_all_conditions_must_hold(queue, jobs, conditions, found):
    jobs[1].cancel()
    assert ids(queue.jobs(descending=False, **conditions)) == ids(jobs[index] for index in found)


def test_times_may_be_aware_or_local(queue, jobs):
    created = jobs[0].time_created
    before, after = created - dt.timedelta(seconds=5), jobs[2].time_created + dt.timedelta(seconds=5)
    for zone in (dt.UTC, dt.timezone(dt.timedelta(hours=9)), None):
        earlier, later = before.astimezone(zone), after.astimezone(zone)
        if zone is None:
            earlier, later = earlier.replace(tzinfo=None), later.replace(tzinfo=None)
        assert len(queue.jobs(created_after=earlier, created_before=later)) == 3
        assert queue.jobs(created_after=later) == queue.jobs(created_before=earlier) == []


def test_statistics_count_each_status(queue, jobs):
    jobs[1].cancel()
    assert queue.statistics() == {
        JobStatus.QUEUED: 2,
        JobStatus.RUNNING: 0,
        JobStatus.DONE: 0,
        JobStatus.CANCELLED: 1,
        JobStatus.ERROR: 0,
    }


def test_handles_of_one_job_know_the_same(queue, jobs):
    found = queue.job(jobs[0].job_id())
    jobs[0].cancel()
    assert found.cancelled()
    assert "CANCELLED" in repr(found)


def test_updating_changes_what_is_given(queue, jobs):
    jobs[0].update(name="renamed")
    jobs[0].update(tags=["x", "x", "y"])
    found = queue.job(jobs[0].job_id())
    assert (found.name, found.tags, found.priority) == ("renamed", ("x", "y"), 0)
    found.update(tags=[], name="")
    assert (jobs[0].name, jobs[0].tags) == ("", ())
    assert queue.jobs(tags=["x"]) == []


@pytest.mark.parametrize("arguments", [{"name": 3}, {"tags": "x"}, {"priority": 1.5}])
def test_an_update_of_another_type_is_refused(jobs, arguments):
    with pytest.raises(TypeError, match=next(iter(arguments))):
        jobs[0].update(**arguments)


def test_a_finished_job_can_be_renamed(queue, jobs):
    jobs[0].cancel()
    jobs[0].update(name="too late", tags=["cancelled"])
    assert queue.job(jobs[0].job_id()).name == jobs[0].name == "too late"
    assert jobs[0].cancelled()


def test_the_story_tells_all_that_happened(jobs):
    jobs[0].update(name="renamed")
    jobs[0].queue.cancel_jobs([jobs[0]], reason="the laser is off")
    events = jobs[0].events()
    assert all(isinstance(event, Transition) for event in events)
    assert [event.event for event in events] == ["submit", "update", "cancel"]
    assert [event.status for event in events] == [JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.CANCELLED]
    assert events[-1].reason == "the laser is off"
    assert jobs[0].time_created == events[0].time
    assert jobs[0].time_finished == events[-1].time


def test_many_jobs_are_cancelled_at_once(queue, jobs):
    jobs[0].cancel()
    assert ids(queue.cancel_jobs([jobs[0], jobs[1], jobs[2].job_id()[:13]])) == ids(jobs[1:])
    assert queue.statistics()[JobStatus.CANCELLED] == 3
    assert queue.cancel_jobs() == []


def test_all_jobs_are_cancelled_without_a_list(queue, jobs):
    assert sorted(ids(queue.cancel_jobs())) == sorted(ids(jobs))
    assert all(job.cancelled() for job in jobs)


def test_an_unknown_id_among_others_cancels_none(queue, jobs):
    with pytest.raises(UnknownJobError):
        queue.cancel_jobs([jobs[0], "00000000-0000-4000-8000-000000000000"])
    assert jobs[0].status() is JobStatus.QUEUED


def test_a_final_job_can_be_deleted(queue, jobs):
    jobs[0].cancel()
    queue.delete_job(jobs[0])
    queue.cancel_jobs([jobs[1]])
    queue.delete_job(jobs[1].job_id())
    assert ids(queue.jobs()) == ids(jobs[2:])
    with pytest.raises(UnknownJobError):
        jobs[0].events()


def test_a_job_that_is_not_final_can_not_be_deleted(queue, jobs):
    with pytest.raises(StoreError, match="is queued and can't be deleted; cancel it first"):
        queue.delete_job(jobs[0])
    assert len(queue.jobs()) == 3


def test_pruning_deletes_what_has_been_final_for_long(queue, simulator, bell, monkeypatch):
    monkeypatch.setattr("queuebit.queue.pruning._PAGE", 2)
    jobs = queue.run_many([simulator.prepare(bell) for _ in range(7)])
    queue.cancel_jobs(jobs[:5])
    assert queue.prune(1) == 0
    assert queue.prune(dt.timedelta(hours=1)) == 0
    now_us = int(jobs[0].time_finished.timestamp() * 1e6)
    monkeypatch.setattr("time.time_ns", lambda: (now_us + 2 * DAY_US) * 1000)
    assert queue.prune(dt.timedelta(days=3)) == 0
    assert queue.prune(1) == 5
    assert sorted(ids(queue.jobs())) == sorted(ids(jobs[5:]))


def test_pruning_goes_by_the_end_not_by_the_beginning(queue, simulator, bell):
    first, second = simulator.run(bell), simulator.run(bell)
    second.cancel()
    middle_us = queue.store.get(second.job_id()).finished_us + 1
    first.cancel()
    assert queue.store.get(first.job_id()).finished_us >= middle_us
    assert delete_finished_before(queue.store, middle_us) == 1
    assert ids(queue.jobs()) == [first.job_id()]


def test_a_notebook_shows_a_table_with_everything_escaped(queue, simulator, bell):
    job = simulator.run(bell, name="<b>bold</b>")
    markup = queue._repr_html_()
    assert "1 QUEUED" in markup
    assert job.job_id() in markup
    assert "<b>bold" not in markup
    assert "&lt;b&gt;bold" in markup
    queue.close()
    assert "closed" in queue._repr_html_()


def test_each_state_has_a_status():
    assert set(STATUS_OF) == set(JobState)
