"""Jobs on Dask clusters: workers, scheduler and service are killed or cut off in the middle of them; clients go on.

Runs that a killed service has begun may go on for a moment where the cluster isn't its own; their results are refused.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("distributed")

from queuebit.store import JobEvent, JobState
from queuebit.store.records import Part
from tests.worker.dask.cluster import Cluster
from tests.worker.dask.relay import Relay
from tests.worker.dask.remote import Remote

from .conftest import IS_WHOLE
from .crowd import SPARED
from .laboratory import PATIENCE_S, TORTURE, Laboratory, branching, environment, is_running, odd, of_shots
from .undisturbed import AER
from .witness import read_witnesses

NUM_CLIENTS = 3

NUM_WORKERS = 2

SECONDS = 20.0 if IS_WHOLE else 1.0
"""So long clients live at least."""

FEWEST_JOBS = 20 if IS_WHOLE else 7
"""So many each of them submits at least."""

NUM_STRIKES = 12 if IS_WHOLE else 0
"""How many more there are than one of each kind, where each takes a second or two."""

# A worker that has lost its scheduler ends within seconds.
_LEAVING_S = 15.0


class Stand:
    """A queue that a Dask cluster serves, and what is done to it.

    Attributes:
        lab: the queue.
        strikes: what can be done, by its name; each is given the process that runs the middle of a job, a child of a
            Dask worker.
        num_more: how many strikes there are more than one of each kind.
        losses: what happens to jobs of that.
    """

    num_more = NUM_STRIKES
    losses = frozenset({JobEvent.LOSE, JobEvent.LOSE_PART})

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.strikes: dict[str, Callable[[int], None]] = {
            "child": lambda child: psutil.Process(child).kill(),
            "service": self.kill_service,
            "worker": lambda child: self.kill_worker(psutil.Process(child).ppid()),
        }

    def serve(self) -> None:
        """Start a service, and wait until it runs something."""
        raise NotImplementedError

    def kill_worker(self, pid: int) -> None:
        """Kill a worker, and see to it that there is another one."""
        raise NotImplementedError

    def kill_service(self, child: int) -> None:
        """Kill the service, which a child works for, and start another one."""
        self.service.kill()
        self.service.wait()
        self.serve()

    def _start(self, *options: str, processes: int | None) -> None:
        self.service = self.lab.serve(*options, processes=processes)
        self.lab.until(lambda: self.service.pid in self.lab.services(), "the service")

    def close(self) -> None:
        """End what isn't the laboratory's."""


class OnThisMachine(Stand):
    """The cluster is the service's own."""

    def serve(self) -> None:
        self._start("--dask", "local", processes=NUM_WORKERS)

    def kill_worker(self, pid: int) -> None:
        psutil.Process(pid).kill()  # Dask starts another one

    def kill_service(self, child: int) -> None:
        """Kill the service, and see that its workers end, too, with their children."""
        # Perhaps not all: a worker that was killed before may not have its successor yet.
        left = [process.pid for process in psutil.Process(self.service.pid).children(recursive=True)]
        assert {child, psutil.Process(child).ppid()} <= set(left)
        super().kill_service(child)
        self.lab.until(lambda: not any(map(is_running, left)), "the end of the dead service's workers")


