"""What the end of a run comes to, and the words for it: the rules that all stores share."""

from collections.abc import Mapping
from typing import Any

from queuebit.store.records import WorkerRecord
from queuebit.store.states import JobEvent

REASON_CHARACTERS = 200
"""How much of an error's text goes into the story; the error itself is kept whole."""


def loss_event(crashes: int, max_attempts: int) -> JobEvent:
    """Return what the death of a job's worker is.

    Args:
        crashes: how often its worker died, this time included.
        max_attempts: how often it may.
    """
    return JobEvent.GIVE_UP if crashes >= max_attempts else JobEvent.LOSE


def worker_lost_error(crashes: int, reason: str) -> dict[str, object]:
    """Return the error of a job that is given up because its workers died.

    Args:
        crashes: how often they did.
        reason: how the last one did.
    """
    times = "once" if crashes == 1 else f"{crashes} times"
    return {"type": "worker_lost", "message": f"the process that ran the job died {times}; the last time: {reason}"}


def failure_reason(error: Mapping[str, Any]) -> str:
    """Return the line that a failure's event says.

    Args:
        error: the job's error.
    """
    line = str(error.get("message", "")).strip().partition("\n")[0]
    return ": ".join(part for part in (str(error.get("type", "")), line) if part)[:REASON_CHARACTERS]


def dead_worker_reason(worker_id: str, worker: WorkerRecord | None) -> str:
    """Return why a job is taken from a worker.

    Args:
        worker_id: the worker's id.
        worker: its registration, if there is one.
    """
    if worker is None:
        return f"its worker {worker_id} isn't registered"
    return f"its worker {worker_id}, process {worker.pid}, is dead"
