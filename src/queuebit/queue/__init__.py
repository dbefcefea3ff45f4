"""The durable queue: jobs that are on disk before ``run`` returns, and that outlive whoever submitted them.

The names below load what they need on first use: :mod:`queuebit.queue.location` alone doesn't import Qiskit.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuebit.queue.exchange import ExchangeError
    from queuebit.queue.job_queue import JobQueue, connect
    from queuebit.queue.job_story import JobUsage, Transition
    from queuebit.queue.queue_backend import QueueBackend
    from queuebit.queue.queue_job import QueueJob
    from queuebit.queue.submission import PreparedJob

__all__ = [
    "ExchangeError",
    "JobQueue",
    "JobUsage",
    "PreparedJob",
    "QueueBackend",
    "QueueJob",
    "Transition",
    "connect",
]

_HOME = {
    "ExchangeError": "queuebit.queue.exchange",
    "JobQueue": "queuebit.queue.job_queue",
    "JobUsage": "queuebit.queue.job_story",
    "PreparedJob": "queuebit.queue.submission",
    "QueueBackend": "queuebit.queue.queue_backend",
    "QueueJob": "queuebit.queue.queue_job",
    "Transition": "queuebit.queue.job_story",
    "connect": "queuebit.queue.job_queue",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
