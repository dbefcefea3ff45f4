"""What happens when the disk is full, an input or output fails, or the database goes away."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuebit.store import JobState, StoredResult, StoreError, StoreUnusableError, Usage, open_store
from queuebit.store.failpoints import parse, switched_on
from queuebit.store.sqlite import SQLiteStore, writer
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import run_python, running, submit

LARGE = StoredResult(index=0, content=bytes(1_000_000))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "lab.db")
    yield store
    store.close()


def fill(store: SQLiteStore) -> None:
    """Let SQLite have no page more than it has, as on a full disk."""
    connection = store._writer._connection
    assert connection is not None
    connection.pragma("max_page_count", connection.pragma("page_count"))


def test_a_submission_on_a_full_disk_is_refused_and_the_store_goes_on(store: SQLiteStore) -> None:
    job = submit(store)
    fill(store)
    with pytest.raises(StoreError, match=r"there is no space left for the store .*lab\.db; nothing of this was stored"):
        submit(store, circuits=(bytes(1_000_000),))
    assert store.jobs() == [job]
    assert submit(store, circuits=(bytes(1_000_000),)).sequence > job.sequence
    assert_consistent(store)


def test_a_finish_on_a_full_disk_leaves_the_run(store: SQLiteStore) -> None:
    claim = running(store)
    fill(store)
    with pytest.raises(StoreError, match="no space left"):
        store.finish([(claim, [LARGE], Usage())])
    assert store.get(claim.job.job_id).state is JobState.RUNNING
    assert store.results(claim.job.job_id) == []
    (job,) = store.finish([(claim, [LARGE], Usage())])
    assert job is not None
    assert job.state is JobState.DONE


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("io_error", "can't be read or written: .*Input/output error.*; nothing of this was stored. Check the disk"),
        ("disk_full", "there is no space left for the store .*; nothing of this was stored. Make room"),
        ("raise", "the failpoint submit.before_commit is switched on"),
    ],
)
def test_a_commit_that_fails_stores_nothing_and_the_store_goes_on(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, action: str, text: str
) -> None:
    job = submit(store)
    monkeypatch.setattr(writer, "failpoint", switched_on(parse(f"submit.before_commit:{action}@2")))
    second = submit(store)
    with pytest.raises(Exception, match=text):
        submit(store)
    third = submit(store)
    assert store.jobs(descending=False) == [job, second, third]
    assert_consistent(store)


def test_what_the_system_refuses_to_write_is_told_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """With a limit on the size of files, writing fails as it does on a broken disk."""
    code = """
import resource, sys, uuid
from queuebit.store import *
store = open_store(sys.argv[1])

def submit():
    job = NewJob(job_id=str(uuid.uuid4()), backend_name="b", circuits=(uuid.uuid4().bytes * 1000,))
    print(store.submit([job])[0].job_id, flush=True)

submit()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
try:
    while True:
        submit()
except StoreError as error:
    print(error, file=sys.stderr, flush=True)
print(store.count(), file=sys.stderr, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
submit()
store.close()
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    tried = run_python(code, tmp_path / "lab.db")
    assert tried.returncode == 0, tried.stderr
    message, count = tried.stderr.splitlines()
    acknowledged = tried.stdout.split()
    assert "can't be read or written" in message or "no space left" in message
    assert int(count) == len(acknowledged) - 1
    store = open_store(tmp_path / "lab.db")
    assert [job.job_id for job in store.jobs(limit=None, descending=False)] == acknowledged
    assert_consistent(store)
    store.close()


def test_a_database_that_is_deleted_while_it_is_open_is_told_of(store: SQLiteStore) -> None:
    submit(store)
    for name in ("lab.db", "lab.db-wal", "lab.db-shm"):
        store.path.with_name(name).unlink()
    for call in (lambda: submit(store), store.jobs):
        with pytest.raises(StoreUnusableError, match=r"lab\.db was deleted, moved or replaced .* open it again"):
            call()
    assert not store.path.exists()


def test_a_database_that_is_replaced_while_it_is_open_is_told_of(store: SQLiteStore, tmp_path: Path) -> None:
    submit(store)
    other = SQLiteStore(tmp_path / "other.db")
    other.close()
    other.path.replace(store.path)
    with pytest.raises(StoreUnusableError, match="replaced"):
        submit(store)


def test_a_value_that_is_too_large_is_told_of(store: SQLiteStore) -> None:
    connection = store._writer._connection
    assert connection is not None
    connection.limit(0, 10_000)  # the length of a value; the real limit takes gigabytes to reach
    with pytest.raises(StoreError, match="too large for the store"):
        submit(store, circuits=(bytes(20_000),))
    submit(store)
    assert_consistent(store)
