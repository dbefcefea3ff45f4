"""Cancelling jobs of a queue."""

from collections.abc import Sequence

from rich.text import Text

from queuebit.cli.consoles import output_console
from queuebit.cli.job_lines import short_id, status_text, title
from queuebit.cli.queue_file import QueueFile
from queuebit.queue.workers import Workers
from queuebit.store import FINAL_STATES, JobFilter, JobRecord, JobState


def unfinished(queue: QueueFile) -> list[JobRecord]:
    """Return all jobs that wait or run.

    Args:
        queue: the queue.
    """
    return queue.store.jobs(JobFilter(states=frozenset(JobState) - FINAL_STATES), limit=None)


def cancel_jobs(queue: QueueFile, jobs: Sequence[JobRecord], reason: str) -> list[JobRecord]:
    """Cancel jobs, and tell the workers.

    Args:
        queue: the queue that they are in.
        jobs: the jobs.
        reason: why, for their stories.

    Returns:
        The jobs as they are now.
    """
    cancelled = queue.store.request_cancel([job.job_id for job in jobs], reason)
    if not all(job.is_final for job in cancelled):
        # The worker may have died; then another one must see to it.
        workers = Workers(queue.store, queue.path, start=True)
        workers.ensure()
        workers.hint()
    return cancelled


def say_cancelled(jobs: Sequence[JobRecord]) -> None:
    """Print what has become of jobs that were to be cancelled.

    Args:
        jobs: the jobs as they are now.
    """
    console = output_console()
    for job in jobs:
        line = Text.assemble((short_id(job), "outcome"), "  ", status_text(job), "  ", title(job))
        if job.state in (JobState.DONE, JobState.ERROR):
            line.append("  had ended before", "warning")
        console.print(line, soft_wrap=True)
    if not jobs:
        console.print(Text("no job waits or runs", "fact"))
