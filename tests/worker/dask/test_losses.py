"""Workers and schedulers that are killed, cut off, or don't fit: nothing is lost, nothing is told twice."""

import asyncio
import logging
import os
import signal
import time
from pathlib import Path

import dask
import pytest
from distributed import Client

from queuebit.testing.executor_checks.runs import ExecutorRig, RunStory, acting, bell, deep, new_assignment
from queuebit.worker.executor import RunEnd, RunKey
from queuebit.worker.executors.dask.connection import Connection
from queuebit.worker.executors.dask.exceptions import ClusterError
from queuebit.worker.executors.dask.executor import DaskExecutor
from queuebit.worker.liveness import process_started

PATIENCE_S = 60.0


class Rig(ExecutorRig):
    """Drives an executor of a cluster."""

    def until_within_patience(self, condition, what):
        self.until(condition, what, PATIENCE_S)

    def poll(self, condition, what, limit_s=PATIENCE_S):
        super().poll(condition, what, limit_s)

    def until_parallel(self, number):
        self.until_within_patience(lambda: self.executor.num_parallel() >= number, f"{number} workers")

    def start(self, circuits, backend="queuebit.testing.executor_backends:ActingBackend", **fields) -> RunKey:
        assignment = new_assignment(circuits, backend, **fields)
        self.until_within_patience(self.executor.num_free, "room")
        self.stories[assignment.key] = RunStory()
        self.call("start", assignment)
        return assignment.key

    def staying(self, path: Path) -> tuple[RunKey, int]:
        """Start a run that stays, and return its process."""
        key = self.start(acting(f"stay:{path}"))
        self.poll(lambda: path.exists() and path.read_text(), "its beginning")
        return key, int(path.read_text())

    def ended(self, key):
        self.until_within_patience(lambda: self.watch(key).end, "the end of a run")
        return self.stories[key].end

    def finished(self, circuits=None, backend="basic_simulator", **fields):
        key = self.start(circuits or [bell()], backend, **fields)
        assert self.ended(key).end is RunEnd.FINISHED
        return self.decoded(self.stories[key])


