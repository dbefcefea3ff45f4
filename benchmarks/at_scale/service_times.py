"""The times that a simulation of the service is made of, in seconds; see :mod:`benchmarks.at_scale.measuring`."""

from dataclasses import dataclass
from enum import StrEnum


class Resource(StrEnum):
    """What can hold up everything else."""

    CLAIMS = "claims"  # the store's work for jobs taken and ended
    FSYNC = "fsync"  # its waits for the disk
    SERIALIZATION = "serialization"  # runs on their way to workers and back
    BOOKKEEPING = "bookkeeping"  # the service's own thoughts
    SCHEDULER = "scheduler"  # Dask's
    WORKERS = "workers"
    JOBS = "jobs"  # there aren't enough of them


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreTimes:
    """What the store takes, in the service's thread.

    Attributes:
        commit_s: a commit, whatever is in it: mostly the wait for the disk.
        claim_s: one more job in a claim.
        finish_s: one more job, with one result, that ends well in a commit.
        result_s: one more result in a commit.
        read_s: a look that writes nothing.
    """

    commit_s: float
    claim_s: float
    finish_s: float
    result_s: float
    read_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowTimes:
    """What the service's own thoughts take, those of :class:`queuebit.worker.job_flow.JobFlow`.

    Attributes:
        job_s: for a job.
        running_s: for each job that runs, at each step.
        start_s: for each job that runs, at each start of another run.
    """

    job_s: float
    running_s: float
    start_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """How runs come to workers and back.

    Attributes:
        name: what it is called.
        run_s: what a run takes of the service: encoding, sending, receiving, decoding.
        result_s: what one more circuit's result takes of it.
        task_s: what a task takes of it, whatever is in it. A child of the service gets each run in a task of its own.
        member_s: what each worker adds to each step of the service, and to each run that it starts.
        scheduler_task_s: what a task takes of Dask's scheduler; 0 if there is none.
        ask_s: what a question to a worker takes of the service.
        scheduler_ask_s: what it takes of the scheduler.
        worker_run_s: what a run takes of its worker beside the simulation: the Bell pair is in it.
        worker_circuit_s: what one more circuit of a run takes of it likewise.
    """

    name: str
    run_s: float
    result_s: float
    worker_run_s: float
    worker_circuit_s: float
    task_s: float = 0.0
    member_s: float = 0.0
    scheduler_task_s: float = 0.0
    ask_s: float = 0.0
    scheduler_ask_s: float = 0.0

    @property
    def has_scheduler(self) -> bool:
        """Whether runs go through Dask, several short ones at a time."""
        return self.scheduler_task_s > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceTimes:
    """All of them.

    Attributes:
        store: the store's.
        flow: those of the service's own thoughts.
        transport: the way to the workers.
    """

    store: StoreTimes
    flow: FlowTimes
    transport: Transport


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What there is to do, all of it submitted at once.

    Attributes:
        num_workers: workers, each with one run at a time.
        num_jobs: jobs.
        circuit_s: what each circuit takes of a worker.
        num_circuits: circuits of each job.
    """

    num_workers: int
    num_jobs: int
    circuit_s: float
    num_circuits: int = 1

    @property
    def work_s(self) -> float:
        """What all of it takes of the workers, together."""
        return self.num_jobs * self.num_circuits * self.circuit_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What would come of a load.

    Attributes:
        load: the load.
        whole_s: from the first claim to the last commit.
        shares: how much of that time each resource is busy, from 0 to 1.
    """

    load: Load
    whole_s: float
    shares: dict[Resource, float]

    @property
    def jobs_per_s(self) -> float:
        """How many jobs end in a second."""
        return self.load.num_jobs / self.whole_s

    @property
    def utilisation(self) -> float:
        """How much of the workers' time is simulation of circuits, from 0 to 1."""
        return self.load.work_s / (self.whole_s * self.load.num_workers)

    @property
    def bottleneck(self) -> Resource:
        """What holds everything up."""
        if self.shares[Resource.WORKERS] >= _FULLY_BUSY:
            return Resource.WORKERS
        of_service = {resource: self.shares[resource] for resource in _OF_SERVICE}
        busy = {
            max(of_service, key=lambda resource: of_service[resource]): sum(of_service.values()),
            Resource.SCHEDULER: self.shares[Resource.SCHEDULER],
            Resource.WORKERS: self.shares[Resource.WORKERS],
        }
        busiest = max(busy, key=lambda resource: busy[resource])
        return busiest if busy[busiest] >= _BUSY else Resource.JOBS


_OF_SERVICE = (Resource.CLAIMS, Resource.FSYNC, Resource.SERIALIZATION, Resource.BOOKKEEPING)

# What is busy for less of the time doesn't hold up the others: they wait for the last jobs.
_BUSY = 0.6

# Workers that are busy for so much of the time aren't held up by anything else.
_FULLY_BUSY = 0.9
