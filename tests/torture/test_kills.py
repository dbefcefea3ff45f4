"""SIGKILL at every commit point of a service, at every step of a child's files, and at every write of a client."""

import json
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from queuebit.store import FINAL_STATES, JobEvent, JobState, WorkerRecord
from queuebit.store.failpoints import VARIABLE

from .conftest import IS_WHOLE
from .history import Acknowledged, check_history, files_of_nobody
from .laboratory import PATIENCE_S, Laboratory, bell, states
from .witness import read_witnesses

# A service's writes, and what makes it make them.
WRITES = (
    *("register_worker", "recover", "claim", "keep_results", "report", "finish", "fail", "cancelled", "lose"),
    *("release", "unregister_worker"),
)
POINTS = tuple(f"{write}.{when}_commit" for write in WRITES for when in ("before", "after"))
FEW = ("recover.before_commit", "keep_results.after_commit", "finish.after_commit")

# Those that a service comes to once only, or that come again only when it has been told to stop.
ONCE = ("register_worker", "recover", "release", "unregister_worker")

CLIENT_WRITES = ("submit", "update", "request_cancel", "delete", "restore")
CLIENT_POINTS = (
    *(f"{write}.{when}_commit" for write in CLIENT_WRITES for when in ("before", "after")),
    *("files.before_delete", "checkpoint.before", "migrate.before_commit", "create.before_log"),
)

FILE_POINTS = ("files.before_write", "files.before_rename", "files.after_rename")


