"""Cancelling jobs of the backends: CANCELLED at once, the work stops soon, and what is finished stays readable."""

import threading

import pytest
from qiskit import QuantumCircuit

from queuebit.providers import JobCancelledError, JobStatus
from queuebit.providers.basic_provider import BasicProviderJob
from queuebit.providers.local_executor import LOCAL_EXECUTOR, available_cores
from queuebit.testing.patience import eventually, within

# For a loaded machine; a run that doesn't stop takes longer, or never ends.
STOPS_WITHIN_S = 30.0


def deep(num_qubits: int, num_layers: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, name="deep")
    for layer in range(num_layers):
        for qubit in range(num_qubits):
            circuit.ry(0.1 * qubit + layer, qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def nothing_runs() -> bool:
    return not list(LOCAL_EXECUTOR._unfinished)


@pytest.mark.parametrize("num_qubits", [20, 21])
def test_a_large_simulation_stops(counting_backend, num_qubits):
    job = counting_backend.run(deep(num_qubits, 100))
    assert eventually(60, lambda: job.progress().done > 3)
    assert job.cancel() is True
    assert job.status() is JobStatus.CANCELLED
    assert eventually(STOPS_WITHIN_S, nothing_runs)
    done, total, unit = job.progress()
    assert 3 < done < total
    assert unit == "instructions"
    assert job.progress() == (done, total, unit)
    with pytest.raises(JobCancelledError, match=job.job_id()):
        job.result()


def test_cancelling_does_not_wait_for_the_work():
    go_on = threading.Event()
    job = BasicProviderJob(None, "deaf", go_on.wait)
    job.submit()
    try:
        assert eventually(60, job.running)
        assert within(STOPS_WITHIN_S, job.cancel) is True
        assert job.status() is JobStatus.CANCELLED
    finally:
        go_on.set()
    assert eventually(STOPS_WITHIN_S, nothing_runs)


def test_progress_moves_and_never_goes_back(backend):
    job, seen = backend.run(deep(21, 20)), []

    def ended() -> bool:
        seen.append(job.progress())
        return job.in_final_state()

    assert eventually(60, ended)
    seen.append(job.progress())
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert len({done for done, _, _ in seen}) > 3
    assert {(total, unit) for _, total, unit in seen} == {(21 * 20 + 20 * 20 + 1 + 21, "instructions")}
    assert seen[-1].done == seen[-1].total


def test_a_loop_without_end_stops(counting_backend, endless):
    job = counting_backend.run(endless)
    assert eventually(60, job.running)
    assert job.cancel() is True
    assert eventually(STOPS_WITHIN_S, nothing_runs)


def test_cancelling_in_the_middle_of_a_list_keeps_the_finished_circuits(backend, bell, endless):
    never = bell.copy(name="never")
    job = backend.run([bell, endless, never], shots=50)
    assert eventually(60, lambda: job.partial_result().results[0].success)
    assert job.cancel() is True
    assert eventually(STOPS_WITHIN_S, nothing_runs)
    partial = job.partial_result()
    assert not partial.success
    assert [experiment.success for experiment in partial.results] == [True, False, False]
    assert [experiment.status for experiment in partial.results] == ["DONE", "NOT FINISHED", "NOT FINISHED"]
    assert [experiment.header["name"] for experiment in partial.results] == ["bell", "endless", "never"]
    assert sum(partial.get_counts(0).values()) == 50
    assert partial.job_id == job.job_id()
    assert 0 < job.progress().done < job.progress().total


def test_finished_circuits_are_readable_while_others_run(backend, bell, endless):
    job = backend.run([bell, endless], shots=50)
    assert eventually(60, lambda: job.partial_result().results[0].success)
    assert job.running()
    assert sum(job.partial_result().get_counts("bell").values()) == 50


def test_waiting_jobs_are_cancelled_and_never_start(backend, bell, endless):
    running = [backend.run(endless) for _ in range(available_cores())]
    assert eventually(60, lambda: all(job.running() for job in running))
    waiting = [backend.run(bell) for _ in range(20)]
    assert [job.cancel() for job in waiting] == [True] * 20
    assert {job.status() for job in waiting} == {JobStatus.CANCELLED}
    assert all(job.running() for job in running)
    last = backend.run(bell)
    running[0].cancel()
    assert last.result(timeout=60).success
    for job in waiting:
        assert job.time_started is None
        assert job.time_finished is not None
        assert not job.partial_result().results[0].success


def test_cancelling_twice_is_harmless(backend, endless):
    job = backend.run(endless)
    assert (job.cancel(), job.cancel()) == (True, False)
    finished = job.time_finished
    assert job.cancelled()
    assert job.time_finished == finished


def test_cancelling_after_the_end_changes_nothing(backend, bell, failing):
    job, failed = backend.run(bell), backend.run(failing)
    result = job.result()
    failed.wait_for_final_state()
    assert (job.cancel(), failed.cancel()) == (False, False)
    assert (job.status(), failed.status()) == (JobStatus.DONE, JobStatus.ERROR)
    assert job.result() is result


def test_a_cancelled_job_stays_cancelled_though_its_work_was_about_to_end(backend, bell):
    for _ in range(100):
        job = backend.run(bell, shots=10)
        cancelled = job.cancel()
        assert job.status() is (JobStatus.CANCELLED if cancelled else JobStatus.DONE)
        assert eventually(60, nothing_runs)
        assert job.status() is (JobStatus.CANCELLED if cancelled else JobStatus.DONE)
        assert job.partial_result().results[0].success is not cancelled


def test_many_threads_may_cancel_one_job(backend, endless):
    job = backend.run(endless)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(job.cancel())) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 9 + [True]


def test_the_work_stops_though_a_done_callback_takes_its_time(backend, endless):
    job, go_on = backend.run(endless), threading.Event()
    assert eventually(60, job.running)
    job.add_done_callback(lambda _: go_on.wait(30))
    cancelling = threading.Thread(target=job.cancel)
    cancelling.start()
    try:
        assert eventually(STOPS_WITHIN_S, nothing_runs), "the work waits for the callback"
    finally:
        go_on.set()
        cancelling.join()


def test_cancelling_wakes_whoever_waits(backend, endless):
    job = backend.run(endless)
    threading.Timer(0.05, job.cancel).start()
    with pytest.raises(JobCancelledError):
        job.result(timeout=60)


def test_a_cancelled_job_leaves_its_thread_to_the_next(backend, bell, endless):
    for _ in range(3 * available_cores()):
        job = backend.run(endless)
        assert eventually(60, job.running)
        job.cancel()
    assert backend.run(bell).result(timeout=60).success
