"""A job that runs, whole or in parts: what is left of it, and what is known of it and not yet written down."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from queuebit.store.parts import unfinished
from queuebit.store.records import Claim, Json, StoredResult, Usage
from queuebit.worker.executor import Assignment, RunKey

# Results wait so long, and at most so many bytes of them, to be kept in one commit.
_KEEP_S = 0.25
_KEEP_BYTES = 2**20

REPORT_S = 0.3
"""How often progress is written down at most."""


class RunningPart(NamedTuple):
    """A part that runs.

    Attributes:
        assignment: what the executor was given.
        begun: when.
    """

    assignment: Assignment
    begun: float


@dataclass(slots=True)
class RunningJob:
    """A job that runs.

    Attributes:
        claim: the right to it, without its circuits: the assignments have those.
        begun: when its first part was started.
        waiting: the parts that haven't been started.
        running: those that have.
        left: of each part, the circuits without a result.
        results: results that aren't written down yet.
        printed: what was printed, likewise.
        usage: what ended parts have used.
        errors: why circuits failed: of each that did, by its place, or by None if it isn't about a circuit.
        deaths: how often the process that ran a part has died.
        is_stopping: whether some of its work shall not run any more.
        lost_reason: why it can't go on here; empty if it can.
        release_reason: why it shall be given back when it has stopped; empty if it isn't to be.
        progress: the progress that was written down last.
    """

    claim: Claim
    begun: float
    waiting: deque[Assignment]
    running: dict[RunKey, RunningPart] = field(default_factory=dict)
    left: dict[int, set[int]] = field(init=False)
    results: list[StoredResult] = field(default_factory=list)
    printed: str = ""
    usage: Usage = Usage()
    errors: dict[int | None, Json] = field(default_factory=dict)
    deaths: dict[int, int] = field(default_factory=dict)
    is_stopping: bool = False
    lost_reason: str = ""
    release_reason: str = ""
    progress: tuple[int, int] = (0, 0)
    _num_bytes: int = 0
    _keep_at: float = math.inf
    _report_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = {assignment.key.part: set(assignment.indices) for assignment in self.waiting}
        self._report_at = self.begun + REPORT_S

    @classmethod
    def of(cls, claim: Claim, now: float) -> "RunningJob":
        """Return a claimed job, nothing of which has been started."""
        assignments = deque(
            Assignment(
                key=RunKey(*claim.key, part=number),
                job=claim.job,
                indices=indices,
                circuits=tuple(claim.circuits[index] for index in indices),
                shots=part.shots,
            )
            for number, part, indices in unfinished(
                claim.parts, claim.job.num_circuits, claim.finished, claim.finished_shots
            )
        )
        ours = Claim(job=claim.job, circuits=(), finished=frozenset(), parts=claim.parts)
        return cls(ours, now, assignments)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs or will run here."""
        return not self.running and not self.waiting

    @property
    def place(self) -> tuple[int, int]:
        """What orders the jobs whose parts wait: the smallest first."""
        return -self.claim.job.priority, self.claim.job.sequence

    @property
    def is_cut(self) -> bool:
        """Whether its work is in several parts."""
        return self.claim.job.num_parts > 1

    def begin_part(self, now: float) -> Assignment:
        """Return the next part; it runs from now on."""
        assignment = self.waiting.popleft()
        self.running[assignment.key] = RunningPart(assignment, now)
        return assignment

    def end_part(self, key: RunKey) -> RunningPart:
        """Note that a part runs no more, and return it."""
        return self.running.pop(key)

    def put_back(self, assignment: Assignment) -> None:
        """Have what is left of a part run again, before all others."""
        left = self.left[assignment.key.part]
        circuits = dict(zip(assignment.indices, assignment.circuits, strict=True))
        indices = tuple(index for index in assignment.indices if index in left)
        if indices:
            self.waiting.appendleft(
                replace(assignment, indices=indices, circuits=tuple(circuits[index] for index in indices))
            )

    def fail(self, error: Json) -> None:
        """Note why a part failed; what else there is of a circuit that is cut needn't run any more."""
        circuit = error.get("circuit_index")
        self.errors.setdefault(circuit, error)
        self.waiting = deque(part for part in self.waiting if part.shots is None or part.indices[0] != circuit)

    def drop_waiting(self) -> None:
        """Let what hasn't begun be."""
        self.is_stopping = True
        self.waiting.clear()

    def use(self, usage: Usage) -> None:
        """Take in what a part has used."""
        self.usage = Usage(
            cpu_s=self.usage.cpu_s + usage.cpu_s,
            peak_memory_bytes=max(self.usage.peak_memory_bytes, usage.peak_memory_bytes),
        )

    def add(self, result: StoredResult, part: int, now: float) -> None:
        """Take in a result of a part."""
        self.results.append(result)
        self.left[part].discard(result.index)
        self._num_bytes += len(result.content)
        self._keep_at = now if self._num_bytes >= _KEEP_BYTES else min(self._keep_at, now + _KEEP_S)

    def take_results(self) -> list[StoredResult]:
        """Return the results that aren't written down yet, for whoever writes them."""
        results, self.results = self.results, []
        self._num_bytes, self._keep_at = 0, math.inf
        return results

    def counted(self) -> tuple[int, int]:
        """Return how many circuits have a result, of how many; of a single one that is cut, parts."""
        job = self.claim.job
        if job.num_circuits == 1:
            return job.num_parts - sum(map(bool, self.left.values())), job.num_parts
        return job.num_circuits - len(set().union(*self.left.values())), job.num_circuits

    def error(self) -> Json:
        """Return why it failed: the error of the first circuit, and how many there are."""
        first = self.errors[min(self.errors, key=lambda circuit: -1 if circuit is None else circuit)]
        num_failed = sum(int(error.get("num_failed") or 1) for error in self.errors.values())
        return {**first, "num_failed": num_failed} if "num_failed" in first or num_failed > 1 else first

    def must_keep(self, now: float) -> bool:
        """Tell whether it is time to write results down."""
        return now >= self._keep_at

    def must_report(self, now: float) -> bool:
        """Tell whether it is time to write the progress down, and wait for the next time."""
        if now < self._report_at:
            return False
        self._report_at = now + REPORT_S
        return True

    def next_change(self) -> float:
        """Return when there is something to write down."""
        return min(self._keep_at, self._report_at)


def first_in_line(jobs: Iterable[RunningJob]) -> RunningJob | None:
    """Return the job whose next part shall start first; None if no part waits."""
    return min((job for job in jobs if job.waiting), key=lambda job: job.place, default=None)
