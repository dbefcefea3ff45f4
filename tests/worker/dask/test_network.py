"""The network between service, scheduler and worker breaks, or falls silent, while all of them go on."""

import logging

import pytest

from queuebit.registry import get_backend
from queuebit.store import JobEvent, JobState
from queuebit.worker.executors.dask.executor import DaskExecutor
from queuebit.worker.liveness import process_started
from queuebit.worker.module_path import module_path

from .cluster import PATIENCE_S, Cluster
from .relay import Relay
from .remote import Remote

# Dask's scheduler gives up a worker that is silent for so long, but for at least 5 s.
_WORKER_TTL = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "1s"}


@pytest.fixture
def remote_of():
    """Starts workers in networks of their own, which end with the test."""
    remotes = []

    def start(cluster, name):
        remotes.append(Remote(cluster, name))
        return remotes[-1]

    yield start
    for remote in remotes:
        remote.close()


@pytest.fixture
def serve_dask(lab, serve):
    """Serves the lab with a cluster's workers."""
    return lambda address: serve(executor=DaskExecutor(lab.store.files, address, module_path=module_path()))


@pytest.fixture
def relay_to_cluster(spare_cluster):
    relay = Relay(spare_cluster.port)
    yield relay
    relay.close()


@pytest.fixture
def short_tempered_cluster(tmp_path):
    """A scheduler without workers that soon gives up those that are silent."""
    folder = tmp_path / "own"
    folder.mkdir()
    cluster = Cluster(folder, **_WORKER_TTL)
    yield cluster
    cluster.close()


class Work:
    """A job that waits in its middle, one of many shots whose counts are known, and some that wait behind them."""

    def __init__(self, lab, folder, circuit):
        self._lab = lab
        self._ran, self._released = folder / "ran", folder / "released"
        self._options = {"shots": 300, "seed_simulator": 11}
        self._circuits = [circuit] * 3
        self.middle = lab.submit_odd(f"write:{self._ran}", f"await_file:{self._released}", f"write:{self._ran}")
        self.seeded = [lab.submit(self._circuits, options=self._options) for _ in range(5)]

    def until_in_the_middle(self):
        self._lab.until(lambda: self._lab.store.results(self.middle), "the first result")

    def release(self):
        self._released.touch()

    def release_when_it_has_ended(self):
        """Have nothing left of the first run when the next one goes on."""
        pid = int(self._ran.read_text())
        self._lab.until(lambda: process_started(pid) is None, "the end of the run that nobody waits for", PATIENCE_S)
        self.release()

    def check(self, *, crashes, runs=2):
        """See that everything is done, once, and as it would be without a disturbance."""
        expected = get_backend().run(self._circuits, **self._options).result()
        for job_id in [self.middle, *self.seeded]:
            self._lab.until(lambda job=job_id: self._lab.store.get(job).is_final, "the end of a job", PATIENCE_S)
            assert self._lab.store.get(job_id).state is JobState.DONE
            assert [stored.index for stored in self._lab.store.results(job_id)] == [0, 1, 2]
        for job_id in self.seeded:
            counts = [found.data.counts for found in self._lab.done(job_id)]
            assert counts == [each.data.counts for each in expected.results]
        assert len(self._ran.read_text().splitlines()) == runs
        assert self._lab.store.get(self.middle).crashes == crashes


@pytest.fixture
def work(lab, tmp_path, bell):
    return Work(lab, tmp_path, bell)


def losses(lab, job_id):
    """Why a job's runs had to be repeated."""
    kinds = (JobEvent.LOSE, JobEvent.LOSE_PART, JobEvent.RELEASE)
    return [event.reason for event in lab.store.events(job_id) if event.event in kinds]


