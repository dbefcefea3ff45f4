"""Waiting for jobs that another process runs: prompt, cheap, and for many at once."""

import asyncio
import io
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from queuebit import JobQueue, as_completed, job_monitor, wait_all
from queuebit.providers import JobCancelledError, JobStatus, JobTimeoutError
from queuebit.queue.hint_thread import HintThread
from queuebit.store import StoreError, UnknownJobError

LIMIT_S = 30


@pytest.fixture
def looks(served, monkeypatch):
    """How many jobs each query has asked for while somebody waits, and the single ones."""
    asked, single = [], []
    changed, get = served.store.changed, served.store.get
    monkeypatch.setattr(served.store, "changed", lambda known: asked.append(len(known)) or changed(known))
    monkeypatch.setattr(served.store, "get", lambda job_id: single.append(job_id) or get(job_id))
    return asked, single


def ended(jobs, path):
    """Jobs that have ended, of which their own queue has heard nothing yet."""
    with JobQueue(path, start_worker=False) as another:
        wait_all([another.job(job.job_id()) for job in jobs], timeout=LIMIT_S)
    return jobs


def test_results_in_the_order_of_submission_cost_no_query_for_each_status(served, bell, looks):
    simulator = served.get_backend("basic_simulator")
    jobs = ended(served.run_many(simulator.prepare(bell, shots=1) for _ in range(300)), served.path)
    asked, single = looks
    assert all(job.result(LIMIT_S).success for job in jobs)
    assert single == []
    assert len(asked) < 10
    assert max(asked) > 100


def test_all_that_is_waited_for_is_asked_for_in_one_query(served, bell, looks):
    simulator = served.get_backend("basic_simulator")
    jobs = ended(served.run_many(simulator.prepare(bell, shots=1) for _ in range(300)), served.path)
    asked, _ = looks
    assert {id(job) for job in as_completed(jobs, timeout=LIMIT_S)} == set(map(id, jobs))
    assert len(asked) < 10


@pytest.mark.parametrize("in_order", [True, False])
def test_jobs_that_run_cost_no_query_for_each_status(served, bell, looks, in_order):
    simulator = served.get_backend("basic_simulator")
    jobs = served.run_many(simulator.prepare(bell, shots=1) for _ in range(300))
    done = jobs if in_order else as_completed(jobs, timeout=LIMIT_S)
    assert {id(job) for job in done if job.result(LIMIT_S).success} == set(map(id, jobs))
    asked, single = looks
    assert single == []
    assert len(asked) < len(jobs)


def test_waiting_for_many_costs_no_thread_each(queue, simulator, bell):
    jobs = queue.run_many(simulator.prepare(bell) for _ in range(500))
    before = threading.active_count()
    done = []
    for job in jobs:
        job.add_done_callback(done.append)
    waiting = threading.Thread(target=wait_all, args=(jobs,))
    waiting.start()
    assert threading.active_count() <= before + 3
    queue.cancel_jobs(jobs)
    waiting.join(LIMIT_S)
    assert not waiting.is_alive()
    assert all(job.cancelled() for job in jobs)


@pytest.fixture
def no_regular_looks(monkeypatch):
    """Whoever waits is woken, or goes on waiting."""
    monkeypatch.setattr("queuebit.queue.workers.CHECK_S", 100 * LIMIT_S)
    monkeypatch.setattr("queuebit.queue.watch.CHECK_S", 100 * LIMIT_S)
    monkeypatch.setattr("queuebit.queue.hint_thread.CHECK_S", 100 * LIMIT_S)


def test_a_wait_wakes_when_another_handle_ends_the_job(no_regular_looks, queue, simulator, bell, until):
    job = simulator.run(bell)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(job.wait_for_final_state, LIMIT_S, LIMIT_S)
        until(lambda: queue.watch.is_waited_for)
        queue.job(job.job_id()).cancel()
        waiting.result(LIMIT_S)
    assert job.cancelled()


