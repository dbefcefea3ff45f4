"""Quantum circuits as jobs: fast, watched, stopped and trusted.

The names below load what they need on first use, so ``import queuebit`` alone is quick and doesn't
import Qiskit.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuebit.monitor import job_monitor
    from queuebit.providers import as_completed, wait_all
    from queuebit.providers.basic_provider import BasicProvider
    from queuebit.providers.basicaer import BasicAer
    from queuebit.queue.job_queue import JobQueue, connect
    from queuebit.registry import get_backend

__version__ = "0.1.0"

__all__ = [
    "BasicAer",
    "BasicProvider",
    "JobQueue",
    "__version__",
    "as_completed",
    "connect",
    "get_backend",
    "job_monitor",
    "wait_all",
]

_HOME = {
    "BasicAer": "queuebit.providers.basicaer",
    "BasicProvider": "queuebit.providers.basic_provider",
    "JobQueue": "queuebit.queue.job_queue",
    "as_completed": "queuebit.providers.waiting",
    "connect": "queuebit.queue.job_queue",
    "get_backend": "queuebit.registry",
    "job_monitor": "queuebit.monitor",
    "wait_all": "queuebit.providers.waiting",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'queuebit' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