class TestBetweenServiceAndScheduler:
    def test_jobs_go_on_when_the_connection_was_cut(self, lab, spare_cluster, relay_to_cluster, serve_dask, work):
        spare_cluster.start_worker("one")
        service = serve_dask(relay_to_cluster.address)
        work.until_in_the_middle()
        relay_to_cluster.cut()
        lab.until(lambda: losses(lab, work.middle), "the news of the cut")
        relay_to_cluster.go_on()
        work.release_when_it_has_ended()
        work.check(crashes=0)
        assert "the connection with the Dask cluster" in losses(lab, work.middle)[0]
        assert service.is_alive

    def test_a_scheduler_that_falls_silent_is_given_up_and_found_again(
        self, lab, spare_cluster, relay_to_cluster, serve_dask, work, monkeypatch, caplog
    ):
        """Its system still confirms what it is sent, so that Dask would wait for ever."""
        caplog.set_level(logging.INFO, "queuebit")
        monkeypatch.setattr("queuebit.worker.executors.dask.connection._answer_s", lambda: 1.0)
        monkeypatch.setattr("queuebit.worker.executors.dask.connection._LOOK_S", 0.2)
        monkeypatch.setattr("queuebit.worker.executors.dask.link._CONNECT_S", 0.5)
        spare_cluster.start_worker("one")
        service = serve_dask(relay_to_cluster.address)
        work.until_in_the_middle()
        relay_to_cluster.stall()
        lab.until(lambda: losses(lab, work.middle), "the news of the silence")
        lab.until(lambda: "no Dask scheduler answers" in caplog.text, "an attempt that is in vain")
        relay_to_cluster.go_on()
        work.release_when_it_has_ended()
        work.check(crashes=0)
        assert "the scheduler has been silent for 1 s" in caplog.text
        assert service.is_alive

    def test_what_a_connection_that_broke_has_left_on_a_worker_ends_with_the_next_one(
        self, lab, spare_cluster, relay_to_cluster, serve_dask, monkeypatch, tmp_path
    ):
        """The scheduler doesn't know that the first one is over; its run would keep the worker's only thread."""
        monkeypatch.setattr("queuebit.worker.executors.dask.connection._answer_s", lambda: 1.0)
        monkeypatch.setattr("queuebit.worker.executors.dask.connection._LOOK_S", 0.2)
        spare_cluster.start_worker("one")
        serve_dask(relay_to_cluster.address)
        job_id = lab.submit_odd("print:first", f"write:{tmp_path / 'pid'}", "ignore:60", max_attempts=5)
        lab.until(lambda: len(lab.store.results(job_id)) == 2, "the second result")
        pid = int((tmp_path / "pid").read_text())
        relay_to_cluster.forget()
        lab.until(lambda: losses(lab, job_id), "the news of the silence")
        lab.until(lambda: process_started(pid) is None, "the end of the run that nobody waits for", PATIENCE_S)


class TestBetweenWorkerAndScheduler:
    def test_a_job_whose_worker_is_cut_off_goes_on_elsewhere(self, lab, spare_cluster, remote_of, serve_dask, work):
        remote = remote_of(spare_cluster, "cut off")
        serve_dask(spare_cluster.address)
        work.until_in_the_middle()
        remote.cut()
        lab.until(lambda: losses(lab, work.middle), "the news of the cut")
        spare_cluster.start_worker("another")
        work.release_when_it_has_ended()
        work.check(crashes=1)
        assert "was lost" in losses(lab, work.middle)[0]
        remote.process.wait(PATIENCE_S)

    def test_a_job_whose_worker_falls_silent_goes_on_elsewhere(
        self, lab, short_tempered_cluster, remote_of, serve_dask, work
    ):
        """It goes on with its run, too. When the network is there again it ends, and what it has done doesn't count."""
        remote = remote_of(short_tempered_cluster, "silent")
        serve_dask(short_tempered_cluster.address)
        work.until_in_the_middle()
        remote.stall()
        lab.until(lambda: losses(lab, work.middle), "the news of the silence")
        short_tempered_cluster.start_worker("another")
        work.release()
        work.check(crashes=1, runs=3)
        assert "was lost" in losses(lab, work.middle)[0]
        remote.go_on()
        remote.process.wait(PATIENCE_S)
        work.check(crashes=1, runs=3)