def test_a_change_that_nobody_tells_of_is_seen_at_a_regular_look(queue, simulator, bell, until):
    job = simulator.run(bell)
    with ThreadPoolExecutor(1) as pool, JobQueue(queue.path, start_worker=False) as other:
        waiting = pool.submit(job.wait_for_final_state, LIMIT_S, LIMIT_S)
        until(lambda: queue.watch.is_waited_for)
        other.store.request_cancel([job.job_id()])
        waiting.result(LIMIT_S)
    assert job.cancelled()


def test_a_wait_goes_on_while_the_job_only_begins(served, gated_backends, gate, bell, until):
    job = served.get_backend(gated_backends).run(bell, gate=str(gate))
    until(job.running)
    with pytest.raises(JobTimeoutError, match=f"Job {job.job_id()} is still RUNNING after 0.05 s; it goes on"):
        job.result(timeout=0.05)
    gate.touch()
    assert job.result(LIMIT_S).success


def test_each_change_wakes_who_waits_for_any(queue, simulator, bell, serve):
    job = simulator.run(bell)
    seen = []
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(job.wait_for_final_state, LIMIT_S, LIMIT_S, lambda _, status, __: seen.append(status))
        serve(queue)
        waiting.result(LIMIT_S)
    assert seen[0] is JobStatus.QUEUED
    assert seen[-1] is JobStatus.DONE
    assert len(seen) <= 4


def test_await_gathers_many(served, bell):
    simulator = served.get_backend("basic_simulator")

    async def gather():
        return await asyncio.gather(*(simulator.run(bell, shots=5) for _ in range(20)))

    assert [sum(result.get_counts().values()) for result in asyncio.run(gather())] == [5] * 20


def test_a_done_callback_may_wait_for_other_jobs(served, bell):
    simulator = served.get_backend("basic_simulator")
    counts = []
    ended = threading.Event()

    def follow(job):
        counts.append(simulator.run(bell, shots=6).result(LIMIT_S).get_counts())
        ended.set()

    simulator.run(bell, shots=5).add_done_callback(follow)
    assert ended.wait(LIMIT_S)
    assert sum(counts[0].values()) == 6


def test_a_done_callback_that_raises_is_reported_and_harms_no_other(served, bell, caplog, until):
    simulator = served.get_backend("basic_simulator")
    done = []
    job = simulator.run(bell)
    job.add_done_callback(lambda job: job.nothing_like_that)
    job.add_done_callback(done.append)
    until(lambda: done)
    assert done == [job]
    until(lambda: "a done callback raised" in caplog.text)


def test_a_wait_for_a_job_that_is_deleted_says_so(queue, simulator, bell, until):
    job = simulator.run(bell)
    with ThreadPoolExecutor(1) as pool, JobQueue(queue.path, start_worker=False) as other:
        waiting = pool.submit(job.result, LIMIT_S)
        until(lambda: queue.watch.is_waited_for)
        other.store.request_cancel([job.job_id()])
        other.store.delete([job.job_id()])
        # Who looks between the two finds it cancelled.
        with pytest.raises((UnknownJobError, JobCancelledError)) as told:
            waiting.result(LIMIT_S)
    assert job.job_id() in str(told.value)


def test_a_wait_in_a_queue_that_is_closed_says_so(no_regular_looks, queue, simulator, bell, until):
    job = simulator.run(bell)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(job.result, LIMIT_S)
        until(lambda: queue.watch.is_waited_for)
        queue.close()
        with pytest.raises(StoreError, match="closed"):
            waiting.result(LIMIT_S)


def test_done_callbacks_of_a_queue_that_is_closed_are_not_called_and_that_is_reported(queue, simulator, bell, caplog):
    job = simulator.run(bell)
    called = []
    job.add_done_callback(called.append)
    queue.close()
    assert f"the done callbacks of job {job.job_id()} are not called: " in caplog.text
    assert called == []


def test_whoever_waits_looks_for_himself_when_there_are_no_hints(queue, simulator, bell, until, monkeypatch, caplog):
    def fail():
        raise OSError("no more sockets")

    fresh = HintThread()
    monkeypatch.setattr("queuebit.queue.watch.HINT_THREAD", fresh)
    monkeypatch.setattr("queuebit.queue.hint_thread.HintListener", fail)
    monkeypatch.setattr("queuebit.queue.watch.CHECK_S", 0.05)
    job = simulator.run(bell)
    with ThreadPoolExecutor(1) as pool, JobQueue(queue.path, start_worker=False) as other:
        waiting = pool.submit(job.wait_for_final_state, LIMIT_S, LIMIT_S)
        until(lambda: "the thread that listens for hints has failed" in caplog.text)
        other.store.request_cancel([job.job_id()])
        waiting.result(LIMIT_S)
    assert job.cancelled()


