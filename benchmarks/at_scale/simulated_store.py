"""A store of equal jobs that takes its time: as much of it as :mod:`queuebit.worker.job_flow` needs."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.at_scale.service_times import Load, Resource, StoreTimes
from benchmarks.at_scale.virtual_time import VirtualTime
from queuebit.store.records import Claim, JobRecord, Limits, Part, StoredResult, Usage
from queuebit.store.states import JobState

_CIRCUIT = b"circuit"


class SimulatedStore:
    """Jobs that wait, run and are done. What never happens in a simulation, such as a failure, isn't here.

    Attributes:
        files: the folder of array files, of which there are none.
        num_done: how many jobs are done.
    """

    files = Path()

    def __init__(self, load: Load, parts: Sequence[Part], times: StoreTimes, clock: VirtualTime) -> None:
        """Have all jobs wait.

        Args:
            load: the jobs.
            parts: what each of them is cut into.
            times: what the store takes.
            clock: where it takes it.
        """
        self.num_done = 0
        self._num_claimed = 0
        self._released: list[int] = []
        self._load = load
        self._parts = tuple(parts)
        self._times = times
        self._clock = clock
        self._job = _job(load, max(1, len(parts)))

    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        """Take waiting jobs; there are none of another priority."""
        limit = min(limit, self._num_waiting)
        if above is not None or limit < 1:
            self._clock.spend(self._times.read_s, Resource.CLAIMS)
            return []
        self._commit(limit * self._times.claim_s)
        circuits = (_CIRCUIT,) * self._load.num_circuits
        return [
            Claim(job=self._next(), circuits=circuits, finished=frozenset(), parts=self._parts) for _ in range(limit)
        ]

    def release(self, claim: Claim, reason: str, usage: Usage = Usage()) -> None:
        """Have a job wait again."""
        self._commit(self._times.finish_s)
        heapq.heappush(self._released, claim.job.sequence)

    def finish(self, claims: Sequence[tuple[Claim, Sequence[StoredResult], Usage]]) -> list[JobRecord]:
        """Note that jobs are done."""
        more_results = sum(max(0, len(results) - 1) for _, results, _ in claims)
        self._commit(len(claims) * self._times.finish_s + more_results * self._times.result_s)
        self.num_done += len(claims)
        return [claim.job for claim, _, _ in claims]

    def keep_results(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Keep results of a job that goes on."""
        self._commit(len(results) * self._times.result_s)

    def report(self, claim: Claim, *, progress_done: int, progress_total: int, log: str = "") -> None:
        """Note how far a job is."""
        self._commit(0.0)

    def cancel_requests(self, worker_id: str) -> list[str]:
        """Return nothing: nobody cancels."""
        self._clock.spend(self._times.read_s, Resource.CLAIMS)
        return []

    def statistics(self) -> Mapping[JobState, int]:
        """Return how many jobs wait."""
        self._clock.spend(self._times.read_s, Resource.CLAIMS)
        return {JobState.QUEUED: self._num_waiting}

    def _commit(self, work_s: float) -> None:
        self._clock.spend(self._times.commit_s, Resource.FSYNC)
        self._clock.spend(work_s, Resource.CLAIMS)

    @property
    def _num_waiting(self) -> int:
        return self._load.num_jobs - self._num_claimed + len(self._released)

    def _next(self) -> JobRecord:
        if self._released:
            number = heapq.heappop(self._released)
        else:
            number, self._num_claimed = self._num_claimed, self._num_claimed + 1
        return replace(self._job, job_id=str(number), sequence=number)


def _job(load: Load, num_parts: int) -> JobRecord:
    return JobRecord(
        job_id="",
        sequence=0,
        state=JobState.RUNNING,
        cancel_requested=False,
        attempt=1,
        crashes=0,
        worker_id="simulated",
        backend_name="basic_simulator",
        backend_options={},
        options={},
        num_circuits=load.num_circuits,
        num_parts=num_parts,
        name="",
        tags=(),
        metadata={},
        priority=0,
        limits=Limits(),
        idempotency_key=None,
        progress_done=0,
        progress_total=0,
        error=None,
        cpu_s=0.0,
        peak_memory_bytes=0,
        created_us=0,
        started_us=0,
        finished_us=None,
    )
