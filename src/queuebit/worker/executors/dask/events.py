"""What a link tells of its cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from queuebit.store.records import Limits
from queuebit.worker.executors.dask.exceptions import ClusterError
from queuebit.worker.executors.dask.members import Member
from queuebit.worker.executors.dask.wire import Happening, Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Runs that go to a worker in one task.

    Attributes:
        key: the task's key; no other one has it.
        member: the worker.
        orders: the runs.
        priority: the job's; greater runs earlier.
        limits: what each of the runs may use.
    """

    key: str
    member: Member
    orders: tuple[Order, ...]
    priority: int
    limits: Limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """What a worker is asked to do with runs, when it is asked what has happened.

    Attributes:
        stop: which to stop.
        kill: which to end now.
        recall: which not to begin, if they haven't come yet.
    """

    stop: tuple[int, ...] = ()
    kill: tuple[int, ...] = ()
    recall: tuple[int, ...] = ()


class Listener(Protocol):
    """Hears of the cluster, in the service's thread."""

    def on_member(self, member: Member) -> None:
        """A worker takes runs."""

    def on_gone(self, member: Member, reason: str, *, expected: bool) -> None:
        """A worker is gone, and what ran there with it; expected, if it was meant to leave."""

    def on_happenings(self, happenings: Sequence[Happening]) -> None:
        """Something has happened to runs; each is told once, those of a run in their order."""

    def on_answer(self, member: Member, progress: Mapping[int, tuple[int, int]], unknown: Sequence[int]) -> None:
        """A worker has told how far its runs are, and which it has never heard of: now they won't begin there."""

    def on_silence(self, member: Member, ask: Ask) -> None:
        """A worker was asked, and hasn't answered."""

    def on_broken(self, batch: Batch, reason: str) -> None:
        """A task has failed, for a reason that isn't one of its runs."""

    def on_disconnected(self, reason: str) -> None:
        """The scheduler is gone, and all workers with it."""

    def on_failed(self, error: ClusterError) -> None:
        """The cluster can't be used."""
