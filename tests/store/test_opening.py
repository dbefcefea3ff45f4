"""What opening a store refuses, and what it leaves untouched."""

import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path

import apsw
import pytest

from queuebit.store import StoreCorruptError, StoreUnusableError, Usage, open_store
from queuebit.store.doctor import examine
from queuebit.store.sqlite import SQLiteStore, connecting
from queuebit.store.sqlite.migrations import APPLICATION_ID, MIGRATIONS, Migration, migrate, newest
from queuebit.testing.store_checks.fixtures import LAST_SHOTS, PARTS, RESULT, THREE_CIRCUITS
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import done, run_python, running, submit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.db"


def everything(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}


def test_a_store_that_is_not_there_is_made(path: Path) -> None:
    store = open_store(path)
    job = submit(store)
    store.close()
    again = open_store(str(path))
    assert again.get(job.job_id) == job
    assert again.files == path.with_name("lab.db.files")
    again.close()


def test_a_closed_store_is_one_file_and_a_folder(path: Path) -> None:
    store = open_store(path)
    submit(store)
    store.close()
    assert sorted(item.name for item in path.parent.iterdir()) == ["lab.db", "lab.db.files"]


def test_the_file_says_whose_it_is(path: Path) -> None:
    open_store(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (newest(),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    open_store(path).close()
    assert path.stat().st_size


def test_a_link_leads_to_one_store(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    first, second = open_store(path), open_store(link)
    assert second.get(submit(first).job_id)
    assert first.files == second.files
    first.close()
    second.close()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match=r"is a folder; give the path of a file, for example .*/queue\.db"):
        open_store(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match=r"the folder .*/no of the store lab\.db isn't there; .*mkdir -p"):
        open_store(tmp_path / "no" / "lab.db")


def test_a_file_as_folder_is_refused(path: Path) -> None:
    path.write_text("text")
    with pytest.raises(StoreUnusableError, match=r"is a file, so .* can't be a store"):
        open_store(path / "lab.db")


def test_what_is_no_ordinary_file_is_refused(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(StoreUnusableError, match="is no ordinary file"):
        open_store(path)


@pytest.mark.parametrize("content", [b"some text that is no database", b"x" * 10_000, b"\x00" * 4096, b"S"])
def test_a_file_that_is_no_database_is_refused_and_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreUnusableError, match=r"lab\.db is no database; it was left as it is"):
        open_store(path)
    assert everything(path.parent) == {"lab.db": content}


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_is_refused_and_left(path: Path, mode: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    before = everything(path.parent)
    with pytest.raises(StoreUnusableError, match="is a database of another program, not a queuebit store"):
        open_store(path)
    assert everything(path.parent) == before


def test_a_database_of_another_program_that_is_in_use_is_refused_and_left(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    before = everything(path.parent)
    with pytest.raises(StoreUnusableError, match="is a database of another program"):
        open_store(path)
    assert everything(path.parent) == before
    connection.close()


def test_a_store_of_a_newer_version_is_refused_and_left(path: Path) -> None:
    open_store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = everything(path.parent)
    expected = rf"has version 99 and comes from a newer queuebit; this release knows versions up to {newest()}.*Upgrade"
    with pytest.raises(StoreUnusableError, match=expected):
        open_store(path)
    assert everything(path.parent) == before


def test_a_newer_version_that_is_in_the_log_alone_is_refused_and_left(path: Path) -> None:
    open_store(path).close()
    newer = connecting.connect_to_write(path)
    newer.pragma("user_version", 99)
    copy = path.parent / "copy"
    copy.mkdir()
    for name in ("lab.db", "lab.db-wal"):  # as a crash would leave them
        shutil.copy(path.with_name(name), copy)
    newer.close()
    before = everything(copy)
    with pytest.raises(StoreUnusableError, match="has version 99"):
        open_store(copy / "lab.db")
    assert {name: content for name, content in everything(copy).items() if name != "lab.db-shm"} == before


def test_a_store_that_a_newer_release_changes_meanwhile_is_written_no_more(path: Path) -> None:
    store = open_store(path)
    submit(store)
    newer = connecting.connect_to_write(path)
    newer.pragma("user_version", 99)
    with pytest.raises(StoreUnusableError, match="was changed to version 99 by another release"):
        submit(store)
    assert store.count() == 1
    newer.pragma("user_version", newest())
    submit(store)
    newer.close()
    store.close()


def test_a_file_in_the_place_of_the_folder_of_arrays_is_refused(path: Path) -> None:
    path.with_name("lab.db.files").write_text("text")
    with pytest.raises(StoreUnusableError, match=r"lab\.db\.files for the arrays .* can't be made"):
        open_store(path)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_not_be_written_is_refused(what: str) -> None:
    """The superuser may write everything, so this is tried by somebody else."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    code = """
import os, sys
from queuebit.store import sqlite
if os.geteuid() == 0:
    os.setuid(65534)
sqlite.SQLiteStore(sys.argv[1])
"""
    try:
        path = folder / "lab.db"
        open_store(path).close()
        folder.chmod(0o777 if what == "file" else 0o555)
        path.chmod(0o444 if what == "file" else 0o666)
        tried = run_python(code, path)
    finally:
        folder.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)
    assert tried.returncode == 1
    place = path if what == "file" else folder
    assert f"can't be used: you may not read and write {place}; change that with chmod" in tried.stderr


def test_a_damaged_database_is_told_with_the_way_to_the_doctor(path: Path) -> None:
    store = open_store(path)
    submit(store)
    store.close()
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    damaged = open_store(path)
    for call in (damaged.jobs, damaged.statistics, lambda: submit(damaged)):
        with pytest.raises(StoreCorruptError, match=rf"{path} is damaged: .*; run: queuebit doctor --store {path}"):
            call()
    damaged.close()


def test_a_database_with_a_damaged_first_page_is_told_at_once(path: Path) -> None:
    open_store(path).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    with pytest.raises(StoreCorruptError, match="queuebit doctor"):
        open_store(path)


def test_opening_twice_in_one_process_keeps_the_locks(path: Path) -> None:
    """Closing any file handle on the database would drop all locks that the process has on it."""
    first = open_store(path)
    submit(first)
    open_store(path).close()
    tried = run_python("import apsw, sys; apsw.Connection(sys.argv[1]).pragma('journal_mode', 'delete')", path)
    assert "database is locked" in tried.stderr
    assert first.count() == 1
    first.close()


def test_many_processes_may_make_a_store_at_once(path: Path) -> None:
    code = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from queuebit.store import NewJob, open_store

def make(number):
    store = open_store(sys.argv[1])
    store.submit([NewJob(job_id=str(number), backend_name="b", circuits=(b"c",))])
    store.close()

if __name__ == "__main__":
    with ProcessPoolExecutor(6, mp_context=get_context("fork")) as executor:
        list(executor.map(make, range(12)))
"""
    made = run_python(code, path)
    assert made.returncode == 0, made.stderr
    store = open_store(path)
    assert store.count() == 12
    store.close()


def in_the_first_version(path: Path) -> None:
    """Put the jobs of a store into one of the first schema."""
    newer = path.with_name("newer.db")
    path.rename(newer)
    connection = connecting.connect(path, create=True)
    migrate(connection, path, MIGRATIONS[:1])
    connection.execute("ATTACH ? AS newer", (str(newer),))
    for (table,) in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
        columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"DELETE FROM main.{table}")
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
    assert connection.pragma("user_version") == 1
    connection.close()
    newer.unlink()


class TestMigrations:
    STEPS = (*MIGRATIONS, Migration(version=newest() + 1, script="ALTER TABLE jobs ADD COLUMN more TEXT"))

    def test_an_older_store_is_brought_to_the_newest_version(self, path: Path) -> None:
        store = open_store(path)
        job = submit(store)
        store.close()
        connection = connecting.connect_to_write(path)
        migrate(connection, path, self.STEPS)
        assert connection.pragma("user_version") == newest() + 1
        assert connection.execute("SELECT job_id, more FROM jobs").fetchall() == [(job.job_id, None)]
        connection.close()

    def test_a_store_without_parts_gets_them(self, path: Path) -> None:
        """From version 1: its jobs are as they were, run on, and new ones may be in parts."""
        store = open_store(path)
        finished = done(store, circuits=(b"a", b"b"), name="n", tags=("t",))
        claim = running(store)
        waiting = submit(store, priority=-1)
        before = [(job, store.results(job.job_id), store.events(job.job_id)) for job in store.jobs()]
        store.close()
        in_the_first_version(path)
        store = open_store(path)
        assert [(job, store.results(job.job_id), store.events(job.job_id)) for job in store.jobs()] == before
        assert store.circuits(finished.job_id) == (b"a", b"b")
        assert {store.get(job.job_id).num_parts for job in (finished, claim.job, waiting)} == {1}
        assert store.finish([(claim, [RESULT], Usage())]) == [store.get(claim.job.job_id)]
        cut = running(store, circuits=THREE_CIRCUITS, parts=PARTS)
        store.finish([(cut, [RESULT, LAST_SHOTS], Usage())])
        assert store.parts(cut.job.job_id) == PARTS
        assert store.results(cut.job.job_id) == [RESULT, LAST_SHOTS]
        assert store.delete([finished.job_id]) == 1
        assert_consistent(store)
        assert examine(path) == []
        store.close()

    def test_a_new_store_takes_all_steps(self, path: Path) -> None:
        connection = connecting.connect(path, create=True)
        migrate(connection, path, self.STEPS)
        assert connection.pragma("user_version") == newest() + 1
        assert connection.pragma("application_id") == APPLICATION_ID
        connection.close()

    def test_a_step_that_fails_changes_nothing(self, path: Path) -> None:
        open_store(path).close()
        connection = connecting.connect_to_write(path)
        broken = Migration(version=newest() + 1, script="CREATE TABLE more (a); CREATE TABLE jobs (a)")
        with pytest.raises(apsw.SQLError, match="already exists"):
            migrate(connection, path, (*MIGRATIONS, broken))
        assert connection.pragma("user_version") == newest()
        assert not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'more'").fetchall()
        connection.close()

    def test_the_steps_count_up_from_one(self) -> None:
        assert [step.version for step in MIGRATIONS] == list(range(1, newest() + 1))

    def test_an_old_sqlite_is_refused(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
        with pytest.raises(StoreUnusableError, match=r"SQLite 3\.51\.2, which can lose commits"):
            SQLiteStore(path)
