"""What jobs keep alive, and what keeps jobs alive: results stay, circuits and states go, and unheld work stops."""

import asyncio
import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import UnitaryGate
from qiskit.result import Result

from queuebit.engines import Program
from queuebit.providers import JobCancelledError, JobFailedError, JobStatus, JobTimeoutError, as_completed, wait_all
from queuebit.providers.basic_provider import BasicProviderJob, BasicSimulator
from queuebit.providers.basicaer import StatevectorSimulatorPy
from queuebit.providers.local_executor import LOCAL_EXECUTOR, available_cores
from queuebit.testing.patience import eventually

# A state of 18 qubits has 4 MiB.
NUM_QUBITS = 18
STATE_BYTES = 16 * 2**NUM_QUBITS


def nothing_runs() -> bool:
    return not list(LOCAL_EXECUTOR._unfinished)


def wide(name: str = "wide") -> QuantumCircuit:
    """Return a circuit with a large state, and a branch where the run has two of them."""
    circuit = QuantumCircuit(NUM_QUBITS, 2, name=name)
    circuit.h([0, 1, NUM_QUBITS - 1])
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    return circuit


def wide_and_failing() -> QuantumCircuit:
    circuit = wide("failing")
    nothing = circuit.add_var("nothing", expr.lift(0, types.Uint(4)))
    circuit.store(nothing, expr.div(expr.lift(1, types.Uint(4)), nothing))
    return circuit


def wide_and_endless() -> QuantumCircuit:
    circuit = wide("endless")
    circuit.reset(0)
    circuit.measure(0, 0)
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.z(0)
    return circuit


def large() -> QuantumCircuit:
    """Return a circuit of many large matrices, so that its program takes memory."""
    circuit = QuantumCircuit(7, 1, name="large")
    for _ in range(16):
        circuit.append(UnitaryGate(np.eye(2**7)), range(7))
    circuit.measure(0, 0)
    return circuit


def live_programs() -> int:
    gc.collect()
    return sum(isinstance(thing, Program) for thing in gc.get_objects())


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture
def memory_before():
    """What is in use before the test, while allocations are counted; NumPy's are."""
    BasicSimulator().run(wide()).result()  # what is made once, is made now
    tracemalloc.start()
    try:
        yield traced_bytes()
    finally:
        tracemalloc.stop()


def finished(backend: BasicSimulator):
    job = backend.run([wide(), wide()], shots=20)
    assert job.result().success
    return job


def failed(backend: BasicSimulator):
    job = backend.run([wide(), wide_and_failing()], shots=20)
    with pytest.raises(JobFailedError):
        job.result()
    return job


def cancelled(backend: BasicSimulator):
    job = backend.run([wide(), wide_and_endless(), wide()], shots=20)
    assert eventually(60, lambda: job.partial_result().results[0].success)
    job.cancel()
    return job


ENDS = pytest.mark.parametrize("end", [finished, failed, cancelled])


@ENDS
def test_a_job_that_is_kept_keeps_no_states(backend, memory_before, end):
    job = end(backend)
    assert eventually(60, nothing_runs)
    assert eventually(60, lambda: traced_bytes() < memory_before + STATE_BYTES / 8)
    assert job.partial_result().results[0].success


def test_the_error_of_a_job_that_is_kept_keeps_no_states(backend, memory_before):
    job = backend.run(wide_and_failing(), shots=20)
    with pytest.raises(JobFailedError) as caught:
        job.result()
    assert caught.value.__cause__ is not None
    assert eventually(60, lambda: traced_bytes() < memory_before + STATE_BYTES / 8)


@ENDS
def test_a_job_that_is_kept_keeps_no_circuits(backend, end):
    job = end(backend)
    assert eventually(60, nothing_runs)
    gc.collect()
    circuits = [each.name for each in gc.get_objects() if isinstance(each, QuantumCircuit)]
    assert not {"wide", "failing", "endless"} & set(circuits)
    assert job.in_final_state()


def test_a_running_job_does_not_keep_its_circuits(backend, endless):
    circuit = endless.copy()
    kept = weakref.ref(circuit)
    job = backend.run(circuit)
    del circuit
    gc.collect()
    assert kept() is None
    assert eventually(60, job.running)


def test_the_programs_of_finished_circuits_go_while_others_run(backend, endless):
    running = [backend.run(endless) for _ in range(available_cores())]
    before = live_programs()
    job = backend.run([large(), endless], shots=5)
    assert live_programs() == before + 2
    running.pop().cancel()
    assert eventually(60, lambda: job.partial_result().results[0].success)
    # The one that was cancelled and the one that is finished are gone, the endless one is there.
    assert eventually(60, lambda: live_programs() == before)
    assert job.running()


