"""A real service with a few workers, whose time is compared with the simulation's."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import psutil
from qiskit import QuantumCircuit

from benchmarks.at_scale.measuring_executor import processor_s
from benchmarks.at_scale.napping import NAME
from benchmarks.at_scale.service_times import Load, Outlook, Resource, ServiceTimes
from benchmarks.at_scale.simulation import simulate
from benchmarks.circuits import bell, measured
from benchmarks.durable.served import SHOTS, ServedQueue
from queuebit import JobQueue
from queuebit.queue import QueueBackend
from queuebit.store import FINAL_STATES, JobState

WORKERS = 2
NAPS, NAP_S = 200, 0.01
BELLS = 2000

FACTOR = 1.6
"""By how much a prediction may be wrong, either way; a guess.

Jobs that sleep keep to it. Bell jobs in two children don't always: on a quiet machine of two cores the prediction was
0.5 to 0.8 times what came. With one child it was 0.9 times; the rest is processor time of the service that no
measurement here contains (about 200 us a job, where the measured steps add up to 150). What two children add to that
isn't explained. That three processes share two cores would fit; workers with cores of their own could show it."""

_REPEATS = 3

_WARM_UP = 60

# Others can't use everything, while we run.
_LEAST_CORES = 0.25
_LOOK_S = 0.01
_PATIENCE_S = 90.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A prediction and what came.

    Attributes:
        work: what was done.
        transport: how.
        predicted_s: how long it should take.
        real_s: how long it took.
        cores: how many cores there were for it.
        ratios: the predictions over what came of all runs, of which this is the one in the middle.
    """

    work: str
    transport: str
    predicted_s: float
    real_s: float
    cores: float
    ratios: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """The prediction over what came."""
        return self.predicted_s / self.real_s

    @property
    def holds(self) -> bool:
        """Whether they are close enough."""
        return 1 / FACTOR <= self.ratio <= FACTOR


def checks(times: ServiceTimes, *, cores: int) -> Iterator[Check]:
    """Compare the simulation with real runs.

    Args:
        times: what things take.
        cores: how many cores service and workers share here.
    """
    circuit = measured(bell())
    served = ServedQueue(processes=WORKERS, dask="local" if times.transport.has_scheduler else "")
    queue = served.queue
    try:
        nap, simulator = queue.get_backend(NAME, seconds=NAP_S), served.backend
        for backend in (simulator, nap):
            _run_all(queue, backend, circuit, _WARM_UP)
        for work, backend, number, nap_s in (
            (f"{NAPS} jobs that sleep for {1e3 * NAP_S:g} ms", nap, NAPS, NAP_S),
            (f"{BELLS:,} Bell jobs", simulator, BELLS, 0.0),
        ):
            outlook = simulate(Load(num_workers=WORKERS, num_jobs=number, circuit_s=nap_s), times)
            runs = [_run_all(queue, backend, circuit, number) for _ in range(_REPEATS)]
            found = [_check(work, outlook, times, cores - others, real_s) for real_s, others in runs]
            found.sort(key=lambda check: check.ratio)
            yield replace(found[_REPEATS // 2], ratios=tuple(check.ratio for check in found))
    finally:
        served.close()


def _check(work: str, outlook: Outlook, times: ServiceTimes, cores: float, real_s: float) -> Check:
    left = max(cores, _LEAST_CORES)
    predicted_s = on_cores(outlook, times, left)
    return Check(work=work, transport=times.transport.name, predicted_s=predicted_s, real_s=real_s, cores=left)


def on_cores(outlook: Outlook, times: ServiceTimes, cores: float) -> float:
    """Return how long a load takes where service, scheduler and workers share a few cores, in seconds.

    Args:
        outlook: what comes of it where each has its own.
        times: what things take.
        cores: how many cores; less than there are if somebody else uses them, too.
    """
    waits = (Resource.FSYNC, Resource.WORKERS)  # the disk and the naps need no core
    of_service_s = sum(share * outlook.whole_s for resource, share in outlook.shares.items() if resource not in waits)
    of_workers_s = outlook.load.num_jobs * times.transport.worker_run_s
    return max(outlook.whole_s, (of_service_s + of_workers_s) / cores)


def _run_all(queue: JobQueue, backend: QueueBackend, circuit: QuantumCircuit, number: int) -> tuple[float, float]:
    """Have jobs run.

    Returns:
        How long it took from the commit of all to the last one's end, and how many cores others used meanwhile.
    """
    queue.run_many([backend.prepare(circuit, shots=SHOTS) for _ in range(number)])
    of_machine_s, ours_s, started = _machine_s(), _ours_s(), time.perf_counter()
    while sum(queue.store.statistics()[state] for state in JobState if state not in FINAL_STATES):
        if time.perf_counter() - started > _PATIENCE_S:
            raise TimeoutError(f"{number} jobs aren't done after {_PATIENCE_S:g} s: {queue.store.statistics()}")
        time.sleep(_LOOK_S)
    elapsed_s = time.perf_counter() - started
    others_s = (_machine_s() - of_machine_s) - (_ours_s() - ours_s)
    failed = queue.store.statistics()[JobState.ERROR]
    if failed:
        raise RuntimeError(f"{failed} jobs have failed: {queue.jobs(status='ERROR', limit=1)[0].error_message()}")
    return elapsed_s, max(0.0, others_s / elapsed_s)


def _machine_s() -> float:
    """Return the processor seconds that all processes of the machine have used."""
    times = psutil.cpu_times()
    return float(times.user + times.system)


def _ours_s() -> float:
    """Return those of this process and of all that it has started."""
    return time.process_time() + processor_s(psutil.Process().children(recursive=True))
