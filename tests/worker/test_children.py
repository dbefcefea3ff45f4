"""How many children there are, and when one takes another's place."""

import errno
import os
from pathlib import Path

import pytest

from queuebit.store import JobState
from queuebit.worker.executors import child_pool, process
from queuebit.worker.hints import send_hint


def num_children(service):
    return len(service.service._executor._pool.children)


def test_there_are_more_children_when_more_jobs_wait_and_fewer_when_they_are_idle(lab, serve, monkeypatch):
    monkeypatch.setattr(child_pool, "_LONGEST_IDLE_S", 0.1)
    service = serve(processes=4)
    lab.pid()
    assert num_children(service) == 2
    jobs = [lab.submit_odd("wait:60") for _ in range(6)]
    lab.until(lambda: service.service._executor.num_parallel() == 4, "four children")
    assert num_children(service) == 4
    for job in jobs:
        lab.cancel(job)
    for job in jobs:
        lab.until_final(job)
    lab.until(lambda: num_children(service) == 2, "fewer children")
    lab.done(lab.submit_odd("nothing"))


def test_one_process_is_one_child(lab, serve):
    service = serve(processes=1)
    for job in [lab.submit_odd("nothing") for _ in range(5)]:
        lab.done(job)
    assert num_children(service) == 1


def test_a_child_that_has_grown_is_replaced(lab, serve, monkeypatch):
    monkeypatch.setattr(process, "_MOST_GROWTH_BYTES", 100 * 2**20)
    serve()
    pids = [lab.done(lab.submit_odd(name))[0].metadata["pid"] for name in ("nothing", "keep:1", "keep:200", "nothing")]
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_a_child_that_was_ended_has_a_successor(lab, serve):
    serve()
    lab.pid()
    job_id = lab.submit_odd("ignore:60")
    lab.until_running(job_id)
    lab.cancel(job_id)
    lab.until_final(job_id)
    lab.done(lab.submit_odd("nothing"))


def test_a_successor_that_isnt_needed_after_all_goes(lab, serve):
    service = serve()
    lab.pid()
    # It takes its time to hear the request: after the successor was started, before its process is ended.
    job_id = lab.submit_odd("slow_to_stop:0.3")
    lab.until_running(job_id)
    lab.cancel(job_id)
    assert lab.until_final(job_id).state is JobState.CANCELLED
    lab.until(lambda: num_children(service) == 1, "one child")
    lab.done(lab.submit_odd("nothing"))


def test_a_result_waits_for_room_on_the_disk(lab, serve):
    serve()
    job_id = lab.submit_odd("fill_disk:2")
    lab.done(job_id)
    assert "waits for room on the disk" in lab.store.logs(job_id)


def test_a_run_whose_result_waits_for_room_can_be_cancelled(lab, serve):
    serve()
    job_id = lab.submit_odd(f"fill_disk:{10**9}")
    lab.until(lambda: "waits for room" in lab.store.logs(job_id), "the lack of room")
    lab.cancel(job_id)
    assert lab.until_final(job_id).state is JobState.CANCELLED


def test_a_result_that_cant_be_written_for_another_reason_is_an_error(lab, serve):
    serve()
    error = lab.error(lab.submit_odd(f"break_disk:{errno.EIO}"))
    assert error["type"] == "OSError"
    assert error["circuit_index"] == 0


def descriptors():
    """What this process has open, but for stores."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sorted(link for link in links if "lab.db" not in link)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system doesn't tell")
def test_no_process_and_no_descriptor_is_left(lab, serve, children_of):
    send_hint(1)  # the sender's socket stays open
    before = descriptors()
    service = serve(processes=2)
    lab.until_final(lab.submit_odd("exit:3", max_attempts=1))
    lab.until_final(lab.submit_odd("ignore:60", time_limit_s=0.1))
    children = [child.process.pid for child in service.service._executor._pool.children]
    assert children
    service.stop()
    assert not set(children) & set(children_of(os.getpid()))
    assert descriptors() == before
