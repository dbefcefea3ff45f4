"""The folder of array files: what is nobody's is found, and what somebody writes is left."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from queuebit.store import StoredResult, open_store
from queuebit.store.array_files import bringing_files, collect_orphans, defect, delete_files, orphans, owner, stem
from queuebit.store.folder_lock import held_alone
from queuebit.store.sqlite import SQLiteStore

from .builders import done, new_worker, running, submit

ID = "6f1a3c52-4a4b-4f0e-9d5e-2b6f0d1c7a11"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "lab.db")
    yield store
    store.close()


def put(store: SQLiteStore, name: str) -> str:
    np.save(store.files / name, np.arange(10))
    return name


def test_names_tell_the_job_and_the_attempt() -> None:
    assert stem(ID, 12) == f"{ID}-12"
    for name in (f"{ID}-12-0.memory.npy", f".{ID}-12-0.memory.npy.tmp", f"tmp{ID}-12"):
        assert owner(name) == (ID, 12)
    assert owner(f"{ID}.npy") == (ID, 0)
    assert owner("statevector.npy") is None


def test_files_of_jobs_that_are_not_there_are_orphans(store: SQLiteStore) -> None:
    name = put(store, f"{stem(ID, 1)}-0.npy")
    assert orphans(store) == [store.files / name]


def test_a_named_file_is_no_orphan_but_the_one_beside_it_is(store: SQLiteStore) -> None:
    claim = running(store)
    named = put(store, f"{stem(claim.job.job_id, 1)}-0.npy")
    other = put(store, f"{stem(claim.job.job_id, 1)}-1.npy")
    store.keep_results(claim, [StoredResult(index=0, content=b"", files=(named,))])
    assert orphans(store) == []
    store.cancelled(claim)
    assert collect_orphans(store) == [store.files / other]
    assert [path.name for path in store.files.iterdir()] == [named]


def test_what_a_running_attempt_writes_is_left_and_what_an_earlier_one_left_is_not(store: SQLiteStore) -> None:
    claim = running(store)
    old = put(store, f"{stem(claim.job.job_id, 1)}-0.npy")
    store.lose(claim, "SIGKILL")
    assert orphans(store) == [store.files / old]
    worker = new_worker()
    store.register_worker(worker)
    store.claim(worker.worker_id, 1)
    new = put(store, f"{stem(claim.job.job_id, 2)}-0.npy")
    temporary = put(store, f".{stem(claim.job.job_id, 2)}-1.npy")
    assert collect_orphans(store) == [store.files / old]
    assert sorted(path.name for path in store.files.iterdir()) == sorted([new, temporary])


def test_files_that_are_brought_before_their_jobs_are_left_until_that_is_over(store: SQLiteStore) -> None:
    brought = put(store, f"{stem(ID, 1)}-0.npy")
    claim = running(store)
    old = put(store, f"{stem(claim.job.job_id, 1)}-0.npy")
    store.lose(claim, "SIGKILL")
    with bringing_files(store.files), bringing_files(store.files):
        assert collect_orphans(store) == [store.files / old]
        assert orphans(store) == []
    assert collect_orphans(store) == [store.files / brought]


def test_who_brings_files_waits_while_orphans_are_deleted(store: SQLiteStore) -> None:
    order = []

    def bring() -> None:
        with bringing_files(store.files):
            order.append("brought")

    with held_alone(store.files):
        bringing = threading.Thread(target=bring)
        bringing.start()
        bringing.join(0.05)
        order.append("deleted")
    bringing.join()
    assert order == ["deleted", "brought"]


def test_what_is_not_ours_is_left(store: SQLiteStore) -> None:
    put(store, "notes.npy")
    (store.files / "folder").mkdir()
    assert collect_orphans(store) == []


def test_a_file_that_can_not_be_deleted_is_left_for_the_doctor(store: SQLiteStore) -> None:
    folder = store.files / f"{stem(ID, 1)}.npy"
    folder.mkdir()
    delete_files(store.files, [folder.name, "not there"])
    assert folder.is_dir()


def test_a_whole_file_has_no_defect(tmp_path: Path) -> None:
    for array in (np.zeros(3), np.zeros((2, 0)), np.array(5), np.ones((3, 4), dtype=complex, order="F")):
        np.save(tmp_path / "a.npy", array)
        assert defect(tmp_path / "a.npy") is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda content: content[:-1], "it has 207 bytes instead of 208"),
        (lambda content: content + b"x", "it has 209 bytes instead of 208"),
        (lambda content: content[:100], "it is no array file"),
        (lambda content: content[:3], "it is no array file"),
        (lambda content: b"", "it is no array file"),
        (lambda content: b"x" * 208, "it is no array file"),
    ],
)
def test_a_defect_is_told(tmp_path: Path, change: object, text: str) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(10))
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))
    assert (defect(path) or "").startswith(text)


def test_a_missing_file_is_a_defect(tmp_path: Path) -> None:
    assert defect(tmp_path / "a.npy") == "it isn't there"


def test_deleting_a_job_deletes_its_files_after_the_commit(store: SQLiteStore) -> None:
    name = put(store, f"{stem(ID, 1)}-0.npy")
    job = done(store, [StoredResult(index=0, content=b"", files=(name,))])
    submit(store)
    store.delete([job.job_id])
    assert list(store.files.iterdir()) == []
    again = open_store(store.path)
    assert again.count() == 1
    again.close()
