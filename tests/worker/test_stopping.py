"""Stopping runs that are cancelled or past a limit; afterwards the child is warm, or has a warm successor."""

import time

import pytest
from qiskit import QuantumCircuit

from queuebit.store import JobEvent, JobState
from queuebit.worker.executors.run_watch import STOP_GRACE_S


def deep(num_qubits, num_layers):
    circuit = QuantumCircuit(num_qubits, name="deep")
    for layer in range(num_layers):
        for qubit in range(num_qubits):
            circuit.ry(0.1 * qubit + layer, qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def cancelled(lab, job_id):
    """Cancel a running job, and return how long it took to stop."""
    lab.until_running(job_id)
    begun = time.monotonic()
    lab.cancel(job_id)
    assert lab.until_final(job_id).state is JobState.CANCELLED
    return time.monotonic() - begun


def test_a_native_simulation_stops_at_once_and_its_child_stays(served):
    pids = {served.pid() for _ in range(3)}
    job_id = served.submit(deep(20, 2000))
    served.until(lambda: served.store.get(job_id).progress_done > 0, "progress")
    cancelled(served, job_id)
    record = served.store.get(job_id)
    assert 0 < record.progress_done < record.progress_total
    assert served.story(job_id)[-2:] == [JobEvent.REQUEST_CANCEL, JobEvent.CANCEL]
    assert {served.pid() for _ in range(3)} <= pids, "the child had to be ended"


def test_a_foreign_job_that_listens_is_cancelled(served):
    pids = {served.pid() for _ in range(3)}
    cancelled(served, served.submit_odd("wait:60"))
    assert {served.pid() for _ in range(3)} <= pids, "the child had to be ended"


def test_a_run_that_doesnt_listen_is_ended_with_its_child_and_the_next_job_runs(served):
    job_id = served.submit_odd("nothing", "ignore:60", "nothing")
    served.until(lambda: served.store.results(job_id), "the first result")
    assert cancelled(served, job_id) > STOP_GRACE_S / 2
    assert [result.index for result in served.store.results(job_id)] == [0], "what is done is kept"
    assert served.story(job_id).count(JobEvent.CLAIM) == 1, "it ran again"
    served.pid()


def test_aer_stops_too(served):
    pytest.importorskip("qiskit_aer")
    circuits = [deep(2, 1), deep(24, 50)]
    job_id = served.submit(circuits, "qiskit_aer:AerSimulator", backend_options={"method": "statevector"})
    served.until(lambda: served.store.results(job_id), "the first result")
    cancelled(served, job_id)


def test_a_request_before_the_first_circuit_is_heard(served):
    job_id = served.submit_odd(*["wait:60"] * 3)
    served.cancel(job_id)
    assert served.until_final(job_id).state is JobState.CANCELLED


def test_a_job_that_waits_behind_others_is_cancelled_without_running(served, tmp_path):
    blockers = [served.submit_odd("wait:60") for _ in range(2)]
    for blocker in blockers:
        served.until_running(blocker)
    written = tmp_path / "ran"
    job_id = served.submit_odd(f"write:{written}")
    served.cancel(job_id)
    assert served.until_final(job_id).state is JobState.CANCELLED
    for blocker in blockers:
        served.cancel(blocker)
        served.until_final(blocker)
    assert not written.exists()


@pytest.mark.parametrize("name", ["wait:60", "ignore:60"])
def test_a_run_that_takes_too_long_fails_with_its_limit(served, name):
    served.pid()
    begun = time.monotonic()
    job_id = served.submit_odd("nothing", name, time_limit_s=0.3)
    error = served.error(job_id)
    assert time.monotonic() - begun >= 0.3
    assert error["type"] == "TimeLimitError"
    assert "0.3 s" in error["message"]
    assert [result.index for result in served.store.results(job_id)] == [0]
    assert served.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FAIL]


def test_a_native_simulation_that_takes_too_long_fails_with_its_limit(served):
    assert served.error(served.submit(deep(20, 2000), time_limit_s=0.2))["type"] == "TimeLimitError"


def test_a_run_within_its_limits_is_left_alone(served):
    assert served.done(served.submit_odd("nothing", time_limit_s=60, memory_limit_bytes=2**40))


def test_a_run_that_leaks_is_ended_at_its_limit(served):
    job_id = served.submit_odd("nothing", "leak:500", memory_limit_bytes=400 * 2**20)
    error = served.error(job_id)
    assert error["type"] == "MemoryLimitError"
    assert "400 MiB" in error["message"]
    assert 400 * 2**20 < served.store.get(job_id).peak_memory_bytes < 1000 * 2**20
    assert [result.index for result in served.store.results(job_id)] == [0]
    assert served.done(served.submit_odd("nothing"))
