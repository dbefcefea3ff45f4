"""A job of a queue in a line, for people."""

import time
from datetime import datetime
from pathlib import Path

from rich.text import Text

from queuebit.cli.figures import duration, plural
from queuebit.cli.printable import printable
from queuebit.queue.times import datetime_of
from queuebit.store import JobRecord, JobState

SHORT = 8
"""Characters of an id that tell a job from a million others."""

_STYLES = {
    JobState.QUEUED: "fact",
    JobState.RUNNING: "bar",
    JobState.DONE: "good",
    JobState.CANCELLED: "warning",
    JobState.ERROR: "bad",
}


def short_id(job: JobRecord) -> str:
    """Return as much of a job's id as people need.

    Args:
        job: the job.
    """
    return job.job_id[:SHORT]


def status_text(job: JobRecord) -> Text:
    """Return a job's status, with its progress while it runs.

    Args:
        job: the job.
    """
    text = Text(job.state.name, _STYLES[job.state])
    if job.state is JobState.RUNNING and job.cancel_requested:
        text.append(" stopping", "warning")
    elif job.state is JobState.RUNNING and job.progress_total:
        text.append(f" {100 * job.progress_done // job.progress_total} %", "fact")
    return text


def title(job: JobRecord) -> str:
    """Return what people call a job: its name, or the files that it is from, or how many circuits it has.

    Args:
        job: the job.
    """
    files = sources(job)
    if job.name or not files:
        return printable(job.name or plural(job.num_circuits, "circuit"))
    first, others = Path(files[0]).name, len(set(files)) - 1
    return printable(first if not others else f"{first} and {others} more")


def sources(job: JobRecord) -> list[str]:
    """Return the files that a job's circuits are from, one for each circuit; none for jobs not of the command line.

    Args:
        job: the job.
    """
    files = job.metadata.get("files")
    if not isinstance(files, list) or len(files) != job.num_circuits:
        return []
    return [str(file) for file in files]


def ending_line(job: JobRecord) -> Text:
    """Return what became of a job: id, status, name, time, and why it failed.

    Args:
        job: the job.
    """
    line = Text.assemble((short_id(job), "outcome"), "  ", status_text(job), "  ", title(job))
    taken = seconds_taken(job)
    if taken is not None:
        line.append(f"  {duration(taken)}", "fact")
    if job.error is not None:
        line.append(f"  {error_line(job)}")
    return line


def error_line(job: JobRecord) -> str:
    """Return why a job failed, in one line.

    Args:
        job: a job in ERROR.
    """
    error = job.error or {}
    message = printable(" ".join(str(error.get("message", "")).split()))
    name = error.get("circuit_name")
    return message if name is None else f"circuit {printable(str(name))!r}: {message}"


def seconds_taken(job: JobRecord) -> float | None:
    """Return how long a job's last attempt has taken so far, or None if there is none.

    Args:
        job: the job.
    """
    if job.started_us is None:
        return None
    ended_us = time.time_ns() // 1000 if job.finished_us is None else job.finished_us
    return max(ended_us - job.started_us, 0) / 1e6


def time_text(time_us: int) -> str:
    """Return a time as the user's clock shows it, without the day if that is today.

    Args:
        time_us: microseconds since 1970.
    """
    local = datetime_of(time_us).astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return local.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")