def test_several_threads_get_the_same_result(served, bell):
    job = served.get_backend("basic_simulator").run(bell)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: job.result(LIMIT_S), range(8)))
    assert len(set(map(id, results))) == 1


def test_a_job_can_be_watched(served, bell):
    output = io.StringIO()
    job_monitor(served.get_backend("basic_simulator").run(bell), output=output)
    assert "DONE after" in output.getvalue().splitlines()[-1]


def test_nobody_is_kept_as_waiting_when_a_wait_is_over(queue, simulator, bell):
    job = simulator.run(bell)
    with pytest.raises(JobTimeoutError):
        job.result(timeout=0.01)
    with pytest.raises(JobTimeoutError):
        job.wait_for_final_state(timeout=0.01)
    assert not queue.watch.is_waited_for


def test_handles_that_nobody_holds_are_not_kept(queue, simulator, bell):
    jobs = queue.run_many(simulator.prepare(bell) for _ in range(50))
    assert len(queue.watch._unfinished) == 50
    del jobs
    assert len(queue.watch._unfinished) == 0


def test_waiting_idly_takes_no_processor(queue, simulator, bell, until):
    jobs = queue.run_many(simulator.prepare(bell) for _ in range(200))
    for job in jobs:
        job.add_done_callback(lambda _: None)
    waiting = threading.Thread(target=jobs[0].wait_for_final_state)
    waiting.start()
    until(lambda: queue.watch.is_waited_for)
    began, cpu_began = time.monotonic(), time.process_time()
    time.sleep(1.2)
    share = (time.process_time() - cpu_began) / (time.monotonic() - began)
    queue.cancel_jobs(jobs)
    waiting.join(LIMIT_S)
    # 0.2 % here; the other threads of the test run are in it, too.
    assert share < 0.05


def test_a_forked_child_waits_for_itself(served, bell, tmp_path):
    script = tmp_path / "forking.py"
    script.write_text(
        f"""
import os, sys, warnings
warnings.simplefilter("ignore")
from queuebit import JobQueue
from qiskit import QuantumCircuit

circuit = QuantumCircuit(1)
circuit.measure_all()
queue = JobQueue({str(served.path)!r}, start_worker=False)
simulator = queue.get_backend("basic_simulator")
before = simulator.run(circuit, shots=3)
before.result(30)
waiting = simulator.run(circuit, shots=4)
waiting.add_done_callback(print)
child = os.fork()
if child == 0:
    after = simulator.run(circuit, shots=5)
    good = [job.result(30).get_counts() for job in (before, waiting, after)] == [{{"0": 3}}, {{"0": 4}}, {{"0": 5}}]
    os._exit(0 if good else 1)
waiting.result(30)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_handles_pickle_as_the_path_and_the_id(served, bell):
    job = served.get_backend("basic_simulator").run(bell)
    data = pickle.dumps(job)
    assert len(data) < 500
    assert job.job_id().encode() in data
    assert pickle.loads(data).queue is served
    assert pickle.loads(pickle.dumps(served)) is served
    backend = served.get_backend("qasm_simulator", shots=9)
    backend.set_options(memory=True)
    twin = pickle.loads(pickle.dumps(backend))
    assert (twin.queue, twin.source, twin.options.shots, twin.options.memory) == (served, "qasm_simulator", 9, True)
    assert twin is not backend


def test_many_pickles_come_back_to_one_queue(queue, simulator, bell):
    data = [pickle.dumps(simulator.run(bell)) for _ in range(5)]
    queue.close()
    jobs = [pickle.loads(one) for one in data]
    assert len({id(job.queue) for job in jobs}) == 1
    assert jobs[0].queue is not queue
    assert all(job.status() is JobStatus.QUEUED for job in jobs)
    jobs[0].queue.close()