class OnACluster(Stand):
    """The cluster is somebody else's, who starts its processes."""

    def __init__(self, lab: Laboratory, folder: Path, **variables: str) -> None:
        super().__init__(lab)
        folder.mkdir()
        self._cluster = Cluster(folder, **environment(**variables))
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._num_started = 0
        self._fill()
        self.strikes["scheduler"] = lambda _: self.kill_scheduler()

    def _fill(self) -> None:
        while len(self._workers) < NUM_WORKERS:
            self._num_started += 1
            worker = self._start_worker(f"worker {self._num_started}")
            self._workers[worker.pid] = worker

    def _start_worker(self, name: str) -> subprocess.Popen[bytes]:
        return self._cluster.start_worker(name)

    def serve(self) -> None:
        self._start("--dask", self._cluster.address, processes=None)

    def kill_worker(self, pid: int) -> None:
        self._cluster.kill(self._workers.pop(pid))
        self._fill()

    def kill_scheduler(self) -> None:
        """Kill the scheduler, start another one at the same address, and workers: the old ones end."""
        # One that is just beginning would wait for the next scheduler instead.
        self._cluster.until_workers(NUM_WORKERS)
        self._cluster.kill(self._cluster.scheduler)
        for worker in self._workers.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(_LEAVING_S)
            # One that hadn't met the scheduler yet waits for the next one.
            if worker.poll() is None:
                self._cluster.kill(worker)
        self._workers.clear()
        self._cluster.start_scheduler()
        self._fill()

    def close(self) -> None:
        self._cluster.close()


class OverANetwork(OnACluster):
    """The service and each worker reach the scheduler through networks of their own.

    In the whole torture these fall silent, too, and there are the other clusters' strikes.
    """

    # A silence takes up to 20 s, and the clients wait for a job for 90 s only.
    num_more = NUM_STRIKES // 4

    def __init__(self, lab: Laboratory, folder: Path) -> None:
        self._remotes: dict[int, Remote] = {}
        super().__init__(lab, folder, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="1s")
        self._relay = Relay(self._cluster.port)
        if not IS_WHOLE:
            self.strikes.clear()
            self.losses = frozenset({JobEvent.LOSE_PART})
        self.strikes["the service is cut off"] = self.cut_off_service
        self.strikes["a worker is cut off"] = lambda child: self.cut_off_worker(psutil.Process(child).ppid())
        if IS_WHOLE:
            self.strikes["the scheduler is silent"] = self.silence_scheduler
            self.strikes["a worker is silent"] = lambda child: self.silence_worker(psutil.Process(child).ppid())

    def _start_worker(self, name: str) -> subprocess.Popen[bytes]:
        remote = Remote(self._cluster, name)
        self._remotes[remote.process.pid] = remote
        return remote.process

    def serve(self) -> None:
        self._start("--dask", self._relay.address, processes=None)

    def cut_off_service(self, child: int) -> None:
        """Cut the service's connection until the workers have ended its runs."""
        self._relay.cut()
        self.lab.until(lambda: not is_running(child), "the end of a run for a service that is cut off")
        self._relay.go_on()

    def cut_off_worker(self, pid: int) -> None:
        """Cut a worker's connections, which ends it, and start another one."""
        self._remotes[pid].cut()
        self._workers.pop(pid).wait(PATIENCE_S)
        self._fill()

    def silence_scheduler(self, child: int) -> None:
        """Have the service hear nothing until it has given up the scheduler; it ends what it had left there."""
        silences = self._said("the scheduler has been silent")
        self._relay.stall()
        self.lab.until(lambda: self._said("the scheduler has been silent") > silences, "the news of the silence")
        self._relay.go_on()
        self.lab.until(lambda: not is_running(child), "the end of a run that nobody waits for")

    def silence_worker(self, pid: int) -> None:
        """Have nothing be heard of a worker until the scheduler has given it up; then it ends."""
        remote, num_given_up = self._remotes[pid], self._num_given_up()
        remote.stall()
        self.lab.until(lambda: self._num_given_up() > num_given_up, "the news of the silence")
        remote.go_on()
        self._workers.pop(pid).wait(PATIENCE_S)
        self._fill()

    def _said(self, what: str) -> int:
        return self.lab.path.with_name("processes.log").read_text(errors="replace").count(what)

    def _num_given_up(self) -> int:
        return self._cluster.log("scheduler").count("Worker failed to heartbeat")

    def close(self) -> None:
        super().close()
        for network in (self._relay, *self._remotes.values()):
            network.close()


