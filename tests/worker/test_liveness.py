"""Whether a worker's process is alive."""

import os
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from queuebit.worker.liveness import boot_id, is_alive, process_started, this_worker


def test_this_process_is_alive():
    worker = this_worker("w", 5)
    assert (worker.worker_id, worker.pid, worker.port) == ("w", os.getpid(), 5)
    assert is_alive(worker)


def test_a_process_of_the_same_number_that_started_at_another_time_is_another_one():
    worker = this_worker("w", 0)
    assert not is_alive(replace(worker, process_started=worker.process_started - 0.01))


def test_a_process_of_another_boot_is_dead():
    assert not is_alive(replace(this_worker("w", 0), boot_id="another"))


def test_a_process_that_has_ended_is_dead_also_while_nobody_has_awaited_it():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    worker = replace(this_worker("w", 0), pid=process.pid, process_started=process_started(process.pid))
    assert is_alive(worker)
    process.kill()
    # Ended, and still in the system's table.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(worker)
    process.communicate()
    assert not is_alive(worker)
    assert process_started(process.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system keeps the time itself")
def test_the_start_of_a_process_doesnt_come_from_the_clock():
    assert process_started(os.getpid()) < psutil.Process().create_time() / 2


def test_the_boot_has_one_name():
    assert boot_id() == boot_id() != ""
