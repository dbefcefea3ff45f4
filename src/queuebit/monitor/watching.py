"""Asking a job how it is, often enough for people and seldom enough for a server."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from queuebit.monitor.snapshot import FINAL_NAMES, Snapshot, one_line

# Guesses. A job that hasn't changed for long is unlikely to change within the next tenth of that time, and
# asking should take neither us nor a server more than a hundredth of it.
_SHORTEST_GAP_S = 0.05
_LONGEST_GAP_S = 5.0
_SHARE_OF_UNCHANGED = 0.1
_QUERIES_A_GAP = 100.0

# Displays that have no clock of their own are shown the last snapshot this often.
_TICK_S = 1.0


class Watchable(Protocol):
    """The least that a job must have to be watched."""

    def status(self) -> Any:
        """Return the job's status: a ``JobStatus``, another enum with those names, or a name."""

    def job_id(self) -> str:
        """Return the job's id."""


def snapshots(job: Watchable, job_id: str, interval_s: float | None) -> Iterator[Snapshot]:
    """Yield how the job is now, then whenever it was asked again, and in long gaps once a second as it was.

    Args:
        job: the job.
        job_id: its id.
        interval_s: seconds between two queries; None for gaps that fit the job, see :func:`gap_s`.

    Yields:
        Snapshots; the last one is final.
    """
    started = changed = time.monotonic()
    last: Snapshot | None = None
    while True:
        asked = time.monotonic()
        status = job.status()
        snapshot = _snapshot(job, job_id, status, None if last is None else started)
        now = time.monotonic()
        if last is None or snapshot.status != last.status:
            changed = now
        last = snapshot
        yield snapshot
        if snapshot.final:
            return
        gap = gap_s(now - changed, now - asked) if interval_s is None else interval_s
        for _ in _pause(_waiting(job, status), gap):
            yield snapshot


def gap_s(unchanged_s: float, query_s: float) -> float:
    """Return how long to wait before the job is asked again.

    Args:
        unchanged_s: seconds for which the status has been the same.
        query_s: seconds that asking took.

    Returns:
        Seconds from 0.05 to 5: short after a change, and short while asking is cheap, as it is for a job in
        this process.
    """
    patience_s = min(_SHARE_OF_UNCHANGED * unchanged_s, _QUERIES_A_GAP * query_s)
    return min(max(patience_s, _SHORTEST_GAP_S), _LONGEST_GAP_S)


def _pause(wait: Callable[[float], object], gap: float) -> Iterator[None]:
    """Wait for ``gap`` seconds, or less when the job tells of a change, yielding once a second."""
    end = time.monotonic() + gap
    while True:
        now = time.monotonic()
        due = min(now + _TICK_S, end)
        wait(max(due - now, 0.0))
        if time.monotonic() < due or due >= end:
            return
        yield


def _waiting(job: Watchable, status: Any) -> Callable[[float], object]:
    """Return what waits for some seconds: the job's own way if it is one of ours, or a plain sleep."""
    ours = _ours(job)
    # Not a call from outside: this is the pause of wait_for_final_state() with another loop around it.
    return time.sleep if ours is None else partial(ours._wait_for_change, status)  # noqa: SLF001


def _ours(job: Watchable) -> Any | None:
    """Return the job if it is one of this package's ``JobV1``, which knows more than others, else None."""
    # There can't be one before its module is loaded, and loading it for another's job would load Qiskit.
    module = sys.modules.get("queuebit.providers.job")
    return job if module is not None and isinstance(job, module.JobV1) else None


def _snapshot(job: Watchable, job_id: str, status: Any, started: float | None) -> Snapshot:
    name = _status_name(status)
    since, took_s = _times(_ours(job), started)
    if name in FINAL_NAMES:
        message = _answer(job, "error_message")
        error = one_line(message) if message else None
        return Snapshot(job_id=job_id, status=name, since=since, took_s=took_s, error=error)
    progress = _answer(job, "progress")
    return Snapshot(
        job_id=job_id,
        status=name,
        since=since,
        queue_position=_answer(job, "queue_position"),
        done=_number(getattr(progress, "done", None)),
        total=_number(getattr(progress, "total", None)),
    )


def _status_name(status: Any) -> str:
    name = status if isinstance(status, str) else getattr(status, "name", None)
    if not isinstance(name, str):
        raise TypeError(f"a job's status() must return a JobStatus or the name of one, got {status!r}")
    return one_line(name).upper()


def _answer(job: Watchable, name: str) -> Any:
    """Return what the job's method ``name`` says, or None if it has no such method."""
    method = getattr(job, name, None)
    return method() if callable(method) else None


def _number(value: Any) -> float | None:
    # Other people's progress() may tell something else altogether.
    return value if isinstance(value, int | float) else None


def _times(ours: Any | None, started: float | None) -> tuple[float, float | None]:
    """Return from when on the monotonic clock the job's time counts, and its seconds until now or its end.

    Args:
        ours: the job, if it knows its times.
        started: when the watching began; None when it begins now, so that what was before is unknown.
    """
    now = time.monotonic()
    if ours is None or ours.time_submitted is None:
        return (now, None) if started is None else (started, now - started)
    took_s = ((ours.time_finished or datetime.now(UTC)) - ours.time_submitted).total_seconds()
    return now - took_s, took_s
