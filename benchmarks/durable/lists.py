"""Opening, listing and submitting with a million finished jobs in the store."""

import atexit
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.circuits import bell, measured
from benchmarks.durable.million import BACKENDS, JOBS, NAMES, TAGS, million_jobs
from benchmarks.durable.served import SHOTS, fresh_folder
from benchmarks.timing import Measure, timed
from queuebit import JobQueue

_PAGE = 10

_NOW = datetime.now(UTC)

# The jobs are from the last 11.6 days.
_WINDOW = {"created_after": _NOW - timedelta(days=6), "created_before": _NOW - timedelta(days=5)}

LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("jobs()", {}),
    "last-page": ("the last page of jobs()", {"skip": JOBS - _PAGE}),
    "status": ("jobs(status='CANCELLED')", {"status": "CANCELLED"}),
    "backend": ("jobs(backend_name=...)", {"backend_name": BACKENDS[1]}),
    "name": ("jobs(name=...)", {"name": NAMES[5]}),
    "tags": ("jobs(tags=[three])", {"tags": TAGS[:3]}),
    "times": ("jobs(created_after=..., created_before=...)", _WINDOW),
    "tags-last-page": ("the last page of jobs(tags=[two])", {"tags": TAGS[:2], "skip": JOBS // 4 - _PAGE}),
    "every-filter": (
        "jobs() with all filters",
        {"status": "DONE", "backend_name": BACKENDS[1], "name": NAMES[3], "tags": TAGS[:2], **_WINDOW},
    ),
}
"""What is listed, and how ``jobs`` is called."""


def opening() -> float:
    """Return the time to open the store."""
    path = million_jobs()
    started = time.perf_counter()
    queue = JobQueue(path, start_worker=False)
    elapsed_ms = 1e3 * (time.perf_counter() - started)
    queue.close()
    return elapsed_ms


def listing(which: str) -> Measure:
    """Return the time of one of :data:`LISTS`.

    Raises:
        RuntimeError: if it isn't a whole page, for then the time would tell little.
    """
    queue = _opened(million_jobs())
    _, arguments = LISTS[which]
    found = queue.jobs(_PAGE, **arguments)
    if len(found) != _PAGE:
        raise RuntimeError(f"jobs({arguments}) was to be a page of {_PAGE} jobs, but has {len(found)}")
    return timed(lambda: queue.jobs(_PAGE, **arguments))


def submitting() -> tuple[Measure, Measure]:
    """Return the time of ``run`` with a million jobs in the store, and with an empty one. No service takes the jobs."""
    return _submitting(million_jobs()), _submitting(fresh_folder() / "empty.db")


def _submitting(path: Path) -> Measure:
    backend, circuit = _opened(path).get_backend(), measured(bell())
    return timed(lambda: backend.run(circuit, shots=SHOTS))


@cache
def _opened(path: Path) -> JobQueue:
    queue = JobQueue(path, start_worker=False)
    atexit.register(queue.close)
    return queue
