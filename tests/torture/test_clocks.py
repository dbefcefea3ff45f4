"""Clocks that are set while jobs run, an hour back and forth: nothing but the times that are shown depends on them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queuebit.store import JobEvent, JobFilter, JobState

from .laboratory import PATIENCE_S, REPOSITORY, Laboratory, bell

HOUR_S = 3600

SHIFTED = Path(__file__).parent / "shifted"
"""Where Python finds how to see another clock."""

WAITER = """
import sys, time
from queuebit import JobQueue
from queuebit.providers import JobTimeoutError

job = JobQueue(sys.argv[1], start_worker=False).job(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    began = time.monotonic()
    try:
        job.wait_for_final_state(timeout=float(line))
        print("final", flush=True)
    except JobTimeoutError:
        print(time.monotonic() - began, flush=True)
"""


class ShiftedLaboratory(Laboratory):
    """A queue whose services, children and clients see a clock that the test sets."""

    def __init__(self, path: Path, shift: Path) -> None:
        super().__init__(path)
        self._shift = shift
        self.set_clock(0)

    def set_clock(self, shift_s: int) -> None:
        """Set the clock of all processes that run and of all that will."""
        content = (shift_s * 10**9).to_bytes(8, sys.byteorder, signed=True)
        with self._shift.open("r+b" if self._shift.exists() else "wb") as file:
            file.write(content)

    def client(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a client, and wait until it is ready."""
        command = [sys.executable, "-c", code, str(self.path), *arguments]
        process = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert answer(process) == "ready", self.log()
        return process

    def command(self, *arguments: str) -> str:
        """Call the command line, which must succeed, and return what it prints."""
        command = [sys.executable, "-m", "queuebit", *arguments, "--store", str(self.path)]
        process = self.start(command, stdout=subprocess.PIPE)
        printed: str = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode == 0, self.log()
        return printed


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShiftedLaboratory]:
    # What this process hands on to those that it starts; for itself it comes too late.
    monkeypatch.setenv("QUEUEBIT_TEST_CLOCK_SHIFT", str(tmp_path / "shift"))
    monkeypatch.setenv("PYTHONPATH", str(SHIFTED), prepend=os.pathsep)
    lab = ShiftedLaboratory(tmp_path / "lab.db", tmp_path / "shift")
    yield lab
    lab.close()


def ask(client: subprocess.Popen[str], timeout_s: float) -> None:
    assert client.stdin is not None
    client.stdin.write(f"{timeout_s}\n")
    client.stdin.flush()


def answer(client: subprocess.Popen[str]) -> str:
    assert client.stdout is not None
    return client.stdout.readline().strip()


def now_of_processes(lab: ShiftedLaboratory) -> datetime:
    """The time that a process of the laboratory sees."""
    code = "import time; print('ready'); print(time.time())"
    return datetime.fromtimestamp(float(answer(lab.client(code))), UTC)


def test_processes_see_the_clock_that_is_set(lab: ShiftedLaboratory) -> None:
    """Otherwise nothing below would mean anything."""
    lab.set_clock(-HOUR_S)
    assert datetime.now(UTC) - now_of_processes(lab) > timedelta(minutes=50)
    service = lab.serve()
    lab.until(lab.store.workers, "the service")
    assert time.time_ns() // 1000 - lab.store.workers()[0].started_us > 3000 * 1_000_000
    job_id = lab.run(bell(), seed_simulator=1)
    lab.until_final([job_id])
    submitted, claimed, _ = lab.store.events(job_id)
    assert claimed.time_us < submitted.time_us
    assert lab.stop(service) == 0
    lab.check()


