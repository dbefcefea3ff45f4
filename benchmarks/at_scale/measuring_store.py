"""What the store takes for jobs, on this machine's disk."""

import os
import statistics
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from benchmarks.at_scale.bell_job import bell_job
from benchmarks.at_scale.service_times import StoreTimes
from benchmarks.durable.served import fresh_folder
from queuebit.store import JobStore, StoredResult, open_store
from queuebit.store.records import Claim, Usage
from queuebit.worker.liveness import this_worker

SIZES = (1, 4, 16, 64, 256)
"""Jobs that are claimed, and then ended, in one commit."""

# Small ones are measured more often: they are mostly a wait for the disk, which others use, too.
_TURNS = {1: 60, 4: 30, 16: 15, 64: 9, 256: 9}
_KEEPS = 30
_RESULT_BYTES = 400
_NUM_RESULTS = 64
_READS = 200
_SYNCS = 60
_PAGE = b"p" * 4096
_WORKER = str(uuid.uuid4())

_Returned = TypeVar("_Returned")


class StoreMeasures:
    """What was measured.

    Attributes:
        claim_s: the median time of a claim, by how many jobs it takes.
        finish_s: the median time of a commit of ends, by how many.
        fsync_s: the median time in which the disk takes a page, without a database.
        times: what follows.
    """

    def __init__(self) -> None:
        """Measure, for some seconds."""
        self.fsync_s = _fsync_s()
        store = open_store(fresh_folder() / "jobs.db")
        try:
            store.register_worker(this_worker(_WORKER, 0))
            claims, finishes = zip(*(_of_size(store, size) for size in SIZES), strict=True)
            self.claim_s = dict(zip(SIZES, claims, strict=True))
            self.finish_s = dict(zip(SIZES, finishes, strict=True))
            self.times = self._times(store)
        finally:
            store.close()

    def _times(self, store: JobStore) -> StoreTimes:
        claim_s, finish_s = _slope(self.claim_s), _slope(self.finish_s)
        alone_s = (self.claim_s[1] - claim_s + self.finish_s[1] - finish_s) / 2
        (claim,) = _claimed(store, 1)
        one_s, many_s = (_keep_s(store, claim, number) for number in (1, _NUM_RESULTS))
        result_s = (many_s - one_s) / (_NUM_RESULTS - 1)
        read_s = statistics.median(_taken_s(store.statistics)[1] for _ in range(_READS))
        return StoreTimes(
            commit_s=alone_s, claim_s=claim_s, finish_s=finish_s, result_s=max(result_s, 0), read_s=read_s
        )


def _of_size(store: JobStore, size: int) -> tuple[float, float]:
    times = []
    for _ in range(_TURNS[size]):
        store.submit([bell_job(num_circuits=1) for _ in range(size)])
        claims, claim_s = _taken_s(lambda: store.claim(_WORKER, size))
        ends = [(claim, _results(1), Usage(cpu_s=0.001, peak_memory_bytes=1 << 28)) for claim in claims]
        _, finish_s = _taken_s(lambda ends=ends: store.finish(ends))  # type: ignore[misc]
        times.append((claim_s, finish_s))
    claims_s, finishes_s = zip(*times, strict=True)
    return statistics.median(claims_s), statistics.median(finishes_s)


def _keep_s(store: JobStore, claim: Claim, number: int) -> float:
    return statistics.median(_taken_s(lambda: store.keep_results(claim, _results(number)))[1] for _ in range(_KEEPS))


def _slope(by_size: dict[int, float]) -> float:
    few, many = SIZES[0], SIZES[-1]
    return (by_size[many] - by_size[few]) / (many - few)


def _claimed(store: JobStore, number: int) -> list[Claim]:
    store.submit([bell_job(num_circuits=_NUM_RESULTS) for _ in range(number)])
    return store.claim(_WORKER, number)


def _results(number: int) -> list[StoredResult]:
    return [StoredResult(index=index, content=os.urandom(_RESULT_BYTES)) for index in range(number)]


def _fsync_s() -> float:
    path = fresh_folder() / "pages"
    with path.open("wb", buffering=0) as file:

        def write() -> None:
            file.write(_PAGE)
            os.fdatasync(file.fileno()) if hasattr(os, "fdatasync") else os.fsync(file.fileno())

        return statistics.median(_taken_s(write)[1] for _ in range(_SYNCS))


def _taken_s(action: Callable[[], _Returned]) -> tuple[_Returned, float]:
    started = time.perf_counter()
    returned = action()
    return returned, time.perf_counter() - started
