"""The executor contract: where a worker service has its jobs run, each whole or in parts.

An executor never waits and never touches the store. It registers what it waits for with the service's selector, each
with a function to call when it is ready, as the registration's ``data``. What becomes of the runs it tells in reports.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from selectors import BaseSelector
from typing import NamedTuple

from queuebit.store.records import JobRecord, Json, ShotRange, StoredResult, Usage


class RunKey(NamedTuple):
    """What names a run.

    Attributes:
        job_id: the job.
        attempt: its attempt.
        worker_id: who has claimed it.
        part: which part of the job it is; 0 for a job in one.
    """

    job_id: str
    attempt: int
    worker_id: str | None
    part: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """What shall be run: circuits of a claimed job, or some shots of one.

    Attributes:
        key: the run's name.
        job: the job, as it was claimed.
        indices: the places of the circuits in the job.
        circuits: those, encoded.
        shots: which shots, of a single circuit; None for all that the job's options say.
    """

    key: RunKey
    job: JobRecord
    indices: tuple[int, ...]
    circuits: tuple[bytes, ...]
    shots: ShotRange | None = None


class RunEnd(StrEnum):
    """How a run ends."""

    FINISHED = "finished"  # all circuits have run
    FAILED = "failed"  # it raised, or broke a limit: it would again
    STOPPED = "stopped"  # it was asked to
    DIED = "died"  # its process did, for a reason of its own
    RETURNED = "returned"  # the executor couldn't run it now, for a reason that has nothing to do with it


@dataclass(frozen=True, kw_only=True, slots=True)
class CircuitReport:
    """A circuit has run.

    Attributes:
        key: the run.
        result: the circuit's result.
    """

    key: RunKey
    result: StoredResult


@dataclass(frozen=True, kw_only=True, slots=True)
class EndReport:
    """A run has ended; the last report of it.

    Attributes:
        key: the run.
        end: how.
        usage: what it has used.
        result: the result of its last circuit, where there was no other report of that.
        error: why it FAILED.
        reason: how it DIED, or why it was RETURNED.
        printed: what it has printed and :meth:`Executor.printed` hasn't told.
    """

    key: RunKey
    end: RunEnd
    usage: Usage = Usage()
    result: StoredResult | None = None
    error: Json | None = None
    reason: str = ""
    printed: str = ""


Report = CircuitReport | EndReport


class Executor(ABC):
    """Runs what it is given, several at once."""

    @abstractmethod
    def open(self, selector: BaseSelector) -> None:
        """Begin to get ready.

        Args:
            selector: where to register what to wait for.
        """

    @abstractmethod
    def num_free(self) -> int:
        """Return how many more runs it takes now."""

    @abstractmethod
    def num_parallel(self) -> int:
        """Return how many runs could take place side by side now, those that do included."""

    @abstractmethod
    def prepare(self, num_waiting: int) -> None:
        """Get ready for more runs, if more can be had.

        Args:
            num_waiting: how many wait, beyond those for which there is room.
        """

    @abstractmethod
    def start(self, assignment: Assignment) -> None:
        """Start a run, within the job's limits; there must be room."""

    @abstractmethod
    def stop(self, key: RunKey) -> None:
        """Have a run stop: first it is asked to, after a while its process is ended. Its end is reported."""

    @abstractmethod
    def kill(self, key: RunKey) -> None:
        """End a run now, with its process. Its end is reported."""

    @abstractmethod
    def progress(self, key: RunKey) -> tuple[int, int]:
        """Return how much a run has done, and of how much; both 0 when nothing is known.

        Of several circuits, these are circuits; of one, instructions.
        """

    @abstractmethod
    def printed(self, key: RunKey) -> str:
        """Return what a run has printed since the last call; of too much, the two ends."""

    @abstractmethod
    def tick(self) -> None:
        """Do what the time has come for."""

    @abstractmethod
    def next_tick_s(self) -> float:
        """Return in how many seconds :meth:`tick` has something to do; infinity when there is nothing to come."""

    @abstractmethod
    def take_reports(self) -> list[Report]:
        """Return what has happened since the last call, in order."""

    @abstractmethod
    def close(self) -> None:
        """End everything now and wait for its end; nothing is reported any more."""