def is_gone_soon(pid):
    deadline = time.monotonic() + PATIENCE_S
    while process_started(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process_started(pid) is None


@pytest.fixture
def new_rig(tmp_path):
    rigs = []

    def make(address, **options):
        files = tmp_path / f"files {len(rigs)}"
        files.mkdir()
        rigs.append(Rig(DaskExecutor(files, address, **options), files))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()
        assert not list(rig.files.glob("dask.*")), "the folder of the runs' files is left"


class TestWorkers:
    def test_a_run_whose_worker_is_killed_has_died_and_others_go_on(self, spare_cluster, new_rig, tmp_path):
        workers = [spare_cluster.start_worker("one"), spare_cluster.start_worker("two")]
        rig = new_rig(spare_cluster.address)
        rig.until_parallel(2)
        (lost, lost_pid), (kept, kept_pid) = (rig.staying(tmp_path / name) for name in ("lost", "kept"))
        (worker,) = [each for each in workers if each.pid == _parent(lost_pid)]
        spare_cluster.kill(worker)
        end = rig.ended(lost)
        assert end.end is RunEnd.DIED
        assert "the Dask worker at tcp://" in end.reason
        assert "was lost" in end.reason
        assert is_gone_soon(lost_pid)
        assert rig.executor.num_parallel() == 1
        assert rig.stories[kept].end is None
        assert process_started(kept_pid) is not None
        spare_cluster.start_worker("three")
        rig.until_parallel(2)
        rig.finished()

    def test_a_run_whose_worker_leaves_is_returned(self, spare_cluster, new_rig, tmp_path):
        worker = spare_cluster.start_worker("one", nanny=True)
        rig = new_rig(spare_cluster.address)
        key, pid = rig.staying(tmp_path / "pid")
        worker.terminate()
        end = rig.ended(key)
        assert end.end is RunEnd.RETURNED
        assert "has left" in end.reason
        assert is_gone_soon(pid)

    def test_a_run_whose_worker_is_retired_is_returned_also_if_that_is_told_late(
        self, spare_cluster, new_rig, tmp_path, monkeypatch
    ):
        """So ends a worker with ``--lifetime``. Which workers there are is asked for, and may be known before."""
        on_event = Connection._on_scheduler_event

        def late(connection, event):
            connection._look.set()
            asyncio.get_running_loop().call_later(0.3, on_event, connection, event)

        monkeypatch.setattr(Connection, "_on_scheduler_event", late)
        worker = spare_cluster.start_worker("one")
        rig = new_rig(spare_cluster.address)
        key, pid = rig.staying(tmp_path / "pid")
        with Client(spare_cluster.address, set_as_default=False) as client:
            client.retire_workers(list(client.nthreads()))
        end = rig.ended(key)
        assert end.end is RunEnd.RETURNED
        assert "has left" in end.reason
        assert is_gone_soon(pid)
        worker.wait(PATIENCE_S)

    def test_workers_come_later(self, spare_cluster, new_rig):
        rig = new_rig(spare_cluster.address)
        assert rig.executor.num_free() == 0
        spare_cluster.start_worker("late", nthreads=2)
        rig.until_parallel(2)
        rig.finished()

    def test_a_service_that_is_gone_leaves_no_run(self, spare_cluster, new_rig, tmp_path):
        """What the workers do for nobody ends; here the service's end is the end of its connection."""
        spare_cluster.start_worker("one")
        rig = new_rig(spare_cluster.address)
        _, pid = rig.staying(tmp_path / "pid")
        connection = rig.executor._link._connection
        connection._session = "another"  # so that it doesn't say that it leaves
        rig.executor._link.close()
        assert is_gone_soon(pid)


class TestScheduler:
    def test_everything_is_given_back_and_goes_on_with_the_next_scheduler(self, own_cluster, new_rig, tmp_path, caplog):
        caplog.set_level(logging.INFO, "queuebit")
        own_cluster.start_worker("one")
        rig = new_rig(own_cluster.address)
        key, pid = rig.staying(tmp_path / "pid")
        own_cluster.kill(own_cluster.scheduler)
        end = rig.ended(key)
        assert end.end is RunEnd.RETURNED
        assert own_cluster.address in end.reason
        assert rig.executor.num_free() == 0
        assert is_gone_soon(pid), "a worker without a scheduler goes on"
        own_cluster.start_scheduler()
        own_cluster.start_worker("two")
        rig.until_parallel(1)
        rig.finished()
        assert len([report for report in rig.stories[key].reports if report is end]) == 1
        assert f"the Dask cluster at {own_cluster.address} is gone" in caplog.text

    def test_without_a_scheduler_the_error_says_how_to_start_one(self, new_rig, monkeypatch):
        monkeypatch.setattr("queuebit.worker.executors.dask.link._CONNECT_S", 0.3)
        rig = new_rig("tcp://127.0.0.1:1")
        with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1.*`dask scheduler`"):
            rig.until_parallel(1)


class TestVersions:
    @pytest.fixture
    def other_qiskit(self, tmp_path):
        """A folder that has a Qiskit of another version be found."""
        folder = tmp_path / "other"
        (folder / "qiskit-1.0.dist-info").mkdir(parents=True)
        (folder / "qiskit-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: qiskit\nVersion: 1.0\n")
        return {"PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}

    def test_without_a_worker_that_fits_the_error_lists_both_sides(self, spare_cluster, new_rig, other_qiskit):
        spare_cluster.start_worker("other", **other_qiskit)
        spare_cluster.until_workers(1)
        rig = new_rig(spare_cluster.address)
        with pytest.raises(ClusterError, match=r"(?s)this service: Python .*Qiskit .*tcp://.*: Python .*Qiskit 1\.0,"):
            rig.until_parallel(1)

    def test_a_worker_that_does_not_fit_gets_no_run(self, spare_cluster, new_rig, other_qiskit, caplog):
        spare_cluster.start_worker("one")
        rig = new_rig(spare_cluster.address)
        rig.until_parallel(1)
        spare_cluster.start_worker("other", **other_qiskit)
        rig.poll(lambda: "gets no runs" in caplog.text, "the refusal")
        assert "Qiskit 1.0" in caplog.text
        assert rig.executor.num_parallel() == 1
        pids = {rig.finished(acting("nothing"), "queuebit.testing.executor_backends:ActingBackend")[0].metadata["pid"]}
        assert len(pids) == 1


class TestFolders:
    def test_arrays_come_from_workers_that_do_not_see_the_folder(self, cluster, new_rig, monkeypatch):
        """Here they look for another probe than there is."""
        monkeypatch.setattr("queuebit.worker.executors.dask.staging.Staging.probe", "no such file")
        rig = new_rig(cluster.address)
        circuit = deep(12, 2).remove_final_measurements(inplace=False)
        (result,) = rig.finished([circuit], "statevector_simulator")
        (stored,) = next(iter(rig.stories.values())).results
        assert (rig.files / stored.files[0]).is_file()
        assert abs(result.data.statevector).max() <= 1.0
        assert len(result.data.statevector) == 2**12


class TestLabels:
    def test_runs_take_what_labels_say_that_workers_have(self, spare_cluster, new_rig, tmp_path):
        """Two runs of two threads each don't take place side by side where there are three."""
        spare_cluster.start_worker("one", "--resources", "threads=3", nthreads=2)
        rig = new_rig(spare_cluster.address)
        rig.until_parallel(2)
        first = rig.start(acting(f"stay:{tmp_path / 'first'}"), threads=2)
        second = rig.start(acting(f"stay:{tmp_path / 'second'}"), threads=2)
        rig.poll(lambda: list(tmp_path.glob("*[td]")), "the beginning")
        deadline = time.monotonic() + 0.7
        while time.monotonic() < deadline:
            rig.step(0.05)
        assert len([path for path in tmp_path.iterdir() if path.is_file()]) == 1
        for key in (second, first):
            rig.call("stop", key)
        assert {rig.ended(key).end for key in (first, second)} == {RunEnd.STOPPED}

    def test_a_run_that_no_worker_has_enough_for_fails(self, spare_cluster, new_rig):
        spare_cluster.start_worker("one", "--resources", "threads=2")
        rig = new_rig(spare_cluster.address)
        rig.until_parallel(1)
        end = rig.ended(rig.start(acting("nothing"), threads=4))
        assert end.end is RunEnd.FAILED
        assert "threads=4" in end.error["message"]
        assert "--resources" in end.error["message"]


class TestStopping:
    def test_aer_stops(self, cluster, new_rig):
        pytest.importorskip("qiskit_aer")
        rig = new_rig(cluster.address)
        key = rig.start([deep(2, 1), deep(24, 50)], "qiskit_aer:AerSimulator")
        rig.poll(lambda: rig.stories[key].results, "the first result")
        rig.call("stop", key)
        assert rig.ended(key).end is RunEnd.STOPPED

    def test_a_run_behind_a_frozen_worker_is_stopped_when_it_goes_on(self, spare_cluster, new_rig, tmp_path):
        worker = spare_cluster.start_worker("one")
        rig = new_rig(spare_cluster.address)
        key, pid = rig.staying(tmp_path / "pid")
        worker.send_signal(signal.SIGSTOP)
        try:
            rig.call("stop", key)
            rig.step(0.0)
            assert rig.stories[key].end is None
        finally:
            worker.send_signal(signal.SIGCONT)
        assert rig.ended(key).end is RunEnd.STOPPED
        assert is_gone_soon(pid)


def test_a_cluster_on_this_machine_begins_and_ends_with_the_executor(new_rig):
    rig = new_rig("local", processes=2)
    rig.until_parallel(2)
    (result,) = rig.finished(acting("nothing"), "queuebit.testing.executor_backends:ActingBackend")
    pid = result.metadata["pid"]
    rig.executor._link.close()
    assert is_gone_soon(pid)


def test_a_worker_on_this_machine_that_dask_gives_up_has_a_successor(new_rig, tmp_path, monkeypatch):
    monkeypatch.setattr("queuebit.worker.executors.dask.local_cluster._LOOK_S", 0.2)
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}):
        rig = new_rig("local", processes=1)
        rig.until_parallel(1)
        key, pid = rig.staying(tmp_path / "pid")
        os.kill(_parent(pid), signal.SIGKILL)
        assert rig.ended(key).end is RunEnd.DIED
        # The worker that was given up may take a run before it goes.
        assert RunEnd.FINISHED in (rig.ended(rig.start([bell()], "basic_simulator")).end for _ in range(5))


def _parent(pid):
    import psutil

    return psutil.Process(pid).ppid()


def test_runs_that_wait_behind_longer_ones_are_given_back(spare_cluster, new_rig):
    spare_cluster.start_worker("one")
    rig = new_rig(spare_cluster.address)
    for _ in range(5):
        rig.finished()
    assert rig.executor.num_free() > 2, "short runs wait at the worker"
    keys = [rig.start(acting("wait:60")) for _ in range(rig.executor.num_free())]
    rig.until_within_patience(lambda: len(rig.in_hand()) == 1, "the others' ends")
    assert {rig.stories[key].end.end for key in keys if rig.stories[key].end} == {RunEnd.RETURNED}
    assert rig.executor.num_free() == 0
    rig.leave(PATIENCE_S)