def test_a_cancelled_job_keeps_no_programs(backend, endless):
    before = live_programs()
    job = backend.run([endless, large()], shots=5)
    assert eventually(60, job.running)
    assert live_programs() == before + 2
    job.cancel()
    assert eventually(60, lambda: live_programs() == before)
    assert not job.partial_result().results[1].success


def test_a_waiting_job_that_is_cancelled_leaves_nothing_in_the_queue(backend, bell, endless):
    running = [backend.run(endless) for _ in range(available_cores())]
    assert eventually(60, lambda: all(job.running() for job in running))
    job = backend.run(bell)
    kept = weakref.ref(job._run)
    job.cancel()
    del job
    gc.collect()
    assert kept() is None


def test_idle_threads_keep_nothing_of_the_last_jobs():
    class Work:
        def __call__(self) -> Result:
            return Result(success=True, results=[])

    kept = []
    for number in range(2 * available_cores()):
        work = Work()
        kept.append(weakref.ref(work))
        job = BasicProviderJob(None, str(number), work)
        job.submit()
        job.result()
        kept += [weakref.ref(job), weakref.ref(job.result())]
        del work, job
    gc.collect()
    assert eventually(60, lambda: all(reference() is None for reference in kept))


def test_a_result_outlives_its_job():
    result = StatevectorSimulatorPy().run(QuantumCircuit(2)).result()
    gc.collect()
    np.testing.assert_array_equal(result.get_statevector(), [1, 0, 0, 0])


def test_a_job_that_nobody_holds_is_cancelled(backend, endless):
    job = backend.run(endless)
    assert eventually(60, job.running)
    del job
    gc.collect()
    assert eventually(60, nothing_runs)


def test_a_waiting_job_that_nobody_holds_never_runs(backend, bell, endless):
    running = [backend.run(endless) for _ in range(available_cores())]
    for _ in range(20):
        backend.run(bell)
    gc.collect()
    assert len(list(LOCAL_EXECUTOR._unfinished)) == len(running)


def test_a_job_is_held_by_its_done_callback(backend, bell, endless):
    running = [backend.run(endless) for _ in range(available_cores())]
    statuses, called = [], threading.Event()

    def note(job) -> None:
        statuses.append(job.status())
        called.set()

    backend.run(bell).add_done_callback(note)
    gc.collect()
    for job in running:
        job.cancel()
    assert called.wait(60)
    assert statuses == [JobStatus.DONE]


def test_a_job_is_held_by_those_who_await_it(backend, bell, endless):
    running = [backend.run(endless) for _ in range(available_cores())]

    async def result_of_unheld_job() -> Result:
        return await backend.run(bell)

    async def collect_meanwhile() -> Result:
        waiting = asyncio.create_task(result_of_unheld_job())
        await asyncio.sleep(0)
        gc.collect()
        for job in running:
            job.cancel()
        return await waiting

    assert asyncio.run(collect_meanwhile()).success


def test_a_job_is_held_by_as_completed_until_it_came(backend, bell):
    completed = as_completed(backend.run([bell] * 20) for _ in range(10))
    gc.collect()
    for job in completed:
        assert job.done()
        kept = weakref.ref(job)
        del job
        gc.collect()
        assert eventually(60, lambda kept=kept: kept() is None)


def test_an_await_that_is_given_up_lets_the_job_go(backend, endless):
    async def give_up() -> None:
        await asyncio.wait_for(backend.run(endless), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    gc.collect()
    assert eventually(60, nothing_runs)


def test_an_await_that_is_given_up_leaves_a_held_job_alone(backend, endless):
    job = backend.run(endless)

    async def give_up() -> None:
        await asyncio.wait_for(job, 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    gc.collect()
    assert not job.in_final_state()
    assert eventually(60, job.running)


def test_waiting_for_several_that_is_given_up_lets_the_jobs_go(backend, endless):
    def give_up() -> None:
        wait_all([backend.run(endless), backend.run(endless)], timeout=0.05)

    with pytest.raises(JobTimeoutError):
        give_up()
    gc.collect()
    assert eventually(60, nothing_runs)


def test_an_iterator_that_is_given_up_lets_the_jobs_go(backend, bell, endless):
    for job in as_completed([backend.run(bell), backend.run(endless)], timeout=60):
        assert job.done()
        break
    del job
    gc.collect()
    assert eventually(60, nothing_runs)


def test_a_cancelled_jobs_error_is_not_shared(backend, endless):
    job = backend.run(endless)
    job.cancel()
    errors = []
    for _ in range(2):
        with pytest.raises(JobCancelledError) as caught:
            job.result()
        errors.append(caught.value)
    assert errors[0] is not errors[1]
