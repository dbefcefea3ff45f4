"""Every signal to every process: service, child, client. Jobs go on, or again, and nothing that was told is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from queuebit.store import JobEvent, JobState

from .conftest import IS_WHOLE
from .laboratory import PATIENCE_S, Laboratory, bell, is_running
from .witness import read_witnesses

# An interrupt of each is also in tests/worker/test_deaths.py, tests/cli/test_queue_processes.py, and below.
KINDS = ("TERM", "INT", "KILL", "STOP") if IS_WHOLE else ("TERM", "KILL", "STOP")


class Stage:
    """A laboratory with a service, and a client that submits all the time; whoever is killed is replaced."""

    def __init__(self, folder: Path) -> None:
        self.lab = Laboratory(folder / "lab.db")
        self.witnesses: list[Path] = []
        self.service = self.client = None
        self.restore()

    def restore(self) -> None:
        """Have a service and a client that live."""
        if self.service is None or self.service.poll() is not None:
            self.service = self.lab.serve(processes=2)
        if self.client is None or self.client.poll() is not None:
            self.witnesses.append(self.lab.path.with_name(f"{len(self.witnesses)}.told"))
            command = ["-m", "tests.torture.streaming_client", str(self.lab.path), str(self.witnesses[-1])]
            self.client = self.lab.start([sys.executable, *command], stdin=subprocess.PIPE)

    def told(self) -> int:
        """How much the client has been told."""
        return self.witnesses[-1].stat().st_size if self.witnesses[-1].exists() else 0

    def until_told_more(self) -> None:
        """Wait until the client has had answers, so that it is in the middle of its work."""
        before = self.told()
        self.lab.until(lambda: self.told() > before, "an answer to the client")

    def pid_of_child(self, ran: Path) -> int:
        """The child that runs a job which has written its process down."""
        self.lab.until(lambda: ran.exists() and ran.read_text(), "the child that runs the job")
        return int(ran.read_text().split()[-1])

    def close(self) -> None:
        """End all, and check the whole history."""
        try:
            self.restore()
            self.until_told_more()
            assert self.client.stdin is not None
            self.client.stdin.close()
            assert self.client.wait(PATIENCE_S) == 0, self.lab.log()
            assert self.lab.stop(self.service) == 0
            told, violations = read_witnesses(path for path in self.witnesses if path.exists())
            self.lab.told |= told
            assert violations == []
            assert self.lab.check().looked_at["results compared with what a client has"] > 0
        finally:
            self.lab.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, odd_backends: None) -> Iterator[Stage]:
    """A laboratory for all tests, whose history is checked at their end."""
    stage = Stage(tmp_path_factory.mktemp("signals"))
    yield stage
    stage.close()


def stop_and_continue(lab: Laboratory, pid: int) -> None:
    process = psutil.Process(pid)
    process.suspend()
    try:
        lab.until(lambda: process.status() == psutil.STATUS_STOPPED, "the stop")
        # Reading goes on. Writing might not: the process may have been stopped in the middle of a commit.
        assert lab.queue.jobs(limit=1)
    finally:
        process.resume()


@pytest.mark.parametrize("victim", ["service", "child", "client"])
@pytest.mark.parametrize("kind", KINDS)
def test_jobs_go_on_after_a_signal(stage: Stage, tmp_path: Path, kind: str, victim: str) -> None:
    lab = stage.lab
    stage.restore()
    stage.until_told_more()
    ran, gate = tmp_path / "ran", tmp_path / "gate"
    job_id = lab.odd("nothing", f"write:{ran}", f"await_file:{gate}")
    child = stage.pid_of_child(ran)
    pid = {"service": stage.service.pid, "child": child, "client": stage.client.pid}[victim]
    if kind == "STOP":
        stop_and_continue(lab, pid)
    else:
        os.kill(pid, getattr(signal, f"SIG{kind}"))
        if victim == "client":
            assert stage.client.wait(PATIENCE_S) != 0
        elif (kind, victim) == ("KILL", "service"):
            stage.service.wait(PATIENCE_S)
    dies = (victim, kind) in {("child", "TERM"), ("child", "INT"), ("child", "KILL"), ("service", "KILL")}
    lab.until(lambda: is_running(child) is not dies, "the end of the child")
    gate.touch()
    if victim == "service" and kind in ("TERM", "INT"):
        assert stage.service.wait(PATIENCE_S) == 0, lab.log()
    stage.restore()
    lab.until_final([job_id])
    assert lab.state(job_id) is JobState.DONE
    lost = [JobEvent.CLAIM, JobEvent.LOSE] if dies else []
    assert lab.story(job_id) == [JobEvent.SUBMIT, *lost, JobEvent.CLAIM, JobEvent.FINISH]
    lab.until_final([lab.run(bell(), seed_simulator=12)])


FOREGROUND = """
import sys, time
from pathlib import Path
from queuebit import JobQueue
from tests.torture.laboratory import TORTURE, odd

queue = JobQueue(sys.argv[1])
job = queue.get_backend(TORTURE).run(odd([f"write:{sys.argv[2]}", f"await_file:{sys.argv[3]}"]))
print(job.job_id(), flush=True)
job.result()
"""


def test_ctrl_c_at_the_terminal_ends_the_client_and_not_the_service_that_it_started(
    lab: Laboratory, tmp_path: Path
) -> None:
    ran, gate = tmp_path / "ran", tmp_path / "gate"
    command = [sys.executable, "-c", FOREGROUND, str(lab.path), str(ran), str(gate)]
    # A session of its own has one process group: what a terminal sends, it sends to all in it.
    client = lab.start(command, stdout=subprocess.PIPE)
    try:
        job_id = client.stdout.readline().strip()
        lab.until(ran.exists, "the run")
        os.killpg(client.pid, signal.SIGINT)
        assert client.wait(PATIENCE_S) != 0
        gate.touch()
        lab.until_final([job_id])
        assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]
        assert len(ran.read_text().splitlines()) == 1
        (service,) = lab.services()
    finally:
        for pid in lab.services():
            os.kill(pid, signal.SIGTERM)
    lab.until(lambda: not is_running(service), "the end of the service")
    lab.check()