class Killings:
    """A laboratory in which one service after another dies."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.to_cancel: set[str] = set()
        self.held: set[str] = set()

    def provoke(self, write: str, count: int, folder: Path) -> None:
        """Submit what makes a service come to a write so often."""
        lab = self.lab
        many = {"max_attempts": 100}
        # Last, because a service that has seen how tiny it is makes many claims and ends in one commit.
        lab.run(bell(), seed_simulator=count, priority=-1, **many)
        for _ in range(count):
            match write:
                case "recover":
                    self.leave_dead_claim()
                case "keep_results" | "report":
                    lab.odd("nothing", "wait:0.35", "nothing", **many)
                case "fail":
                    lab.odd("nothing", "raise:no", errors={"ArithmeticError"}, **many)
                case "cancelled":
                    self.to_cancel.add(lab.odd("nothing", "wait:60", **many))
                case "lose":
                    lab.odd("nothing", f"die_once:{folder / uuid.uuid4().hex}", **many)
                case "release" | "unregister_worker":
                    self.held.add(lab.odd("nothing", "wait:60", priority=-2, **many))
                    return
                case _:
                    lab.odd("wait:0.08", **many)

    def leave_dead_claim(self) -> None:
        """Leave a running job whose worker died."""
        worker_id = str(uuid.uuid4())
        # Of another boot, it can't be alive.
        worker = WorkerRecord(worker_id=worker_id, pid=1, process_started=0, boot_id="before", port=0, started_us=0)
        self.lab.store.register_worker(worker)
        job_id = self.lab.run(bell(), seed_simulator=1, priority=10, max_attempts=100)
        assert [claim.job.job_id for claim in self.lab.store.claim(worker_id, 1)] == [job_id]

    def serve_until_killed(self, failpoint: str) -> int:
        """Have a service run until it dies, and tell it to stop when it has done all that there is; return its end."""
        service = self.lab.serve(failpoint=failpoint)
        stops = 0

        def is_over() -> bool:
            nonlocal stops
            if service.poll() is not None:
                return True
            states = {job_id: self.lab.state(job_id) for job_id in self.lab.told}
            for job_id in sorted(self.to_cancel):
                if states[job_id] is JobState.RUNNING:
                    self.to_cancel.remove(job_id)
                    self.lab.cancel(job_id)
            others = {state for job_id, state in states.items() if job_id not in self.held}
            holds = not self.held or any(states[job_id] is JobState.RUNNING for job_id in self.held)
            if others <= FINAL_STATES and holds and stops < 2:
                stops += 1
                service.send_signal(signal.SIGTERM)
            return False

        self.lab.until(is_over, f"the death at {failpoint}")
        return service.returncode

    def finish(self) -> None:
        """Cancel what never ends, have an undisturbed service do the rest, and check the history."""
        for job_id in self.held | self.to_cancel:
            self.lab.cancel(job_id)
        self.lab.drain()
        self.lab.check()


@pytest.mark.parametrize("count", [1, 2, 3] if IS_WHOLE else [1])
@pytest.mark.parametrize("points", [[point] for point in POINTS] if IS_WHOLE else [FEW], ids=lambda points: points[0])
def test_services_that_die_at_their_commits_lose_nothing(
    lab: Laboratory, tmp_path: Path, points: list[str], count: int
) -> None:
    killings = Killings(lab)
    for point in points:
        write = point.partition(".")[0]
        killings.provoke(write, count, tmp_path)
        exit_code = killings.serve_until_killed(f"{point}:kill@{count}")
        if count == 1 or write not in ONCE:
            assert exit_code == -signal.SIGKILL, f"{point} was not passed {count} times: {lab.log()}"
        lab.check(is_drained=False)
    killings.finish()


@pytest.mark.parametrize("count", [2, 3] if IS_WHOLE else [2])
@pytest.mark.parametrize("point", FILE_POINTS if IS_WHOLE else FILE_POINTS[-1:])
def test_children_that_die_at_their_files_leave_whole_results_and_no_file_of_nobody(
    lab: Laboratory, point: str, count: int
) -> None:
    job_id = lab.run(states(2 * count - 1), "statevector_simulator", max_attempts=3)
    service = lab.serve(failpoint=f"{point}:kill@{count}")
    lab.until_final([job_id])
    assert lab.state(job_id) is JobState.DONE
    # The first two children come to the point once more than they survive; for the third there is too little left.
    assert lab.story(job_id)[1:] == [JobEvent.CLAIM, JobEvent.LOSE] * 2 + [JobEvent.CLAIM, JobEvent.FINISH]
    assert lab.stop(service) == 0
    assert len(files_of_nobody(lab.store)) == 2
    lab.drain()
    assert lab.check().orphans == 0


def test_clients_that_die_at_their_writes_lose_nothing_that_they_were_told(lab: Laboratory, tmp_path: Path) -> None:
    for _ in CLIENT_POINTS:
        lab.run(states(1), "statevector_simulator")
    lab.drain()
    archive = tmp_path / "jobs.zip"
    exported = list(lab.told)
    lab.queue.export(archive, exported)
    command = [sys.executable, "-m", "tests.torture.dying_client", str(lab.path), str(archive)]
    # With the variable, points can be switched on later.
    clients = lab.start([*command, json.dumps(CLIENT_POINTS)], stdout=subprocess.PIPE, variables={VARIABLE: ""})
    ends, _ = clients.communicate(timeout=PATIENCE_S)
    assert dict(zip(CLIENT_POINTS, map(int, ends.split()), strict=True)) == dict.fromkeys(CLIENT_POINTS, 9), lab.log()

    paths = {point: tmp_path / f"{point}.told" for point in CLIENT_POINTS}
    imported = {point for point in CLIENT_POINTS if point.startswith("restore")}
    told, violations = read_witnesses(paths[point] for point in paths if point not in imported)
    # Those that nobody was told to be deleted may be, because their client died.
    lab.told = {job_id: replace(known, may_be_gone=True) for job_id, known in lab.told.items()} | told
    lab.drain()
    report = lab.check()
    assert violations == []
    assert report.looked_at["acknowledged jobs"] > 50

    # The first of them died before its commit, the second behind it, before it was told.
    assert [paths[point].read_text() for point in imported] == ["", ""]
    assert check_history(tmp_path / "imported.db", dict.fromkeys(exported, Acknowledged())) == []
    for point in ("migrate.before_commit", "create.before_log"):
        assert check_history(tmp_path / f"{point}.db", {}) == []
