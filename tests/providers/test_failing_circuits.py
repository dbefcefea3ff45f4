"""Circuits that fail while they run: the job is ERROR and says which and why, the other circuits stay readable."""

import copy
import pickle
import traceback

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types
from qiskit.exceptions import QiskitError
from qiskit.providers import JobError

from queuebit.engines import ClassicalValueError
from queuebit.providers import JobFailedError, JobStatus, wait_all
from queuebit.providers.basicaer import StatevectorSimulatorPy

WHY = "division of 1 by zero"


@pytest.fixture
def unset() -> QuantumCircuit:
    """Another circuit that fails when it runs, in another way."""
    circuit = QuantumCircuit(1, 1, name="reading_nothing")
    limit = expr.Var.new("limit", types.Uint(4))
    circuit.add_uninitialized_var(limit)
    with circuit.if_test(expr.less(limit, 3)):
        circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def test_a_circuit_that_fails_makes_its_job_an_error(counting_backend, failing):
    job = counting_backend.run(failing)
    job.wait_for_final_state()
    assert job.status() is JobStatus.ERROR
    assert job.in_final_state()
    assert not job.done()
    with pytest.raises(JobFailedError) as failed:
        job.result()
    assert isinstance(failed.value, JobError)
    assert (failed.value.circuit_index, failed.value.circuit_name) == (0, "dividing_by_zero")
    assert isinstance(failed.value.__cause__, ClassicalValueError)


def test_the_error_names_the_job_the_circuit_and_the_cause(backend, bell, failing):
    job = backend.run([bell, bell, failing])
    with pytest.raises(JobFailedError) as failed:
        job.result()
    for part in (job.job_id(), "circuit 2", "'dividing_by_zero'", "ClassicalValueError", WHY):
        assert part in str(failed.value)
    assert (failed.value.circuit_index, failed.value.circuit_name) == (2, "dividing_by_zero")


def test_the_error_message_says_the_same_without_raising(backend, bell, failing):
    job = backend.run([bell, failing])
    job.wait_for_final_state()
    assert "circuit 1 ('dividing_by_zero')" in job.error_message()
    assert WHY in job.error_message()
    good = backend.run(bell)
    good.result()
    assert good.error_message() is None


def test_the_remote_traceback_ends_with_the_cause(backend, failing):
    with pytest.raises(JobFailedError) as failed:
        backend.run(failing).result()
    lines = failed.value.remote_traceback.strip().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "ClassicalValueError" in lines[-1]
    assert WHY in lines[-1]


def test_the_results_of_the_other_circuits_stay_readable(backend, bell, failing):
    last = bell.copy(name="last")
    job = backend.run([bell, failing, last], shots=30)
    job.wait_for_final_state()
    partial = job.partial_result()
    assert not partial.success
    assert [experiment.success for experiment in partial.results] == [True, False, True]
    assert [experiment.header["name"] for experiment in partial.results] == ["bell", "dividing_by_zero", "last"]
    assert WHY in partial.results[1].status
    assert sum(partial.get_counts(0).values()) == sum(partial.get_counts("last").values()) == 30
    with pytest.raises(QiskitError, match=WHY):
        partial.get_counts(1)


def test_the_others_counts_are_those_of_a_run_without_the_failure(backend, bell, failing):
    job = backend.run([bell, failing, bell], seed_simulator=4)
    job.wait_for_final_state()
    expected = backend.run([bell, bell, bell], seed_simulator=4).result()
    assert job.partial_result().get_memory(2) == expected.get_memory(2)


def test_the_first_of_several_failures_is_named_and_the_others_counted(backend, bell, failing, unset):
    job = backend.run([bell, unset, failing, unset])
    with pytest.raises(JobFailedError, match=r"circuit 1 \('reading_nothing'\).*2 more circuits failed") as failed:
        job.result()
    assert failed.value.circuit_index == 1
    statuses = [experiment.status for experiment in job.partial_result().results]
    assert "limit" in statuses[1]
    assert WHY in statuses[2]


def test_a_failure_on_some_of_the_shots_is_a_failure(backend):
    circuit = QuantumCircuit(1, 1, name="unlucky")
    circuit.h(0)
    circuit.measure(0, 0)
    divisor = circuit.add_var("divisor", expr.lift(0, types.Uint(4)))
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.store(divisor, expr.div(expr.lift(1, types.Uint(4)), divisor))
    with pytest.raises(JobFailedError, match="unlucky"):
        backend.run(circuit, shots=100).result()


def test_a_backend_of_states_fails_alike():
    circuit = QuantumCircuit(1, name="state")
    nothing = circuit.add_var("nothing", expr.lift(0, types.Uint(4)))
    circuit.store(nothing, expr.div(expr.lift(1, types.Uint(4)), nothing))
    with pytest.raises(JobFailedError, match=rf"circuit 0 \('state'\).*{WHY}"):
        StatevectorSimulatorPy().run(circuit).result()


def test_the_progress_of_a_failed_job_is_complete_as_nothing_is_left_to_do(backend, bell, failing):
    job = backend.run([failing, bell])
    job.wait_for_final_state()
    assert job.progress().done == job.progress().total


def test_each_call_raises_an_error_of_its_own(backend, failing):
    job = backend.run(failing)
    errors = []
    for _ in range(3):
        with pytest.raises(JobFailedError) as failed:
            job.result()
        errors.append(failed.value)
    assert len(set(map(id, errors))) == 3
    assert len({str(error) for error in errors}) == 1
    assert len({len(traceback.extract_tb(error.__traceback__)) for error in errors}) == 1
    assert len({len(traceback.extract_tb(error.__cause__.__traceback__)) for error in errors}) == 1


def test_the_error_can_be_printed_though_its_frames_are_empty(backend, failing):
    with pytest.raises(JobFailedError) as failed:
        backend.run(failing).result()
    text = "".join(traceback.format_exception(failed.value))
    assert "ClassicalValueError" in text
    assert "The above exception was the direct cause" in text


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_the_error_travels_with_what_it_knows(backend, bell, failing, twin):
    with pytest.raises(JobFailedError) as failed:
        backend.run([bell, failing]).result()
    other = twin(failed.value)
    assert str(other) == str(failed.value)
    assert (other.circuit_index, other.circuit_name) == (1, "dividing_by_zero")
    assert WHY in other.remote_traceback


def test_a_failed_job_travels_with_its_error_and_its_partial_result(backend, bell, failing):
    job = backend.run([bell, failing])
    job.wait_for_final_state()
    other = pickle.loads(pickle.dumps(job))
    assert other.status() is JobStatus.ERROR
    assert other.error_message() == job.error_message()
    assert other.partial_result().get_counts(0) == job.partial_result().get_counts(0)
    with pytest.raises(JobFailedError, match=WHY) as failed:
        other.result()
    assert (failed.value.circuit_index, failed.value.circuit_name) == (1, "dividing_by_zero")
    assert WHY in failed.value.remote_traceback


def test_a_failed_job_does_not_touch_the_others(backend, bell, failing):
    jobs = [backend.run(circuit) for circuit in [failing, bell] * 10]
    wait_all(jobs, timeout=30)
    assert [job.status() for job in jobs] == [JobStatus.ERROR, JobStatus.DONE] * 10
