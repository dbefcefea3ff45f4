"""What :mod:`benchmarks.at_scale.simulation` does, by a few formulas, for sizes that would take too long there.

Each resource has a time that it needs at least; the whole takes as long as the slowest, and what comes before it can
begin. Where several are nearly as slow, they also hold up each other, which isn't in here.
"""

import math
from dataclasses import dataclass

from benchmarks.at_scale.service_times import Load, Outlook, Resource, ServiceTimes, Transport
from benchmarks.at_scale.simulated_workers import report_interval_s
from benchmarks.at_scale.simulation import outlook, parts_of
from queuebit.worker.backlog import Backlog
from queuebit.worker.endings import GATHER_S
from queuebit.worker.executors.dask.batching import Batching
from queuebit.worker.running_job import REPORT_S

# As in queuebit.worker.endings and queuebit.worker.running_job.
_MOST_GATHERED = 128
_KEEP_S = 0.25

_NO_TIME_S = 1e-12


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a load comes down to.

    Attributes:
        num_runs: runs of all jobs.
        run_s: what each takes of its worker.
        size: runs in a task.
        in_hand: runs that the workers have in hand at a time.
        jobs_in_hand: jobs that have some of them there.
        ahead: jobs that the service claims beyond those.
        circuits: circuits of a run.
    """

    num_runs: int
    run_s: float
    size: int
    in_hand: int
    jobs_in_hand: float
    ahead: int
    circuits: float


def estimate(load: Load, times: ServiceTimes) -> Outlook:
    """Return about what would come of a load.

    Args:
        load: the load.
        times: what things take.
    """
    shape, transport, commit_s = _shape(load, times), times.transport, times.store.commit_s
    serialization_s, bookkeeping_s, claims_s = _service_s(load, times, shape)
    service_s = serialization_s + bookkeeping_s + claims_s
    step_s = _step_s(load, times, shape)
    scheduler_s = shape.num_runs / shape.size * transport.scheduler_task_s

    # What workers are asked in a second.
    asks = min(shape.in_hand, load.num_workers) / report_interval_s(load.num_workers, transport)
    asks *= transport.has_scheduler
    of_service, of_scheduler = min(0.9, asks * transport.ask_s), min(0.9, asks * transport.scheduler_ask_s)

    # Some of this is before the last worker has its first run, and some between two runs of each.
    first_s = service_s * min(1.0, load.num_workers / shape.num_runs)
    turn_s = 0.0
    if shape.size == 1:
        turn_s = (serialization_s + bookkeeping_s) / shape.num_runs
        turn_s += 0.0 if shape.ahead else 2 * commit_s + step_s
    workers_s = _waves(load, shape) * (shape.size * shape.run_s + turn_s) + first_s + 2 * commit_s

    gathered = math.ceil(load.num_jobs / _MOST_GATHERED)
    all_service_s = (service_s + gathered * (2 * commit_s + step_s)) / (1 - of_service) + shape.run_s
    whole_s = max(all_service_s, workers_s, scheduler_s / (1 - of_scheduler) + shape.run_s)

    reports_s = commit_s * _num_reports(load, shape, transport, whole_s)
    if reports_s + service_s > whole_s * (1 - of_service):
        # Progress is told as often as that is possible, and each end waits for a round of it.
        whole_s += _waves(load, shape) * shape.jobs_in_hand * commit_s
        reports_s = max(0.0, whole_s * (1 - of_service) - service_s)

    spare_s = max(0.0, whole_s * (1 - of_service) - service_s - reports_s)
    most_commits = 2 * gathered + spare_s / max(commit_s + step_s, _NO_TIME_S)
    num_commits = min(_unhurried_commits(load, shape, whole_s), most_commits)
    return outlook(
        load,
        whole_s,
        {
            Resource.CLAIMS: claims_s,
            Resource.FSYNC: num_commits * commit_s + reports_s,
            Resource.SERIALIZATION: serialization_s + whole_s * of_service,
            Resource.BOOKKEEPING: bookkeeping_s + num_commits / 2 * step_s,
            Resource.SCHEDULER: scheduler_s + whole_s * of_scheduler,
            Resource.WORKERS: shape.num_runs * shape.run_s / load.num_workers,
        },
    )


def _shape(load: Load, times: ServiceTimes) -> _Shape:
    num_parts = max(1, len(parts_of(load)))
    circuits = load.num_circuits / num_parts
    transport = times.transport
    run_s = transport.worker_run_s + (circuits - 1) * transport.worker_circuit_s + circuits * load.circuit_s
    num_runs = load.num_jobs * num_parts
    size, each = 1, 1
    if transport.has_scheduler:
        batching = Batching()
        batching.note(run_s)
        size, each = batching.share(num_runs, load.num_workers), batching.each
    in_hand = min(load.num_workers * each, num_runs)
    backlog = Backlog()
    backlog.note_run(each * run_s)
    ahead = backlog.num_to_claim(0, load.num_workers)
    return _Shape(num_runs, run_s, size, in_hand, in_hand / num_parts, ahead, circuits)


def _service_s(load: Load, times: ServiceTimes, shape: _Shape) -> tuple[float, float, float]:
    """Return what all jobs take of the service: serialization, bookkeeping and claims, without commits."""
    transport, store = times.transport, times.store
    members_s = load.num_workers * transport.member_s
    a_run_s = transport.run_s + (shape.circuits - 1) * transport.result_s + transport.task_s / shape.size
    thinking_s = members_s * (1 + 1 / shape.size) + shape.jobs_in_hand * times.flow.start_s
    a_job_s = store.claim_s + store.finish_s + (load.num_circuits - 1) * store.result_s
    return (
        shape.num_runs * a_run_s,
        shape.num_runs * thinking_s + load.num_jobs * times.flow.job_s,
        load.num_jobs * a_job_s,
    )


def _step_s(load: Load, times: ServiceTimes, shape: _Shape) -> float:
    return shape.jobs_in_hand * times.flow.running_s + load.num_workers * times.transport.member_s


def _num_reports(load: Load, shape: _Shape, transport: Transport, whole_s: float) -> float:
    """Return how often the progress of a job, or results of one that is cut, are committed before its end."""
    if shape.num_runs > load.num_jobs:
        return min(2.0 * shape.num_runs, whole_s * shape.jobs_in_hand * (1 / _KEEP_S + 1 / REPORT_S))
    return load.num_jobs * (shape.run_s // report_interval_s(load.num_workers, transport))


def _waves(load: Load, shape: _Shape) -> float:
    """Return how many tasks the busiest worker does, one after another."""
    exact = shape.num_runs / (load.num_workers * shape.size)
    return float(math.ceil(exact)) if shape.size == 1 else max(1.0, exact)


def _unhurried_commits(load: Load, shape: _Shape, whole_s: float) -> float:
    """Return how many claims and ends are committed by a service that has time."""
    if not shape.ahead:
        return 2 * load.num_jobs
    ends = min(load.num_jobs, max(whole_s / GATHER_S, load.num_jobs / _MOST_GATHERED))
    return ends + load.num_jobs / max(1.0, shape.ahead / 2)
