"""The writing thread: what waits together is committed together, and nothing is half done."""

import gc
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from queuebit.store import JobRecord, StoreError, open_store
from queuebit.store.sqlite import SQLiteStore, connecting, writer
from queuebit.testing.patience import eventually

from .builders import new_job, run_python, submit

THREADS = 8


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "lab.db")
    yield store
    store.close()


@contextmanager
def locked(store: SQLiteStore) -> Iterator[None]:
    """Hold the lock for writing, as another process may."""
    other = connecting.connect_to_write(store.path)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def waiting(store: SQLiteStore) -> int:
    return store._writer._inbox.qsize()


def submit_in_threads(store: SQLiteStore, executor: ThreadPoolExecutor) -> list[Future[JobRecord]]:
    """Let one submission begin, which waits for the lock, and then the others, which wait for their turn."""
    first = executor.submit(submit, store)
    assert eventually(60, lambda: store._writer._turn.locked() and waiting(store) == 0)
    others = [executor.submit(submit, store) for _ in range(THREADS - 1)]
    assert eventually(60, lambda: waiting(store) == THREADS - 1)
    return [first, *others]


def count_commits(store: SQLiteStore) -> list[str]:
    commits: list[str] = []

    def note(cursor: object, statement: str, bindings: object) -> bool:
        if statement == "COMMIT":
            commits.append(statement)
        return True

    assert store._writer._connection is not None
    store._writer._connection.set_exec_trace(note)
    return commits


def test_writes_that_wait_together_share_a_commit(store: SQLiteStore) -> None:
    commits = count_commits(store)
    with ThreadPoolExecutor(THREADS) as executor:
        with locked(store):
            jobs = submit_in_threads(store, executor)
        assert len({job.result().job_id for job in jobs}) == THREADS
    assert len(commits) == 2
    assert store.count() == THREADS


def test_a_write_that_comes_alone_waits_for_nobody(store: SQLiteStore) -> None:
    commits = count_commits(store)
    for _ in range(5):
        submit(store)
    assert len(commits) == 5


def test_a_write_that_fails_does_not_take_its_group_with_it(store: SQLiteStore) -> None:
    taken = submit(store)
    with ThreadPoolExecutor(THREADS) as executor:
        with locked(store):
            first = executor.submit(submit, store)
            assert eventually(60, lambda: store._writer._turn.locked() and waiting(store) == 0)
            good = [executor.submit(submit, store) for _ in range(3)]
            bad = executor.submit(submit, store, job_id=taken.job_id)
            assert eventually(60, lambda: waiting(store) == 4)
        assert len({job.result().job_id for job in [first, *good]}) == 4
        with pytest.raises(StoreError, match=taken.job_id):
            bad.result()
    assert store.count() == 5


def test_a_write_is_on_the_disk_when_it_is_acknowledged(store: SQLiteStore) -> None:
    job = submit(store)
    other = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    assert other.execute("SELECT job_id FROM jobs").fetchall() == [(job.job_id,)]
    other.close()


def test_commits_wait_for_the_disk(store: SQLiteStore) -> None:
    submit(store)
    connection = store._writer._connection
    assert connection is not None
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("journal_mode") == "wal"


def test_an_interrupted_write_that_has_not_begun_never_happens(store: SQLiteStore) -> None:
    class Interrupt(Exception):
        pass

    def interrupt(number: int, frame: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ThreadPoolExecutor(1) as executor, locked(store):
            begun = executor.submit(submit, store)
            assert eventually(60, lambda: store._writer._turn.locked() and waiting(store) == 0)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Interrupt):
                submit(store)
            assert waiting(store) == 1
    finally:
        signal.signal(signal.SIGALRM, before)
    later = submit(store)
    assert {job.job_id for job in store.jobs()} == {begun.result().job_id, later.job_id}


def test_closing_waits_for_what_was_asked_for(store: SQLiteStore) -> None:
    with ThreadPoolExecutor(THREADS) as executor:
        with locked(store):
            jobs = submit_in_threads(store, executor)
            closed = threading.Thread(target=store.close)
            closed.start()
            assert eventually(60, lambda: store._writer._closed)
        closed.join()
        acknowledged = {job.result().job_id for job in jobs}
    again = open_store(store.path)
    assert {job.job_id for job in again.jobs()} == acknowledged
    again.close()


def test_a_store_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "dropped.db")
    submit(store)
    thread = store._writer._thread
    assert thread is not None
    del store
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert not (tmp_path / "dropped.db-wal").exists()


def test_a_program_that_ends_without_closing_leaves_one_file(tmp_path: Path) -> None:
    code = """
import sys
from queuebit.store import *
store = open_store(sys.argv[1])
store.submit([NewJob(job_id="j", backend_name="b", circuits=(b"c",))])
store.count()
"""
    assert run_python(code, tmp_path / "lab.db").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.db", "lab.db.files"]


def test_a_writer_that_hangs_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_S", 0.05)
    store = SQLiteStore(tmp_path / "lab.db")
    with locked(store), pytest.raises(StoreError, match="another process has been writing to the store"):
        submit(store)
    submit(store)
    store.close()


def test_maintenance_that_fails_changes_nothing(store: SQLiteStore) -> None:
    job = submit(store)

    def half(transaction: writer.Transaction) -> None:
        transaction.run("DELETE FROM jobs")
        raise ValueError("stopped half-way")

    with pytest.raises(ValueError, match="half-way"):
        store.maintain("half", half)
    assert store.get(job.job_id) == job


def test_the_log_is_moved_to_the_database_now_and_then(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_PAGES", 20)
    for _ in range(40):
        submit(store)
    log = store.path.with_name("lab.db-wal")
    assert log.stat().st_size < 60 * 4200
    assert store.count() == 40


def test_readers_do_not_wait_for_a_writer(store: SQLiteStore) -> None:
    job = submit(store)
    with locked(store):
        assert store.get(job.job_id) == job
        assert store.jobs() == [job]


def test_a_list_is_of_one_moment(store: SQLiteStore) -> None:
    """While jobs are added and deleted, no list misses one that was there throughout, and none has a gap."""
    kept = [job.job_id for job in store.submit([new_job(name="kept") for _ in range(20)])]
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            job = submit(store)
            store.request_cancel([job.job_id])
            store.delete([job.job_id])

    with ThreadPoolExecutor(1) as executor:
        changing = executor.submit(change)
        for _ in range(100):
            listed = store.jobs(limit=None, descending=False)
            assert [job.job_id for job in listed[:20]] == kept
            assert len(listed) in (20, 21)
        stop.set()
        changing.result()
