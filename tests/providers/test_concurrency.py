"""Many jobs at once: side by side within the cores, with equal counts, few threads, and prompt ends."""

import asyncio
import logging
import queue
import threading
import time
from concurrent.futures import Future

import psutil
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume
from qiskit.result import Result

from queuebit.providers import (
    JobCancelledError,
    JobFailedError,
    JobStatus,
    JobTimeoutError,
    as_completed,
    local_job,
    local_run,
    wait_all,
)
from queuebit.providers.basic_provider import BasicProviderJob, BasicSimulator
from queuebit.providers.basicaer import BasicAer
from queuebit.providers.local_executor import LocalExecutor, available_cores
from queuebit.testing.patience import eventually

MANY = 500


def sampled(seed: int) -> QuantumCircuit:
    """Return a circuit with random outcomes, in the middle and at its end."""
    circuit = quantum_volume(4, seed=seed)
    circuit.add_bits(QuantumCircuit(0, 5).clbits)
    circuit.measure(0, 4)
    with circuit.if_test((circuit.clbits[4], 1)):
        circuit.h(0)
    circuit.measure(range(4), range(4))
    return circuit


def busy(backend, endless: QuantumCircuit) -> list:
    """Return running jobs that leave no core to others."""
    jobs = [backend.run(endless) for _ in range(available_cores())]
    assert eventually(60, lambda: all(job.running() for job in jobs))
    return jobs


def test_run_returns_while_the_job_runs(counting_backend, endless):
    job = counting_backend.run(endless)
    assert job.status() in (JobStatus.QUEUED, JobStatus.RUNNING)
    assert eventually(60, job.running)
    assert job.time_started is not None
    assert job.time_finished is None


@pytest.mark.skipif(available_cores() < 2, reason="there is one core")
def test_jobs_run_side_by_side_also_of_different_backends(backend, endless):
    jobs = [backend.run(endless), BasicAer.get_backend("qasm_simulator").run(endless)]
    assert eventually(60, lambda: all(job.running() for job in jobs))


def test_more_jobs_than_cores_wait_for_their_turn(backend, bell, endless):
    running = busy(backend, endless)
    waiting = backend.run(bell)
    with pytest.raises(JobTimeoutError, match="still QUEUED"):
        waiting.wait_for_final_state(timeout=0.05)
    assert waiting.time_started is None
    assert waiting.progress().done == 0
    running[0].cancel()
    assert waiting.result(timeout=60).success


def test_jobs_that_wait_start_in_the_order_of_their_submission(backend, bell, endless):
    running = busy(backend, endless)
    waiting = [backend.run(bell) for _ in range(10)]
    for job in running:
        job.cancel()
    started = [job.time_started for job in wait_all(waiting, timeout=60)]
    assert started == sorted(started)


@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_the_same_seeds_give_the_same_counts_on_any_number_of_threads(backend, monkeypatch, num_threads):
    circuits = [sampled(seed) for seed in range(6)]
    alone = [backend.run(circuit, shots=500, seed_simulator=9).result().get_memory() for circuit in circuits]
    monkeypatch.setattr(local_job, "LOCAL_EXECUTOR", LocalExecutor(max_threads=num_threads))
    jobs = [backend.run(circuit, shots=500, seed_simulator=9) for circuit in circuits]
    assert [job.result().get_memory() for job in jobs] == alone


def test_the_counts_of_a_seed_do_not_depend_on_what_runs_beside(backend, endless):
    circuits = [sampled(seed) for seed in range(4)]
    alone = backend.run(circuits, seed_simulator=9).result().get_counts()
    others = [backend.run(endless) for _ in range(available_cores() - 1)]
    assert backend.run(circuits, seed_simulator=9).result().get_counts() == alone
    assert all(job.running() or job.status() is JobStatus.QUEUED for job in others)


def test_500_awaited_jobs_add_few_threads(backend, bell):
    process, most = psutil.Process(), 0

    async def count_threads() -> None:
        nonlocal most
        while True:
            most = max(most, process.num_threads())
            await asyncio.sleep(0.005)

    async def wait_for_all() -> list:
        counting = asyncio.create_task(count_threads())
        jobs = [backend.run(bell, shots=10) for _ in range(MANY)]
        results = await asyncio.gather(*jobs)
        counting.cancel()
        return results

    before = process.num_threads()
    results = asyncio.run(wait_for_all())
    assert [sum(result.get_counts().values()) for result in results] == [10] * MANY
    assert before <= most <= before + available_cores() + 2


def test_500_jobs_as_completed_add_few_threads(backend, bell):
    process = psutil.Process()
    before = most = process.num_threads()
    jobs = [backend.run(bell, shots=10) for _ in range(MANY)]
    ended = []
    for job in as_completed(jobs, timeout=60):
        assert job.done()
        ended.append(job)
        most = max(most, process.num_threads())
    assert len(ended) == MANY
    assert set(map(id, ended)) == set(map(id, jobs))
    assert most <= before + available_cores() + 2


def test_awaiting_a_job_that_did_not_succeed_raises_its_error(backend, failing, endless):
    async def failure() -> None:
        await backend.run(failing)

    async def cancelled() -> None:
        job = backend.run(endless)
        asyncio.get_running_loop().call_later(0.01, job.cancel)
        await job

    with pytest.raises(JobFailedError, match="dividing_by_zero"):
        asyncio.run(failure())
    with pytest.raises(JobCancelledError):
        asyncio.run(cancelled())


def test_the_event_loop_goes_on_while_jobs_run(backend, endless):
    async def ticks() -> int:
        job = backend.run(endless)
        waiting = asyncio.ensure_future(job)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        job.cancel()
        with pytest.raises(JobCancelledError):
            await waiting
        return 20

    assert asyncio.run(ticks()) == 20


