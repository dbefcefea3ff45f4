"""How soon running work is stopped, and how soon the next job has its result then."""

import time
from collections.abc import Callable
from functools import cache, partial

from qiskit import QuantumCircuit

from benchmarks.circuits import ladder, measured, volume
from benchmarks.durable.served import RESULT_S, SHOTS, ServedQueue, wait_until
from benchmarks.timing import Measure
from queuebit.providers import JobStatus
from queuebit.queue import QueueBackend, QueueJob

NATIVE_QUBITS = 24
WIDE_QUBITS = 27
AER_QUBITS = 28

# Half of the state.
_AER_MIB = 16 * (1 << AER_QUBITS) / 2 / (1 << 20)


def cancelling_native() -> Measure:
    """Return the time from ``cancel()`` of the native engine's work to the end of a wait."""
    served = _one_child()
    circuit = measured(volume(NATIVE_QUBITS))
    return lambda: _cancelled_and_next(served.backend, circuit, _is_simulating)[0]


def cancelling_wide() -> Measure:
    """Return the time from ``cancel()`` of the native engine's work that has just begun to the end of a wait.

    Then the system still finds the pages of the state, one after another.
    """
    served = _one_child()
    circuit = measured(ladder(WIDE_QUBITS))
    return lambda: _cancelled_and_next(served.backend, circuit, _is_running)[0]


def cancelling_aer() -> Measure:
    """Return the time from ``cancel()`` of Aer's work, which doesn't listen, to the end of a wait."""
    return lambda: _aer()[0]


def next_after_aer() -> Measure:
    """Return the time from the end of Aer's cancelled job to the result of a Bell job that waits behind it."""
    return lambda: _aer()[1]


def _aer() -> tuple[float, float]:
    served = _one_child()
    backend = served.queue.get_backend("qiskit_aer:AerSimulator", method="statevector")
    return _cancelled_and_next(backend, measured(ladder(AER_QUBITS)), partial(_has_grown, served))


def _cancelled_and_next(
    backend: QueueBackend, circuit: QuantumCircuit, is_at_work: Callable[[QueueJob], bool]
) -> tuple[float, float]:
    served = _one_child()
    job = backend.run(circuit, shots=SHOTS)
    wait_until(lambda: _is_running(job) and is_at_work(job), "the middle of the work", timeout_s=60.0)
    next_job = served.backend.run(served.circuit, shots=SHOTS)
    started = time.perf_counter()
    job.cancel()
    job.wait_for_final_state(RESULT_S)
    ended = time.perf_counter()
    if job.status() is not JobStatus.CANCELLED:
        raise RuntimeError(f"the job was to be cancelled while it ran, but is {job.status().name}")
    next_job.result(timeout=RESULT_S)
    return 1e3 * (ended - started), 1e3 * (time.perf_counter() - ended)


def _is_running(job: QueueJob) -> bool:
    if job.in_final_state():
        raise RuntimeError(f"the job was to be caught while it runs, but is {job.status().name}: {job.error_message()}")
    return job.status() is JobStatus.RUNNING


def _is_simulating(job: QueueJob) -> bool:
    return job.progress().done > 0


def _has_grown(served: ServedQueue, _: QueueJob) -> bool:
    return served.memory_mib() > _AER_MIB


@cache
def _one_child() -> ServedQueue:
    """Return a queue whose next job needs the child that the job before has had, or another one in its place."""
    return ServedQueue(processes=1)
