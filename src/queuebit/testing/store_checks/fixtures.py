"""What the checks of stores have in common: an empty store, jobs to submit, and workers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from queuebit.store import (
    Claim,
    JobRecord,
    JobStore,
    NewJob,
    Part,
    ShotRange,
    StoredResult,
    Usage,
    WorkerRecord,
)
from queuebit.testing.store_checks.invariants import assert_consistent

BELL = NewJob(job_id="", backend_name="basic_simulator", circuits=(b"bell",), options={"shots": 1024})
"""What a check submits when it doesn't matter what."""

RESULT = StoredResult(index=0, content=b"00: 512, 11: 512")

THREE_CIRCUITS = (b"a", b"b", b"c")
PARTS = (Part(0, 2), Part(2, 1, ShotRange(0, 5)), Part(2, 1, ShotRange(5, 4)))
"""How a job of three circuits may be cut: two circuits together, and the shots of the third."""

FIRST_SHOTS = StoredResult(index=2, content=b"0: 5", files=("f.npy",), shots=ShotRange(0, 5))
LAST_SHOTS = StoredResult(index=2, content=b"0: 3, 1: 1", shots=ShotRange(5, 4))


def new_job(**fields: Any) -> NewJob:
    """Return a job with an id of its own.

    Args:
        **fields: What is to be otherwise than in `BELL`.
    """
    return replace(BELL, **{"job_id": str(uuid.uuid4()), **fields})


def new_worker(**fields: Any) -> WorkerRecord:
    """Return a worker with an id of its own.

    Args:
        **fields: What is to be otherwise.
    """
    defaults: dict[str, Any] = {
        "worker_id": str(uuid.uuid4()),
        "pid": 4711,
        "process_started": 1.5,
        "boot_id": "boot",
        "port": 5000,
        "started_us": 1_000_000,
    }
    return WorkerRecord(**{**defaults, **fields})


class StoreFixtures:
    """What an author says about a store, and what checks do with it.

    Attributes:
        deviations: Names of checks that the store is known to fail, each with the reason.
        deviation_patience_s: Not used by the checks of stores, which wait for nothing.
        store: The empty store of the check that runs.
        folder: An empty folder, for stores that are on disk.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    deviation_patience_s: ClassVar[float] = 0.0
    store: JobStore
    folder: Path

    def make_store(self) -> JobStore:
        """Return a new, empty store; a check may ask for more than one.

        Raises:
            NotImplementedError: The class doesn't say how.
        """
        raise NotImplementedError(f"{type(self).__name__} makes no stores: override make_store()")

    def check_afterwards(self) -> None:
        """Check what has to hold after each check."""
        assert_consistent(self.store)

    @pytest.fixture(autouse=True)
    def _empty_store(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path
        self.store = store = self.make_store()
        self._worker: WorkerRecord | None = None
        try:
            yield
            if self.store is store:
                self.check_afterwards()
        finally:
            store.close()

    @property
    def worker_id(self) -> str:
        """A worker that is registered."""
        if self._worker is None:
            self._worker = new_worker()
            self.store.register_worker(self._worker)
        return self._worker.worker_id

    def submit(self, **fields: Any) -> JobRecord:
        """Submit one job.

        Args:
            **fields: What is to be otherwise than in `BELL`.
        """
        (record,) = self.store.submit([new_job(**fields)])
        return record

    def claim(self) -> Claim:
        """Let the worker take the next job."""
        (claim,) = self.store.claim(self.worker_id, 1)
        return claim

    def running(self, **fields: Any) -> Claim:
        """Submit one job and let the worker take it, with nothing else in the queue.

        Args:
            **fields: What is to be otherwise than in `BELL`.
        """
        job = self.submit(**fields)
        claim = self.claim()
        assert claim.job.job_id == job.job_id
        return claim

    def finish(self, claim: Claim, results: Sequence[StoredResult] = (RESULT,)) -> JobRecord:
        """End a run well.

        Args:
            claim: The claim.
            results: Its results.
        """
        (record,) = self.store.finish([(claim, results, Usage())])
        assert record is not None
        return record

    def done(self, **fields: Any) -> JobRecord:
        """Submit one job and let it be done, with nothing else in the queue.

        Args:
            **fields: What is to be otherwise than in `BELL`.
        """
        return self.finish(self.running(**fields))
