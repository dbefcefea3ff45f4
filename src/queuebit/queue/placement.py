"""Which worker would get which part of the jobs that wait, and when: what a worker service does, on paper.

Whoever becomes free takes the next part in order, as in the service. Nobody knows better beforehand, and it is never
more than twice as long as the best order (R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969).
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# What the service itself does for a job and for a part, one after another: claiming, handing over, writing down.
# Measured by benchmarks/scale.py, and rounded up.
_SERVICE_JOB_S = 0.15e-3
_SERVICE_PART_S = 0.15e-3

# What is within so much of a bound is held up by it; estimates are no better.
_NEARLY = 0.9


class Work(NamedTuple):
    """A part that waits for a worker.

    Attributes:
        seconds: about how long it runs.
        memory_bytes: about how much memory that needs; None if nothing is known of it.
    """

    seconds: float
    memory_bytes: int | None = None


class Placed(NamedTuple):
    """Where a part runs.

    Attributes:
        worker: the worker; they are counted from 0.
        begins_s: seconds after the first one.
        ends_s: likewise.
    """

    worker: int
    begins_s: float
    ends_s: float


@dataclass(slots=True)
class Load:
    """What one worker gets.

    Attributes:
        num_parts: how many parts.
        busy_s: how long they run, together.
        memory_bytes: the most memory that one of them needs; None if that isn't known of any.
    """

    num_parts: int = 0
    busy_s: float = 0.0
    memory_bytes: int | None = None


class Bound(StrEnum):
    """What keeps the whole from being done sooner."""

    NOTHING = "nothing"  # there is no work
    SERVICE = "service"  # one service can't hand out and write down more in that time
    PARTS = "parts"  # there are no more parts than workers
    LONGEST_PART = "longest_part"  # one part takes about as long as everything
    WORKERS = "workers"  # all workers are busy nearly to the end
    ENDING = "ending"  # parts of unequal length leave workers without work towards the end


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Parts on workers.

    Attributes:
        placed: where each part runs, in the order in which they were given.
        loads: what each worker gets.
        work_s: how long all parts run, together.
        service_s: how long the service itself needs for them.
        whole_s: from the first part's beginning to the end of all.
        bound: what that is held up by.
    """

    placed: Sequence[Placed]
    loads: Sequence[Load]
    work_s: float
    service_s: float
    whole_s: float
    bound: Bound

    @property
    def busy_share(self) -> float:
        """Which share of the workers' time is work, from 0 to 1."""
        return self.work_s / (self.whole_s * len(self.loads)) if self.whole_s else 0.0


def place(parts: Sequence[Work], num_workers: int, *, num_jobs: int = 1) -> Placement:
    """Give each part to the worker that is free first.

    Args:
        parts: the parts, in the order in which the service hands them out.
        num_workers: how many workers there are, each with one run at a time; 1 or more.
        num_jobs: how many jobs the parts are of.

    Raises:
        ValueError: if there is no worker.

    Example:
        >>> plan = place([Work(3.0), Work(1.0), Work(1.0)], num_workers=2)
        >>> plan.placed[2], plan.whole_s, plan.bound
        (Placed(worker=1, begins_s=1.0, ends_s=2.0), 3.0, <Bound.LONGEST_PART: 'longest_part'>)
    """
    if num_workers < 1:
        raise ValueError(f"num_workers must be 1 or more, got {num_workers}")
    loads = [Load() for _ in range(num_workers)]
    free = [(0.0, worker) for worker in range(num_workers)]  # sorted, so it is a heap
    placed = []
    for part in parts:
        begins_s, worker = free[0]
        placed.append(Placed(worker, begins_s, begins_s + part.seconds))
        heapq.heapreplace(free, (begins_s + part.seconds, worker))
        _add(loads[worker], part)
    work_s = sum(part.seconds for part in parts)
    service_s = num_jobs * _SERVICE_JOB_S + len(parts) * _SERVICE_PART_S if parts else 0.0
    ended_s = max((each.ends_s for each in placed), default=0.0)
    return Placement(
        placed=placed,
        loads=loads,
        work_s=work_s,
        service_s=service_s,
        whole_s=max(ended_s, service_s),
        bound=_bound(parts, num_workers, work_s=work_s, service_s=service_s, ended_s=ended_s),
    )


def _add(load: Load, part: Work) -> None:
    load.num_parts += 1
    load.busy_s += part.seconds
    if part.memory_bytes is not None:
        load.memory_bytes = max(load.memory_bytes or 0, part.memory_bytes)


def _bound(parts: Sequence[Work], num_workers: int, *, work_s: float, service_s: float, ended_s: float) -> Bound:
    if not parts:
        return Bound.NOTHING
    if service_s > ended_s:
        return Bound.SERVICE
    if work_s >= _NEARLY * ended_s * num_workers:
        return Bound.WORKERS
    if len(parts) <= num_workers:
        return Bound.PARTS
    longest_s = max(part.seconds for part in parts)
    return Bound.LONGEST_PART if longest_s >= _NEARLY * ended_s else Bound.ENDING
