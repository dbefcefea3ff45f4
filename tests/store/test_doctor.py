"""The doctor finds what is wrong with a store, and mends what can be mended."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from queuebit.store import JobFilter, JobState, Limits, StoreCorruptError, StoredResult, WorkerRecord
from queuebit.store.array_files import stem
from queuebit.store.doctor import FindingKind, examine, mend
from queuebit.store.sqlite import SQLiteStore
from queuebit.testing.store_checks.fixtures import FIRST_SHOTS, PARTS, RESULT, THREE_CIRCUITS
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import done, new_worker, running, submit

ID = "6f1a3c52-4a4b-4f0e-9d5e-2b6f0d1c7a11"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "lab.db")
    yield store
    store.close()


def kinds(path: Path) -> list[str]:
    return [finding.kind for finding in examine(path, lambda worker: True)]


def execute(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_good_store_has_nothing(store: SQLiteStore) -> None:
    done(store)
    submit(store, tags=("t",))
    running(store, priority=1)
    assert examine(store.path, lambda worker: True) == []
    assert mend([]) == []


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    (finding,) = examine(tmp_path / "no.db")
    assert (finding.kind, finding.can_be_mended) == (FindingKind.UNUSABLE, False)
    assert "there is no store" in finding.message
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("some text")
    (finding,) = examine(path)
    assert (finding.kind, finding.subject) == (FindingKind.UNUSABLE, "text.db")
    assert "is no database" in finding.message


def test_a_newer_version_is_told(store: SQLiteStore) -> None:
    store.close()
    execute(store.path, "PRAGMA user_version = 99")
    (finding,) = examine(store.path)
    assert finding.kind is FindingKind.UNUSABLE
    assert "version 99" in finding.message


def test_a_damaged_database_is_told_with_what_to_do(store: SQLiteStore) -> None:
    for number in range(50):
        submit(store, name=f"{number}")
    store.close()
    content = bytearray(store.path.read_bytes())
    content[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    store.path.write_bytes(content)
    findings = examine(store.path)
    assert {finding.kind for finding in findings} == {FindingKind.DAMAGED}
    assert not any(finding.can_be_mended for finding in findings)
    assert ".recover" in findings[0].cure
    assert mend(findings) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM postings",
        "UPDATE postings SET members = x'0100' WHERE facet_id = 1",
        "UPDATE facets SET jobs = jobs + 1 WHERE kind = 'tag'",
        "UPDATE facets SET jobs = 7 WHERE value = 'error'",
        "UPDATE blocks SET last_created_us = first_created_us - 1",
        "DELETE FROM blocks",
        "UPDATE jobs SET name = 'other' WHERE sequence = 2",
        "UPDATE jobs SET tags = NULL WHERE sequence = 2",
        "INSERT INTO facets (kind, value, jobs) VALUES ('tag', 'more', 1)",
    ],
)
def test_a_wrong_index_is_found_and_made_anew(store: SQLiteStore, statement: str) -> None:
    for number in range(4):
        submit(store, name=f"{number}", tags=("s", "t"))
    store.close()
    execute(store.path, statement)
    findings = examine(store.path)
    assert [finding.kind for finding in findings] == [FindingKind.WRONG_INDEX]
    assert mend(findings) == findings
    assert examine(store.path) == []
    again = SQLiteStore(store.path)
    assert_consistent(again)
    assert len(again.jobs(JobFilter(tags=("s",)))) in (3, 4)
    again.close()


def test_orphans_are_found_and_deleted(store: SQLiteStore) -> None:
    name = f"{stem(ID, 1)}-0.npy"
    np.save(store.files / name, np.arange(3))
    (finding,) = examine(store.path)
    assert (finding.kind, finding.subject) == (FindingKind.ORPHAN_FILE, name)
    assert mend([finding]) == [finding]
    assert list(store.files.iterdir()) == []


def test_a_strange_file_is_told_and_left(store: SQLiteStore) -> None:
    (store.files / "notes.txt").write_text("mine")
    findings = examine(store.path)
    assert [(finding.kind, finding.subject) for finding in findings] == [(FindingKind.STRANGE_FILE, "notes.txt")]
    assert mend(findings) == []
    assert (store.files / "notes.txt").exists()


def test_missing_and_truncated_array_files_are_told_with_the_job(store: SQLiteStore) -> None:
    names = [f"{stem(ID, 1)}-{number}.npy" for number in range(3)]
    for name in names[:2]:
        np.save(store.files / name, np.arange(10))
    with (store.files / names[0]).open("r+b") as file:
        file.truncate(150)
    job = done(store, [StoredResult(index=0, content=b"", files=tuple(names))])
    findings = [finding for finding in examine(store.path) if finding.kind is FindingKind.BAD_FILE]
    assert [finding.subject for finding in findings] == [names[0], names[2]]
    assert "it has 150 bytes instead of 208" in findings[0].message
    assert "it isn't there" in findings[1].message
    assert all(f"queuebit rerun {job.job_id}" in finding.cure for finding in findings)
    assert mend(findings) == []


def test_dead_claims_are_found_and_recovered(store: SQLiteStore) -> None:
    alive, dead = running(store), running(store, limits=Limits(max_attempts=1))
    stray = running(store)
    store.unregister_worker(str(stray.job.worker_id))

    def is_alive(worker: WorkerRecord) -> bool:
        return worker.worker_id == alive.job.worker_id

    findings = examine(store.path, is_alive)
    assert [finding.subject for finding in findings] == [dead.job.worker_id, stray.job.worker_id]
    assert [dead.job.job_id in findings[0].message, stray.job.job_id in findings[1].message] == [True, True]
    assert mend(findings) == findings
    assert examine(store.path, is_alive) == []
    states = [store.get(claim.job.job_id).state for claim in (alive, dead, stray)]
    assert states == [JobState.RUNNING, JobState.ERROR, JobState.QUEUED]


def test_without_a_question_about_life_registered_workers_are_left(store: SQLiteStore) -> None:
    running(store)
    assert examine(store.path) == []


def test_circuits_of_no_job_are_found_and_deleted(store: SQLiteStore) -> None:
    job = submit(store)
    execute(store.path, "INSERT INTO circuits (sha256, content) VALUES (x'00', x'01'), (x'01', x'02')")
    findings = examine(store.path)
    assert [finding.kind for finding in findings] == [FindingKind.UNUSED_CIRCUITS]
    assert "2 circuits belong to no job" in findings[0].message
    assert mend(findings) == findings
    assert examine(store.path) == []
    assert store.circuits(job.job_id) == (b"bell",)


def test_parts_of_no_job_are_found_and_deleted(store: SQLiteStore) -> None:
    job = done(store, [FIRST_SHOTS], circuits=THREE_CIRCUITS, parts=PARTS)
    store.close()
    execute(
        store.path,
        "INSERT INTO plans SELECT sequence + 7, parts FROM plans",
        "INSERT INTO shot_results SELECT part_id + (7 << 20), first_shot, num_shots, content, NULL FROM shot_results",
    )
    found = [finding for finding in examine(store.path) if finding.kind is not FindingKind.BAD_FILE]
    assert [finding.kind for finding in found] == [FindingKind.UNUSED_PARTS]
    assert "1 plans of parts and 1 results of shots belong to no job" in found[0].message
    mend(found)
    assert FindingKind.UNUSED_PARTS not in kinds(store.path)
    again = SQLiteStore(store.path)
    assert again.parts(job.job_id) == PARTS
    assert again.results(job.job_id) == [FIRST_SHOTS]
    again.close()


BAD_PLANS = {
    "gone": "DELETE FROM plans",
    "no plan": "UPDATE plans SET parts = 'a plan'",
    "no parts": "UPDATE plans SET parts = '[1, 2]'",
    "of other circuits": "UPDATE plans SET parts = '[[0, 1], [1, 1], [2, 1], [3, 1]]'",
    "of other parts": "UPDATE plans SET parts = '[[0, 1], [1, 2]]'",
    "not said by the job": "UPDATE jobs SET num_parts = 1",
}


@pytest.mark.parametrize("statement", BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_job_that_waits_and_has_lost_its_plan_is_made_one_of_one_part(store: SQLiteStore, statement: str) -> None:
    claim = running(store, circuits=THREE_CIRCUITS, parts=PARTS)
    name = f"{stem(claim.job.job_id, 1)}-2-0-0.npy"
    np.save(store.files / name, np.arange(3))
    store.keep_results(claim, [RESULT, replace(FIRST_SHOTS, files=(name,))])
    store.release(claim, "stopping")
    store.close()
    execute(store.path, statement)
    finding = next(finding for finding in examine(store.path) if finding.kind is not FindingKind.ORPHAN_FILE)
    assert (finding.kind, finding.subject) == (FindingKind.LOST_PLAN, claim.job.job_id)
    assert mend([finding]) == [finding]
    assert examine(store.path) == []
    assert list(store.files.iterdir()) == []
    mended = SQLiteStore(store.path)
    (again,) = mended.claim(str(claim.job.worker_id), 1)
    assert (again.job.num_parts, again.parts, again.finished) == (1, (), {0})
    assert mended.results(claim.job.job_id) == [RESULT]
    assert_consistent(mended)
    mended.close()


def test_a_job_that_has_lost_its_plan_and_cant_do_without_is_told(store: SQLiteStore) -> None:
    lost = [
        done(store, [FIRST_SHOTS], circuits=THREE_CIRCUITS, parts=PARTS),
        running(store, circuits=THREE_CIRCUITS, parts=PARTS).job,
    ]
    kept = done(store, circuits=THREE_CIRCUITS, parts=PARTS)
    store.close()
    execute(store.path, "DELETE FROM plans")
    findings = {finding.subject: finding for finding in examine(store.path) if finding.kind is not FindingKind.BAD_FILE}
    assert [findings[job.job_id].kind for job in (*lost, kept)] == ["bad_plan", "bad_plan", "lost_plan"]
    assert "restore a backup" in findings[lost[0].job_id].cure
    assert mend(findings.values()) == [findings[kept.job_id]]
    assert {finding.subject for finding in examine(store.path) if finding.kind is FindingKind.BAD_PLAN} == {
        job.job_id for job in lost
    }
    again = SQLiteStore(store.path)
    for job in lost:
        with pytest.raises(StoreCorruptError, match="3 parts, but there are 0; run: queuebit doctor"):
            again.parts(job.job_id)
    assert again.results(kept.job_id) == [RESULT]
    again.close()


def test_a_job_without_its_plan_is_not_claimed(store: SQLiteStore) -> None:
    worker = new_worker()
    store.register_worker(worker)
    submit(store, circuits=THREE_CIRCUITS, parts=PARTS)
    store.close()
    execute(store.path, "UPDATE plans SET parts = '[[0, 1]'")
    again = SQLiteStore(store.path)
    with pytest.raises(StoreCorruptError, match=r"can't be read.*queuebit doctor"):
        again.claim(worker.worker_id, 1)
    assert again.statistics()[JobState.QUEUED] == 1
    again.close()


def test_findings_of_several_stores_are_mended_together(tmp_path: Path) -> None:
    paths = [tmp_path / "one.db", tmp_path / "two.db"]
    for path in paths:
        store = SQLiteStore(path)
        np.save(store.files / f"{stem(ID, 1)}-0.npy", np.arange(3))
        store.close()
    findings = [finding for path in paths for finding in examine(path)]
    assert len(mend(findings[::-1])) == 2
    assert [kinds(path) for path in paths] == [[], []]


def test_a_store_in_use_can_be_examined(store: SQLiteStore) -> None:
    worker = new_worker()
    store.register_worker(worker)
    submit(store)
    (claim,) = store.claim(worker.worker_id, 1)
    np.save(store.files / f"{stem(claim.job.job_id, 1)}-0.npy", np.arange(3))
    assert kinds(store.path) == []
