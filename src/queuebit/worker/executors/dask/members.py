"""The Dask workers that take runs, and which of them takes the next one."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from queuebit.store.records import Limits
from queuebit.worker.executors.dask.labels import MEMORY, THREADS

MOST_TASKS = 2
"""How many tasks a worker has for each of its threads: one that runs, and one that comes next."""

# A run that takes so long is asked after: what it has printed, how far it is, which circuits are done.
_ASK_S = 0.5

# Of many workers, each is asked less often: the scheduler passes on some hundred questions a second. A guess.
_ASK_EACH_S = 0.003


@dataclass(slots=True, eq=False)
class Member:
    """A Dask worker with a runner for this service.

    Attributes:
        address: its address.
        runner_id: its runner.
        nthreads: how many runs it does side by side.
        resources: what its labels say that it has.
        in_hand: the runs that it has been given and that haven't ended.
        tasks: the keys of the tasks that these are in.
        confirmed: the last happening that :meth:`Runner.exchange` has told.
        stop: runs that it shall be asked to stop.
        kill: runs that it shall be asked to end.
        ask_at: when to ask it next what has happened.
        ended_at: when a run has ended there last.
    """

    address: str
    runner_id: str
    nthreads: int
    resources: Mapping[str, float] = field(default_factory=dict)
    in_hand: set[int] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)
    confirmed: int = 0
    stop: set[int] = field(default_factory=set)
    kill: set[int] = field(default_factory=set)
    ask_at: float = math.inf
    ended_at: float = -math.inf

    def needs(self, limits: Limits) -> dict[str, float]:
        """Return what a run takes of what the labels say.

        Args:
            limits: the run's.
        """
        wanted = {THREADS: limits.threads, MEMORY: limits.memory_limit_bytes}
        return {name: float(amount) for name, amount in wanted.items() if amount and name in self.resources}

    def suffices(self, limits: Limits) -> bool:
        """Tell whether it could ever do a run.

        Args:
            limits: the run's.
        """
        return all(amount <= self.resources[name] for name, amount in self.needs(limits).items())

    def room(self, each: int) -> int:
        """Return how many more runs it takes now: none where it has something to do and something that waits.

        Runs that become free one by one would otherwise be given to it one by one, and a task costs the cluster as much
        as some ten short runs.

        Args:
            each: how many runs there may be for each of its threads.
        """
        if len(self.tasks) >= MOST_TASKS * self.nthreads:
            return 0
        return max(0, self.nthreads * each - len(self.in_hand))


def least_busy(members: Iterable[Member], each: int, limits: Limits) -> Member | None:
    """Return the member with the fewest runs for each thread that has room for one more; None if none has.

    Args:
        members: all members.
        each: how many runs there may be for each thread.
        limits: those of the run.
    """
    fitting = [member for member in members if member.room(each) > 0 and member.suffices(limits)]
    return min(fitting, key=lambda member: len(member.in_hand) / member.nthreads, default=None)


def ask_interval_s(num_workers: int) -> float:
    """Return how often a worker that has something in hand is asked what has happened.

    Args:
        num_workers: how many workers there are.
    """
    return max(_ASK_S, _ASK_EACH_S * num_workers)
