"""A queue's jobs as a table."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from queuebit.cli.figures import duration
from queuebit.cli.job_lines import seconds_taken, short_id, status_text, time_text, title
from queuebit.cli.printable import printable
from queuebit.store import JobRecord

_WIDEST_BACKEND = 24


def jobs_table(jobs: Sequence[JobRecord]) -> Table:
    """Return a table with a row for each job.

    Args:
        jobs: the jobs, in order.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="column", expand=True)
    table.add_column("job", style="outcome", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("backend", overflow="ellipsis", no_wrap=True, max_width=_WIDEST_BACKEND)
    table.add_column("submitted", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("name and tags", overflow="ellipsis", no_wrap=True, ratio=1)
    for job in jobs:
        table.add_row(*_cells(job))
    return table


def _cells(job: JobRecord) -> tuple[str | Text, ...]:
    taken = seconds_taken(job)
    name = Text(title(job))
    if job.tags:
        name.append(f"  {printable(', '.join(job.tags))}", "fact")
    return (
        short_id(job),
        status_text(job),
        printable(job.backend_name),
        time_text(job.created_us),
        "" if taken is None else duration(taken),
        name,
    )
