"""``queuebit worker --dry-run``: how workers would share the jobs that wait. Nothing runs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from qiskit import QuantumCircuit

from queuebit import JobQueue
from queuebit.queue import planning
from queuebit.store import JobState, NewJob

Call = Callable[..., Result]
Document = Callable[..., dict[str, Any]]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobQueue]:
    """A queue that nobody serves; it is the default one, and its jobs are cut however short they are."""
    monkeypatch.setattr(planning, "_WORTH_CUTTING_S", 0.0)
    monkeypatch.setattr(planning, "_SHORTEST_PART_S", 0.0)
    monkeypatch.setenv("QUEUEBIT_STORE", str(tmp_path / "lab.db"))
    with JobQueue(tmp_path / "lab.db", start_worker=False) as queue:
        yield queue


def test_every_part_and_every_worker_is_in_the_document(
    queue: JobQueue, bell: QuantumCircuit, document: Document
) -> None:
    backend = queue.get_backend()
    later, first = backend.run([bell] * 8, name="later"), backend.run(bell, name="first", priority=1)
    found = document("worker", "--dry-run", "--plan", "4")
    assert [job["job_id"] for job in found["jobs"]] == [first.job_id(), later.job_id()]
    parts = [part for job in found["jobs"] for part in job["parts"]]
    assert [part["circuits"] for part in found["jobs"][1]["parts"]] == [{"first": n, "number": 1} for n in range(8)]
    assert len(found["workers"]) == 4
    for number, worker in enumerate(found["workers"]):
        own = [part for part in parts if part["worker"] == number]
        assert worker["parts"] == len(own)
        assert worker["busy_s"] == pytest.approx(sum(part["work_s"] for part in own), abs=1e-5)
        assert worker["memory_bytes"] == max(part["memory_bytes"] for part in own)
    assert found["work_s"] == pytest.approx(sum(job["work_s"] for job in found["jobs"]), abs=1e-5)
    # Nine Bell pairs: nothing but the service takes time.
    assert found["bound"]["name"] == "service"
    assert found["whole_s"] == found["service_s"]


def test_nothing_is_started_or_written(queue: JobQueue, bell: QuantumCircuit, queuebit: Call) -> None:
    job = queue.get_backend().run([bell] * 3)
    before = queue.store.get(job.job_id()), queue.store.events(job.job_id())
    assert queuebit("worker", "--dry-run", "--plan", "2").exit_code == 0
    assert (queue.store.get(job.job_id()), queue.store.events(job.job_id())) == before
    assert queue.store.workers() == []
    assert queue.store.statistics()[JobState.QUEUED] == 1


def test_people_see_jobs_workers_and_the_limit(queue: JobQueue, bell: QuantumCircuit, queuebit: Call) -> None:
    job = queue.get_backend().run([bell] * 3, name="sweep")
    shown = queuebit("worker", "--dry-run", "--plan", "2").stdout
    assert job.job_id()[:8] in shown
    assert "3 of 3" in shown
    assert "sweep" in shown
    assert "3 parts on 2 workers" in shown
    assert "The service is the limit" in shown


def test_of_many_workers_and_jobs_some_are_shown(queue: JobQueue, bell: QuantumCircuit, queuebit: Call) -> None:
    backend = queue.get_backend()
    queue.run_many(backend.prepare(bell) for _ in range(25))
    shown = queuebit("worker", "--dry-run", "--plan", "100000").stdout
    assert "and 5 more jobs" in shown
    assert "99,975 without work" in shown
    assert len(shown.splitlines()) < 45


def test_a_job_without_an_estimate_is_named_with_the_reason(
    queue: JobQueue, queuebit: Call, document: Document
) -> None:
    job_id = "0a0a0a0a-0000-4000-8000-000000000000"
    queue.store.submit([NewJob(job_id=job_id, backend_name="no_module_here:Backend", circuits=(b"c",))])
    shown = queuebit("worker", "--dry-run", "--plan", "2").stdout
    assert "0a0a0a0a: " in shown
    assert "no_module_here" in shown
    (job,) = document("worker", "--dry-run", "--plan", "2")["jobs"]
    assert "no_module_here" in job["reason"]
    assert (job["parts"], job["work_s"]) == ([], None)


def test_an_empty_queue_leaves_nothing_to_plan(queue: JobQueue, queuebit: Call, document: Document) -> None:
    assert "no job waits" in queuebit("worker", "--dry-run", "--plan", "2").stdout
    found = document("worker", "--dry-run", "--plan", "2")
    assert (found["jobs"], found["bound"]["name"], len(found["workers"])) == ([], "nothing", 2)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--dry-run"], "--dry-run needs --plan N"),
        (["--plan", "3"], "--plan needs --dry-run"),
        (["--json"], "--json needs --dry-run"),
        (["--dry-run", "--plan", "3", "--processes", "3"], "--processes says how to run"),
        (["--dry-run", "--plan", "3", "--idle-timeout", "3"], "--idle-timeout says how to run"),
        (["--dry-run", "--plan", "0"], "must be a whole number from 1 to 100000; got '0'"),
        (["--dry-run", "--plan", "100001"], "must be a whole number from 1 to 100000"),
        (["--dry-run", "--plan", "3", "--store", "nowhere.db"], "there is no queue"),
    ],
)
def test_what_makes_no_sense_is_bad_input(queuebit: Call, args: list[str], said: str) -> None:
    result = queuebit("worker", *args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not os.path.exists("nowhere.db")  # noqa: PTH110
