"""A queue as a table for notebooks."""

import html
from collections.abc import Iterable, Mapping
from pathlib import Path

from queuebit.providers.jobstatus import JobStatus
from queuebit.queue.statuses import STATUS_OF
from queuebit.queue.times import datetime_of
from queuebit.store.records import JobRecord

_LEFT = "style='text-align:left'"
_COLUMNS = ("Job", "Name", "Backend", "Status", "Submitted")


def queue_html(path: Path, numbers: Mapping[JobStatus, int], latest: Iterable[JobRecord]) -> str:
    """Return a table of the latest jobs, with how many there are of each status above it.

    Args:
        path: the queue's file.
        numbers: how many jobs have each status.
        latest: the jobs to show.
    """
    counts = ", ".join(f"{number} {status.name}" for status, number in numbers.items() if number) or "no jobs"
    head = "".join(f"<th {_LEFT}>{column}</th>" for column in _COLUMNS)
    rows = "".join(f"<tr>{_cells(record)}</tr>" for record in latest)
    return f"<p><b>JobQueue</b> {html.escape(str(path))}: {counts}</p><table><tr>{head}</tr>{rows}</table>"


def _cells(record: JobRecord) -> str:
    submitted = datetime_of(record.created_us).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    texts = (record.job_id, record.name, record.backend_name, STATUS_OF[record.state].name, submitted)
    return "".join(f"<td {_LEFT}>{html.escape(text)}</td>" for text in texts)
