"""Jobs of a store whose service has them run on a Dask cluster: found, run, cancelled, and safe from what breaks."""

import os
import signal
import subprocess
import sys
import time

import pytest

from queuebit.registry import get_backend
from queuebit.store import JobEvent, JobState
from queuebit.worker.__main__ import main
from queuebit.worker.executors.dask.executor import DaskExecutor
from queuebit.worker.launcher import ensure_worker
from queuebit.worker.module_path import module_path


@pytest.fixture
def serve_dask(lab, serve):
    """Serves the lab with a cluster's workers."""
    return lambda address: serve(executor=DaskExecutor(lab.store.files, address, module_path=module_path()))


def test_jobs_give_what_direct_runs_give(lab, serve_dask, cluster, bell):
    serve_dask(cluster.address)
    options = {"shots": 100, "seed_simulator": 5}
    expected = get_backend().run([bell] * 3, **options).result()
    job_ids = [lab.submit([bell] * 3, options=options) for _ in range(50)]
    for job_id in job_ids:
        assert [found.data.counts for found in lab.done(job_id)] == [each.data.counts for each in expected.results]
        assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]


def test_a_running_job_is_cancelled_and_keeps_what_is_done(lab, serve_dask, cluster):
    serve_dask(cluster.address)
    job_id = lab.submit_odd("print:it runs", "ignore:60")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    lab.cancel(job_id)
    assert lab.until_final(job_id, 5.0).state is JobState.CANCELLED
    assert [result.index for result in lab.store.results(job_id)] == [0]
    assert "it runs" in lab.store.logs(job_id)


def test_a_job_whose_dask_worker_is_killed_goes_on_with_the_next_circuit(lab, spare_cluster, serve_dask, tmp_path):
    ran, released = tmp_path / "ran", tmp_path / "released"
    worker = spare_cluster.start_worker("one")
    serve_dask(spare_cluster.address)
    job_id = lab.submit_odd(f"write:{ran}", f"await_file:{released}", f"write:{ran}")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    spare_cluster.kill(worker)
    lab.until(lambda: JobEvent.LOSE in lab.story(job_id), "the loss")
    released.touch()
    spare_cluster.start_worker("two")
    assert len(lab.done(job_id)) == 3
    assert len(ran.read_text().splitlines()) == 2, "a circuit ran twice"
    assert lab.store.get(job_id).crashes == 1


def test_jobs_go_on_when_the_scheduler_was_killed_and_is_there_again(lab, own_cluster, serve_dask, tmp_path, bell):
    ran, released = tmp_path / "ran", tmp_path / "released"
    worker = own_cluster.start_worker("one")
    service = serve_dask(own_cluster.address)
    job_id = lab.submit_odd(f"write:{ran}", f"await_file:{released}", f"write:{ran}")
    waiting = [lab.submit(bell) for _ in range(20)]
    lab.until(lambda: lab.store.results(job_id), "the first result")
    own_cluster.kill(own_cluster.scheduler)
    worker.wait(30.0)
    released.touch()
    own_cluster.start_scheduler()
    own_cluster.start_worker("two")
    assert len(lab.done(job_id)) == 3
    for other in waiting:
        assert len(lab.done(other)) == 1
    assert len(ran.read_text().splitlines()) == 2, "a circuit ran twice"
    assert lab.store.get(job_id).crashes == 0, "the job isn't to blame"
    assert service.is_alive


def test_a_service_for_a_cluster_is_started_when_that_is_wanted(lab, cluster, monkeypatch):
    monkeypatch.setenv("QUEUEBIT_DASK", cluster.address)
    assert ensure_worker(lab.path)
    try:
        lab.done(lab.submit_odd("nothing"))
        assert cluster.address in lab.path.with_name("lab.db.worker.log").read_text()
    finally:
        for worker in lab.store.workers():
            os.kill(worker.pid, signal.SIGKILL)


def test_ctrl_c_lets_runs_on_a_cluster_of_this_machine_end(lab, tmp_path):
    released = tmp_path / "released"
    job_id = lab.submit_odd(f"await_file:{released}")
    command = [sys.executable, "-m", "queuebit.worker", str(lab.path), "--dask", "local", "--processes", "1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as service:
        lab.until_running(job_id)
        os.killpg(service.pid, signal.SIGINT)  # as a terminal does
        time.sleep(0.2)
        released.touch()
        assert service.wait(30.0) == 0
    assert lab.store.get(job_id).state is JobState.DONE


def test_the_service_says_which_cluster_does_not_answer(lab, monkeypatch, caplog):
    monkeypatch.setattr("queuebit.worker.executors.dask.link._CONNECT_S", 0.3)
    assert main([str(lab.path), "--dask", "tcp://127.0.0.1:1"]) == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in caplog.text


def test_processes_are_not_for_somebody_elses_cluster(lab, caplog):
    assert main([str(lab.path), "--dask", "tcp://127.0.0.1:1", "--processes", "2"]) == 2
    assert "those of tcp://127.0.0.1:1 are the cluster's" in caplog.text


def test_without_dask_the_error_says_what_to_install(lab, monkeypatch, caplog):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    assert main([str(lab.path), "--dask", "local"]) == 1
    assert "pip install 'queuebit[dask]'" in caplog.text
