"""Finding a queue, and what is in it, again: what pickles of handles come back through."""

import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queuebit.queue.job_queue import JobQueue
    from queuebit.queue.queue_backend import QueueBackend
    from queuebit.queue.queue_job import QueueJob

_open: weakref.WeakValueDictionary[Path, "JobQueue"] = weakref.WeakValueDictionary()
_opening = threading.RLock()


def remember(queue: "JobQueue") -> None:
    """Let pickles of handles come back to this queue, as long as it is open.

    Args:
        queue: a queue that was just opened.
    """
    with _opening:
        _open[queue.path] = queue


def reopened_queue(path: str, start_worker: bool, dask: str | None) -> "JobQueue":
    """Return the queue of a path: one that this process has open, or else a new one.

    Args:
        path: its file.
        start_worker: whether a new one starts workers.
        dask: with which Dask cluster.
    """
    from queuebit.queue.job_queue import JobQueue

    with _opening:
        queue = _open.get(Path(path))
        return JobQueue(path, start_worker=start_worker, dask=dask) if queue is None or queue.is_closed else queue


def reopened_backend(
    path: str, start_worker: bool, dask: str | None, source: str, made_with: dict[str, Any], options: dict[str, Any]
) -> "QueueBackend":
    """Return a backend of a queue.

    Args:
        path: the queue's file.
        start_worker: as for :func:`reopened_queue`.
        dask: likewise.
        source: the backend's name in the registry.
        made_with: what it is made with, as JSON.
        options: the options that were set on it.
    """
    backend = reopened_queue(path, start_worker, dask).make_backend(source, made_with)
    backend.set_options(**options)
    return backend


def reopened_job(path: str, start_worker: bool, dask: str | None, job_id: str) -> "QueueJob":
    """Return a job of a queue.

    Args:
        path: the queue's file.
        start_worker: as for :func:`reopened_queue`.
        dask: likewise.
        job_id: its id.
    """
    return reopened_queue(path, start_worker, dask).job(job_id)
