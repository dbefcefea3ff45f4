"""What a job tells of its run: results, errors, logs, progress, and what it used."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

from queuebit.providers import JobCancelledError, JobFailedError, JobStatus
from queuebit.queue import JobUsage

LIMIT_S = 30


def test_a_found_jobs_result_is_the_same(served, bell):
    job = served.get_backend("basic_simulator").run([bell, bell.copy("other")], shots=40)
    result = job.result(LIMIT_S)
    found = served.job(job.job_id()).result(LIMIT_S)
    assert found.to_dict() == result.to_dict()
    assert found.get_counts("other") == result.get_counts(1)
    assert (result.job_id, result.backend_name, result.status) == (job.job_id(), "basic_simulator", "COMPLETED")
    assert result.date == job.time_finished.isoformat()
    assert result.time_taken == (job.time_finished - job.time_started).total_seconds()


def test_large_arrays_are_mapped_files(served):
    circuit = QuantumCircuit(12)
    circuit.h(range(12))
    job = served.get_backend("statevector_simulator").run(circuit)
    state = job.result(LIMIT_S).data()["statevector"]
    assert isinstance(state, np.memmap)
    assert not state.flags.writeable
    assert np.allclose(state, 2**-6)
    assert any(job.job_id() in path.name for path in served.store.files.iterdir())


def test_a_failure_tells_the_circuit_and_shows_where(served, bell, failing):
    job = served.get_backend("basic_simulator").run([bell, failing, failing], shots=10)
    with pytest.raises(JobFailedError) as failed:
        job.result(LIMIT_S)
    error = failed.value
    assert str(error).startswith(f"Job {job.job_id()} failed: circuit 1 ('dividing_by_zero'): ClassicalValueError: ")
    assert str(error).endswith("; 1 more circuit failed")
    assert (error.circuit_index, error.circuit_name) == (1, "dividing_by_zero")
    assert "Traceback (most recent call last)" in error.remote_traceback
    assert "ClassicalValueError" in error.remote_traceback
    assert job.error_message() == str(error).removeprefix(f"Job {job.job_id()} failed: ")
    with pytest.raises(JobFailedError) as again:
        job.result()
    assert again.value is not error


def test_a_backend_that_only_the_worker_can_not_make_is_told_with_where(served, bell):
    job = served.get_backend("gated_backends:only_in_the_test").run(bell)
    text = "backend 'gated_backends:only_in_the_test': calling its factory .* raised LookupError: there is no licence"
    with pytest.raises(JobFailedError, match=text) as failed:
        job.result(LIMIT_S)
    assert failed.value.circuit_index is None
    assert 'raise LookupError("there is no licence on this machine")' in failed.value.remote_traceback


def test_what_a_failed_job_has_is_there(served, bell, failing):
    job = served.get_backend("basic_simulator").run([bell, failing, bell], shots=10)
    job.wait_for_final_state(LIMIT_S)
    partial = job.partial_result()
    assert [entry.success for entry in partial.results] == [True, False, True]
    assert partial.results[1].status.startswith("ERROR: ClassicalValueError: ")
    assert not partial.success
    assert sum(partial.get_counts(2).values()) == 10


def test_what_a_running_job_has_is_there_and_stays_when_it_is_cancelled(served, gated_backends, gate, bell, until):
    backend = served.get_backend(gated_backends)
    gate.touch()
    assert backend.run(bell, gate=str(gate)).result(LIMIT_S).success
    gate.unlink()
    simulator = served.get_backend("basic_simulator")
    whole = simulator.run(bell, shots=10)
    assert whole.result(LIMIT_S) is whole.partial_result()
    job = backend.run([bell.copy("a"), bell.copy("b")], gate=str(gate), shots=7)
    until(job.running)
    partial = job.partial_result()
    assert [(entry.success, entry.status) for entry in partial.results] == [(False, "NOT FINISHED")] * 2
    assert [entry.header["name"] for entry in partial.results] == ["a", "b"]
    assert [entry.shots for entry in partial.results] == [7, 7]
    assert job.cancel()
    with pytest.raises(JobCancelledError):
        job.result(LIMIT_S)
    assert len(job.partial_result().results) == 2


def test_circuits_that_have_finished_are_kept_while_others_run(served, bell, endless, until):
    job = served.get_backend("basic_simulator").run([bell, endless], shots=10)
    until(lambda: job.partial_result().results[0].success)
    assert job.status() is JobStatus.RUNNING
    assert sum(job.partial_result().get_counts(0).values()) == 10
    until(lambda: job.progress() == (1, 2, "circuits"))
    assert job.cancel()
    job.wait_for_final_state(LIMIT_S)
    assert job.cancelled()
    assert [entry.success for entry in job.partial_result().results] == [True, False]


def test_an_unsuccessful_result_is_a_failure_with_its_reason(served, gated_backends, bell):
    job = served.get_backend(gated_backends).run(bell, succeed=False)
    with pytest.raises(JobFailedError, match=r"circuit 0 \('bell'\): ERROR: the qubits are too warm"):
        job.result(LIMIT_S)
    assert job.status() is JobStatus.ERROR


def test_what_a_run_prints_and_warns_is_in_its_log(served, gated_backends, bell):
    job = served.get_backend(gated_backends).run(bell)
    job.result(LIMIT_S)
    assert job.logs() == "bell waits for its gate\n"


def test_usage_counts_attempts_time_and_memory(served, bell):
    job = served.get_backend("basic_simulator").run(bell)
    job.result(LIMIT_S)
    usage = job.usage()
    assert isinstance(usage, JobUsage)
    assert usage.attempts == 1
    assert 0 < usage.cpu_s < LIMIT_S
    assert 10 * 2**20 < usage.peak_memory_bytes < 2**34


def test_a_finished_job_is_wholly_done(served, bell):
    job = served.get_backend("basic_simulator").run([bell, bell])
    job.result(LIMIT_S)
    progress = job.progress()
    assert progress.done == progress.total == 2
    assert job.queue_position() is None
    assert job.error_message() is None


def test_a_rerun_is_a_new_job_of_the_same_work(served, bell):
    job = served.get_backend("basic_simulator").run(
        bell, shots=30, name="first", tags=["a"], metadata={"x": 1}, priority=2, time_limit=60, idempotency_key="once"
    )
    again = job.rerun()
    assert again.job_id() != job.job_id()
    assert again.circuits() == job.circuits()
    assert (again.options(), again.name, again.tags, again.metadata) == (job.options(), "first", ("a",), {"x": 1})
    assert again.priority == 2
    assert served.store.get(again.job_id()).limits == served.store.get(job.job_id()).limits
    assert again.result(LIMIT_S).get_memory() == job.result(LIMIT_S).get_memory()


def test_times_are_in_order_and_those_of_the_store(served, bell):
    job = served.get_backend("basic_simulator").run(bell)
    job.result(LIMIT_S)
    times = [job.time_created, job.time_submitted, job.time_started, job.time_finished]
    assert times == sorted(times)
    assert served.job(job.job_id()).time_finished == job.time_finished == job.events()[-1].time


def test_a_time_limit_ends_a_run(served, endless):
    job = served.get_backend("basic_simulator").run(endless, time_limit=0.2)
    with pytest.raises(JobFailedError, match="limit"):
        job.result(LIMIT_S)


def test_a_cancelled_run_of_a_local_backend_stops_soon(served, endless, until):
    job = served.get_backend("basic_simulator").run(endless)
    until(job.running)
    assert job.cancel()
    job.wait_for_final_state(LIMIT_S)
    assert job.status() is JobStatus.CANCELLED
    assert not job.cancel()