def test_limits_waits_liveness_and_idling_follow_no_clock_of_the_day(lab: ShiftedLaboratory, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    services = [lab.serve("--idle-timeout", "60") for _ in range(2)]
    lab.until(lambda: len(lab.store.workers()) == 2, "two services")
    workers = {worker.worker_id for worker in lab.store.workers()}
    patient = lab.odd(f"await_file:{go_on}", time_limit=PATIENCE_S, max_attempts=1)
    lab.until_running(patient)
    waiter = lab.client(WAITER, patient)

    # Forth: no limit is over for that, nobody is idle for so long, nobody is taken for dead.
    ask(waiter, 1.0)
    lab.set_clock(HOUR_S)
    assert float(answer(waiter)) >= 0.9, "its timeout was over when the clock was set forth"
    hasty = lab.odd("wait:90", time_limit=0.7, errors={"TimeLimitError"})
    lab.until_running(hasty)
    # Back: what is over is over.
    lab.set_clock(-HOUR_S)
    assert lab.error(hasty)["type"] == "TimeLimitError"
    ask(waiter, 0.3)
    lab.set_clock(-2 * HOUR_S)
    assert float(answer(waiter)) < PATIENCE_S, "its timeout waited for the clock"

    ask(waiter, PATIENCE_S)
    lab.set_clock(HOUR_S)
    others = [lab.run(bell(), seed_simulator=seed) for seed in range(5)]
    lab.until_final(others)
    go_on.touch()
    assert answer(waiter) == "final"
    assert lab.state(patient) is JobState.DONE
    assert lab.story(patient) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]
    assert {worker.worker_id for worker in lab.store.workers()} == workers
    assert [lab.stop(service) for service in services] == [0, 0]
    lab.check()


def test_an_idle_service_ends_in_time_and_a_new_one_finds_what_a_dead_one_left(lab: ShiftedLaboratory) -> None:
    lab.set_clock(HOUR_S)
    first = lab.serve()
    job_id = lab.odd("nothing", "wait:90")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    first.kill()
    first.wait()
    # For the next one, this one began an hour from now. It is dead nevertheless, and not the next one.
    lab.set_clock(-HOUR_S)
    second = lab.serve("--idle-timeout", "0.5")
    lab.until(lambda: lab.store.get(job_id).attempt == 2, "the second attempt")
    lab.cancel(job_id)
    lab.until_final([job_id])
    lab.set_clock(-2 * HOUR_S)
    assert second.wait(PATIENCE_S) == 0
    assert lab.store.workers() == []
    lab.check()


def test_lists_and_stories_are_in_the_order_of_what_happened_whatever_the_times(lab: ShiftedLaboratory) -> None:
    service = lab.serve()
    submitted = []
    for shift_s in (0, -HOUR_S, HOUR_S):
        lab.set_clock(shift_s)
        job_id = lab.command("submit", str(REPOSITORY / "examples" / "bell.qasm"), "--no-worker").strip()
        lab.note(lab.queue.job(job_id))
        submitted.append(job_id)
        lab.until_final([job_id])
    lab.set_clock(0)
    records = {record.job_id: record for record in lab.store.jobs(limit=None)}
    times = [records[job_id].created_us for job_id in submitted]
    assert times != sorted(times), "the clock was not set"

    assert [job.job_id() for job in lab.queue.jobs(descending=False)] == submitted
    for cut_us in (*times, *(time_us + 1 for time_us in times)):
        later, earlier = JobFilter(created_after_us=cut_us), JobFilter(created_before_us=cut_us)
        found = {job.job_id for job in lab.store.jobs(later, limit=None)}
        assert found == {job_id for job_id in submitted if records[job_id].created_us > cut_us}
        found = {job.job_id for job in lab.store.jobs(earlier, limit=None)}
        assert found == {job_id for job_id in submitted if records[job_id].created_us < cut_us}
    assert lab.stop(service) == 0
    lab.check()


def test_what_is_shown_makes_sense_when_jobs_come_from_the_future(lab: ShiftedLaboratory) -> None:
    lab.set_clock(HOUR_S)
    service = lab.serve()
    ended = lab.odd("nothing", name="ended")
    lab.until_final([ended])
    running = lab.odd("wait:90", name="running")
    lab.until_running(running)
    lab.set_clock(-HOUR_S)
    shown = lab.command("show", running)
    listed = lab.command("jobs")
    for printed in (shown, listed):
        assert "RUNNING" in printed
        assert " -" not in printed.replace(" - ", ""), "a time that is less than nothing"
    assert json.loads(lab.command("delete", "--older-than", "0", "--json"))["deleted"] == 0, "it ended in the future"
    lab.set_clock(3 * HOUR_S)
    assert json.loads(lab.command("delete", "--older-than", "0.05", "--json"))["deleted"] == 1
    lab.cancel(running)
    lab.until_final([running])
    assert lab.stop(service) == 0
    del lab.told[ended]
    lab.check()
