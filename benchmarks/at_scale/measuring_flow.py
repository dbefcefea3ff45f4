"""What the service's own thoughts take: its real code, between a store and workers that take no time."""

import time
from collections.abc import Callable
from functools import partial
from typing import cast

from benchmarks.at_scale.service_times import FlowTimes, Load, ServiceTimes, StoreTimes, Transport
from benchmarks.at_scale.simulated_store import SimulatedStore
from benchmarks.at_scale.simulated_workers import SimulatedWorkers
from benchmarks.at_scale.simulation import simulate
from benchmarks.at_scale.virtual_time import VirtualTime
from queuebit.store.store import JobStore
from queuebit.worker.job_flow import JobFlow

_JOBS = 3000
_RUNNING = 2000
_TURNS = 200
_LONG_S = 1e6

_NO_TIME = ServiceTimes(
    store=StoreTimes(commit_s=0.0, claim_s=0.0, finish_s=0.0, result_s=0.0, read_s=0.0),
    flow=FlowTimes(job_s=0.0, running_s=0.0, start_s=0.0),
    transport=Transport(name="none", run_s=0.0, result_s=0.0, worker_run_s=0.001, worker_circuit_s=0.0),
)


def flow_times() -> FlowTimes:
    """Return what the service's own thoughts take; what the simulation adds to them is in there."""
    simulate(Load(num_workers=2, num_jobs=_JOBS, circuit_s=0.0), _NO_TIME)
    started = time.thread_time()
    simulate(Load(num_workers=2, num_jobs=_JOBS, circuit_s=0.0), _NO_TIME)
    job_s = (time.thread_time() - started) / _JOBS
    few, many = _with_running(1), _with_running(_RUNNING)
    running_s = (_thread_s(partial(_step, many)) - _thread_s(partial(_step, few))) / _RUNNING
    return FlowTimes(job_s=job_s, running_s=max(0.0, running_s), start_s=_start_s())


def _with_running(number: int) -> JobFlow:
    """Return the flow of a service in which so many jobs run, for long."""
    load, clock = Load(num_workers=number, num_jobs=number, circuit_s=_LONG_S), VirtualTime()
    store, workers = SimulatedStore(load, (), _NO_TIME.store, clock), SimulatedWorkers(load, 1, _NO_TIME, clock)
    flow = JobFlow(cast(JobStore, store), workers, "measured", clock)
    flow.step(look=True)
    return flow


def _step(flow: JobFlow) -> None:
    flow.step(look=False)
    flow.next_step_s()


def _start_s() -> float:
    """Return what each running job adds to the start of another one: from starting many at once."""
    few = _RUNNING // 4
    few_s, many_s = (_thread_s(partial(_with_running, number), turns=1) for number in (few, _RUNNING))
    # Starting n jobs takes n times a constant, and n * n / 2 times what each adds to each other.
    return max(0.0, 2 * (many_s / _RUNNING - few_s / few) / (_RUNNING - few))


def _thread_s(action: Callable[[], object], *, turns: int = _TURNS) -> float:
    started = time.thread_time()
    for _ in range(turns):
        action()
    return (time.thread_time() - started) / turns