# On a cluster of its own a service meets the same deaths, and on a network those in tests/worker/dask/test_network.py.
@pytest.fixture(params=["local", "cluster", "network"] if IS_WHOLE else ["cluster"])
def stand(
    request: pytest.FixtureRequest, lab: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stand]:
    stand: Stand
    match request.param:
        case "local":
            stand = OnThisMachine(lab)
        case "cluster":
            stand = OnACluster(lab, tmp_path / "cluster")
        case _:
            # Soon, as a network goes: the least that Dask takes.
            monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP", "11s")
            stand = OverANetwork(lab, tmp_path / "cluster")
    yield stand
    stand.close()


class Work:
    """Jobs in parts, of many circuits and of the shots of some, the first of which wait in the middle.

    Attributes:
        job_ids: the jobs.
    """

    def __init__(self, lab: Laboratory, folder: Path) -> None:
        self.job_ids: list[str] = []
        self._lab = lab
        self._folder = folder

    def submit(self, seed: int) -> Path:
        """Submit one job of each kind, and return the file for which the first one waits."""
        go_on = self._folder / f"go on {len(self.job_ids)}"
        many = {"max_attempts": 100, "tags": [SPARED]}
        names = ["wait:0.02"] * 12
        names[5:7] = f"write:{go_on}.began", f"await_file:{go_on}"
        parts = [Part(first, 2) for first in (0, 2)] + [Part(4, 3), Part(7, 5)]
        self.job_ids.append(self._lab.run_in_parts(odd(names), parts, TORTURE, **many))
        circuits = [branching(angle) for angle in (0.5, 1.5, 2.5)]
        cut = [Part(0, 1), *of_shots(1, 400, 8), *of_shots(2, 400, 5)]
        for backend in ("basic_simulator", AER):
            self.job_ids.append(self._lab.run_in_parts(circuits, cut, backend, seed_simulator=seed, shots=400, **many))
        return go_on

    def waiting_child(self, go_on: Path) -> int:
        """Return the process that waits for a file, when it does."""
        began = go_on.with_name(f"{go_on.name}.began")
        self._lab.until(lambda: began.exists() and began.read_text().endswith("\n"), "the middle of a job")
        return int(began.read_text().split()[-1])

    def events(self) -> set[JobEvent]:
        """What has happened to any of the jobs."""
        return {event for job_id in self.job_ids for event in self._lab.story(job_id)}


@pytest.mark.timeout(900 if IS_WHOLE else 240)
@pytest.mark.parametrize("seed", range(4) if IS_WHOLE else range(1))
def test_nothing_is_lost_of_jobs_on_a_cluster_whatever_is_killed(
    lab: Laboratory, stand: Stand, tmp_path: Path, seed: int
) -> None:
    """In the whole torture: several seeds, and many strikes in an order that the seed decides."""
    pytest.importorskip("qiskit_aer")
    pick = random.Random(seed)
    stand.serve()
    arguments = [str(lab.path), str(seed), str(SECONDS), str(NUM_CLIENTS), str(FEWEST_JOBS)]
    crowd = lab.start([sys.executable, "-m", "tests.torture.crowd", *arguments])
    work = Work(lab, tmp_path)
    for strike in [*stand.strikes, *pick.choices(list(stand.strikes), k=stand.num_more)]:
        go_on = work.submit(seed)
        stand.strikes[strike](work.waiting_child(go_on))
        go_on.touch()
    assert crowd.wait(SECONDS + 2 * PATIENCE_S) == 0, lab.log()
    lab.until_final(job.job_id for job in lab.store.jobs(limit=None))
    assert lab.stop(stand.service) == 0, lab.log()

    told, violations = read_witnesses(tmp_path.glob("lab.db.*.told"))
    assert violations == []
    lab.told.update(told)
    report = lab.check()
    assert {lab.state(job_id) for job_id in work.job_ids} == {JobState.DONE}
    assert stand.losses <= work.events(), "nobody died of consequence"
    assert report.looked_at["acknowledged jobs"] >= NUM_CLIENTS * FEWEST_JOBS
    assert report.looked_at["results of some shots"] > 26 * len(stand.strikes)
