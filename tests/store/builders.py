"""Stores and jobs for the tests of this folder, and processes that a test can end."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from queuebit.store import Claim, JobRecord, JobStore, StoredResult, Usage
from queuebit.testing.store_checks.fixtures import RESULT, new_job, new_worker

__all__ = ["FakeClock", "done", "new_job", "new_worker", "run_python", "running", "submit"]


class FakeClock:
    """A clock that goes on by a millisecond each time it is asked, and that can be set."""

    def __init__(self, now_us: int = 1_700_000_000_000_000) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1000
        return self.now_us


def submit(store: JobStore, **fields: Any) -> JobRecord:
    return store.submit([new_job(**fields)])[0]


def running(store: JobStore, **fields: Any) -> Claim:
    job = submit(store, **fields)
    worker = new_worker()
    store.register_worker(worker)
    (claim,) = store.claim(worker.worker_id, 1)
    assert claim.job.job_id == job.job_id
    return claim


def done(store: JobStore, results: Iterable[StoredResult] = (RESULT,), **fields: Any) -> JobRecord:
    (job,) = store.finish([(running(store, **fields), list(results), Usage())])
    assert job is not None
    return job


def run_python(
    code: str, *arguments: object, timeout_s: float = 60.0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own; its arguments are in ``sys.argv[1:]``."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src"), **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
