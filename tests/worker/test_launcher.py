"""Starting a detached service: one that serves, never two, and none where one is alive."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from queuebit.worker.launcher import ensure_worker
from queuebit.worker.liveness import process_started
from queuebit.worker.start_lock import StartLock


@pytest.fixture
def launched(lab):
    """The lab, whose detached services end with the test."""
    yield lab
    for worker in lab.store.workers():
        os.kill(worker.pid, signal.SIGKILL)


def test_a_job_is_run_by_a_service_that_is_started_for_it(launched, bell):
    job_id = launched.submit(bell)
    assert ensure_worker(launched.path) is True
    launched.done(job_id)
    (worker,) = launched.store.workers()
    assert os.getsid(worker.pid) == worker.pid, "the service is in this program's session"
    assert "serves" in launched.path.with_name("lab.db.worker.log").read_text()


def test_no_service_is_started_where_one_is_alive(launched, serve):
    serve()
    launched.until(lambda: launched.store.workers(), "a worker")
    assert ensure_worker(launched.path) is False
    assert ensure_worker(launched.path, workers=launched.store.workers()) is False


def test_no_service_is_started_while_one_is_starting(launched):
    lock = StartLock(launched.path)
    assert lock.take()
    assert ensure_worker(launched.path) is False
    lock.close()


def test_one_service_is_left_of_those_that_are_started_at_once(launched, bell):
    code = f"from queuebit.worker.launcher import ensure_worker; print(ensure_worker({str(launched.path)!r}))"
    with ThreadPoolExecutor(4) as pool:
        programs = [pool.submit(subprocess.check_output, [sys.executable, "-c", code], text=True) for _ in range(4)]
        started = [program.result().strip() for program in programs].count("True")
    assert started >= 1
    launched.done(launched.submit(bell))
    log = launched.path.with_name("lab.db.worker.log")
    launched.until(lambda: log.read_text().count("another worker serves") == started - 1, "the others' leaving")
    assert len(launched.store.workers()) == 1


def test_a_service_is_started_in_place_of_one_that_died(launched, bell):
    assert ensure_worker(launched.path)
    launched.done(launched.submit(bell))
    (before,) = launched.store.workers()
    os.kill(before.pid, signal.SIGKILL)
    launched.until(lambda: process_started(before.pid) is None, "its death")
    job_id = launched.submit(bell)
    # A process looks dead when its first thread is; its lock is free when the last one is. Clients ask again, too.
    launched.until(lambda: ensure_worker(launched.path), "a service in its place")
    launched.done(job_id)
    (after,) = launched.store.workers()
    assert after.pid != before.pid


def test_a_started_service_leaves_when_it_is_idle_and_another_can_be_started(launched, bell):
    assert ensure_worker(launched.path, idle_timeout_s=0.1)
    launched.done(launched.submit(bell))
    launched.until(lambda: not launched.store.workers(), "its leaving")
    launched.until(lambda: ensure_worker(launched.path), "room for another")
    launched.done(launched.submit(bell))


def test_a_service_whose_store_was_deleted_leaves(lab, bell):
    assert ensure_worker(lab.path)
    lab.done(lab.submit(bell))
    (worker,) = lab.store.workers()
    for path in lab.path.parent.glob("lab.db*"):
        if path.is_file() and path.suffix != ".log":
            path.unlink()
    deadline = time.monotonic() + 30
    while process_started(worker.pid) is not None:
        assert time.monotonic() < deadline, "it goes on serving what isn't there any more"
        time.sleep(0.01)


def test_children_find_the_modules_of_the_program_that_started_their_service(launched, tmp_path, monkeypatch):
    folder = tmp_path / "of the user"
    folder.mkdir()
    (folder / "my_backends.py").write_text("from odd_backends import OddBackend as Mine\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.syspath_prepend(os.environ["QUEUEBIT_MODULE_PATH"])
    job_id = launched.submit_odd("nothing", backend="my_backends:Mine")
    assert ensure_worker(launched.path)
    launched.done(job_id)
