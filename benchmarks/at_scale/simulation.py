"""The service, event by event, in virtual time: its own :class:`JobFlow` between a simulated store and workers.

So whatever the service does, when it claims and how many, what it gathers for a commit, how it fills tasks, is its own
code; only what these things take is a table of measured times.
"""

from typing import cast

from benchmarks.at_scale.service_times import Load, Outlook, Resource, ServiceTimes
from benchmarks.at_scale.simulated_store import SimulatedStore
from benchmarks.at_scale.simulated_workers import SimulatedWorkers
from benchmarks.at_scale.virtual_time import VirtualTime
from queuebit.engines.cost import RunCost
from queuebit.queue.planning import plan
from queuebit.store.records import Part
from queuebit.store.store import JobStore
from queuebit.worker.job_flow import JobFlow

# One that does so many steps without any job's end has stopped.
_MOST_STEPS = 1_000_000


def parts_of(load: Load) -> tuple[Part, ...]:
    """Return what each job of a load is cut into, by the queue's own plan.

    Args:
        load: the load.
    """
    return plan([RunCost(load.circuit_s)] * load.num_circuits, shots=1)


def simulate(load: Load, times: ServiceTimes) -> Outlook:
    """Return what would come of a load.

    Args:
        load: the load.
        times: what things take.

    Raises:
        RuntimeError: if the service doesn't come to an end.
    """
    clock = VirtualTime()
    parts = parts_of(load)
    store = SimulatedStore(load, parts, times.store, clock)
    workers = SimulatedWorkers(load, max(1, len(parts)), times, clock)
    flow = JobFlow(cast(JobStore, store), workers, "simulated", clock)
    thinking_s = times.flow.job_s / max(1, len(parts))
    look, num_ended, num_steps = True, 0, 0
    while store.num_done < load.num_jobs:
        flow.step(look=look)
        look = False
        clock.spend((workers.num_ended - num_ended) * thinking_s, Resource.BOOKKEEPING)
        num_steps = 0 if workers.num_ended > num_ended else num_steps + 1
        if num_steps > _MOST_STEPS:
            raise RuntimeError(f"{store.num_done} of {load.num_jobs} jobs are done, and nothing happens any more")
        num_ended = workers.num_ended
        if store.num_done < load.num_jobs:
            clock.wait_until(clock.now + flow.next_step_s())
    return outlook(load, clock.now, {**clock.busy_s, Resource.WORKERS: workers.busy_s / load.num_workers})


def outlook(load: Load, whole_s: float, busy_s: dict[Resource, float]) -> Outlook:
    """Return what comes of a load.

    Args:
        load: the load.
        whole_s: how long it takes.
        busy_s: how long each resource is busy.
    """
    shares: dict[Resource, float] = {}
    for resource in Resource:
        if resource is not Resource.JOBS:
            shares[resource] = busy_s.get(resource, 0.0) / whole_s
    return Outlook(load=load, whole_s=whole_s, shares=shares)