def test_jobs_come_as_they_complete(backend, bell, endless):
    slow = backend.run(endless)
    quick = backend.run(bell)
    if available_cores() == 1:
        slow.cancel()
    completed = as_completed([slow, quick], timeout=60)
    assert next(completed) in (slow, quick)
    slow.cancel()
    assert next(completed) in (slow, quick)
    assert list(completed) == []


def test_waiting_for_several_jobs_ends_at_the_timeout(backend, bell, endless):
    slow = backend.run(endless)
    with pytest.raises(JobTimeoutError, match=r"1 job isn't final after 0\.05 s"):
        wait_all([slow], timeout=0.05)
    assert slow.status() in (JobStatus.QUEUED, JobStatus.RUNNING)


def test_a_result_that_is_late_raises_and_the_job_goes_on(backend, endless):
    job = backend.run(endless)
    started = time.monotonic()
    with pytest.raises(JobTimeoutError, match="it goes on"):
        job.result(timeout=0.05)
    assert time.monotonic() - started >= 0.05
    assert not job.in_final_state()


def test_waiters_wake_at_the_end_however_seldom_they_would_look(backend, bell):
    for _ in range(20):
        job = backend.run(bell, shots=20_000)
        job.wait_for_final_state(timeout=60, wait=3600)
        assert job.done()


def test_a_waiter_learns_of_each_change_at_once(backend, bell, endless):
    running = busy(backend, endless)
    job = backend.run(bell)
    seen = []

    def watch(job_id: str, status: JobStatus, watched) -> None:
        seen.append(status)
        assert job_id == watched.job_id() == job.job_id()
        for each in running:
            each.cancel()

    job.wait_for_final_state(timeout=60, wait=3600, callback=watch)
    assert seen[0] is JobStatus.QUEUED
    assert seen[-1] is JobStatus.DONE


def test_done_callbacks_are_called_once_each_with_the_finished_job(backend, bell, endless):
    running = busy(backend, endless)
    job, called, both = backend.run(bell), [], threading.Event()

    def note(finished) -> None:
        called.append((finished, finished.status(), threading.current_thread()))
        if len(called) == 2:
            both.set()

    job.add_done_callback(note)
    job.add_done_callback(note)
    running[0].cancel()
    assert both.wait(60)
    job.add_done_callback(note)
    assert [finished for finished, _, _ in called] == [job, job, job]
    assert {status for _, status, _ in called} == {JobStatus.DONE}
    assert called[2][2] is threading.current_thread()


def test_a_done_callback_that_raises_is_logged_and_stops_nothing(backend, bell, endless, caplog):
    def fail(job) -> None:
        raise RuntimeError("my callback is broken")

    running = busy(backend, endless)
    waiting, second_called = [backend.run(bell) for _ in range(3 * available_cores())], []
    for job in waiting:
        job.add_done_callback(fail)
        job.add_done_callback(second_called.append)
    with caplog.at_level(logging.ERROR, logger="queuebit"):
        for job in running:
            job.cancel()
        assert all(job.done() for job in wait_all(waiting, timeout=60))
        assert eventually(60, lambda: len(second_called) == len(waiting))
    assert caplog.text.count("RuntimeError: my callback is broken") == len(waiting)
    assert {record.name for record in caplog.records} == {"queuebit"}
    assert backend.run(bell).result(timeout=60).success


def test_a_done_callback_may_start_the_next_job(backend, bell):
    results: list[int] = []
    finished = threading.Event()

    def start_next(job) -> None:
        results.append(job.result().results[0].shots)
        if len(results) == 5:
            finished.set()
        else:
            backend.run(bell, shots=len(results) + 1).add_done_callback(start_next)

    backend.run(bell, shots=1).add_done_callback(start_next)
    assert finished.wait(60)
    assert results == [1, 2, 3, 4, 5]


def test_a_callback_that_asks_to_leave_does_not_silence_the_others():
    future: Future[Result] = Future()
    job = BasicProviderJob(None, "leaving", future)
    called = []

    def leave(_):
        raise SystemExit(3)

    job.add_done_callback(leave)
    job.add_done_callback(called.append)
    with pytest.raises(SystemExit):
        future.set_result(Result(success=True, results=[]))
    assert called == [job]


def test_work_that_waits_for_other_work_finds_a_thread_for_it(bell):
    backend = BasicSimulator()
    jobs = [BasicProviderJob(backend, str(i), lambda: backend.run(bell).result()) for i in range(3 * available_cores())]
    for job in jobs:
        job.submit()
    assert all(job.result(timeout=30).success for job in jobs)


def test_done_callbacks_may_wait_for_the_next_job(bell):
    backend = BasicSimulator()
    results: queue.SimpleQueue[Result] = queue.SimpleQueue()
    jobs = [backend.run(bell) for _ in range(3 * available_cores())]
    for job in jobs:
        job.add_done_callback(lambda _: results.put(next(iter(as_completed([backend.run(bell)]))).result()))
    assert all(results.get(timeout=30).success for _ in jobs)


def test_threads_that_stood_in_for_waiting_ones_end(bell, monkeypatch):
    executor = LocalExecutor(max_threads=2)
    monkeypatch.setattr(local_job, "LOCAL_EXECUTOR", executor)
    monkeypatch.setattr(local_run, "LOCAL_EXECUTOR", executor)
    backend = BasicSimulator()
    jobs = [BasicProviderJob(backend, str(i), lambda: backend.run(bell).result()) for i in range(9)]
    for job in jobs:
        job.submit()
    wait_all(jobs, timeout=30)
    assert eventually(60, lambda: executor._threads <= 2)
