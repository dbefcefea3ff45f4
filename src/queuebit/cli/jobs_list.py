"""A page of a queue's jobs."""

from rich.console import Group, RenderableType
from rich.text import Text

from queuebit.cli.consoles import output_console
from queuebit.cli.figures import plural
from queuebit.cli.jobs_table import jobs_table
from queuebit.cli.printable import printable
from queuebit.cli.queue_document import job_entry, print_document
from queuebit.cli.queue_file import QueueFile
from queuebit.store import FINAL_STATES, JobFilter, JobRecord


class JobsList:
    """The jobs that somebody wants to see.

    Attributes:
        queue: the queue that they are in.
    """

    def __init__(self, queue: QueueFile, which: JobFilter, *, limit: int, skip: int, descending: bool) -> None:
        """Know what is wanted.

        Args:
            queue: the queue.
            which: which jobs.
            limit: how many at most.
            skip: how many to leave out first.
            descending: whether the newest come first.
        """
        self.queue = queue
        self._which = which
        self._limit = limit
        self._skip = skip
        self._descending = descending

    def read(self) -> list[JobRecord]:
        """Return the jobs as they are now."""
        return self.queue.store.jobs(self._which, limit=self._limit, skip=self._skip, descending=self._descending)

    def show(self, *, as_json: bool) -> None:
        """Print the jobs.

        Args:
            as_json: as a JSON document instead of a table.
        """
        jobs = self.read()
        if as_json:
            print_document(self.queue.path, jobs=[job_entry(job) for job in jobs])
        else:
            output_console().print(self.rendered(jobs))

    def rendered(self, jobs: list[JobRecord]) -> RenderableType:
        """Return the jobs as a table, with a line below that says what else there is.

        Args:
            jobs: what :meth:`read` returned.
        """
        line = Text(self._summary(jobs), "fact")
        return Group(jobs_table(jobs), Text(), line) if jobs else line

    def _summary(self, jobs: list[JobRecord]) -> str:
        numbers = self.queue.store.statistics()
        total = sum(numbers.values())
        where = f"in {printable(str(self.queue.path))}"
        if not jobs:
            return f"no such jobs {where}; it has {plural(total, 'job')}" if total else f"no jobs {where}"
        open_ = sum(number for state, number in numbers.items() if state not in FINAL_STATES)
        return f"{len(jobs):,} of {plural(total, 'job')} {where}; {open_:,} not ended yet"
