"""A list of jobs that is kept up to date."""

from rich.console import Console, RenderableType
from rich.live import Live

from queuebit.cli.consoles import is_watched, output_console
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.job_lines import ending_line
from queuebit.cli.jobs_list import JobsList
from queuebit.cli.store_waiting import QueueWatcher
from queuebit.store import JobRecord, JobState

# Between two looks at a queue in which something goes on, and at one in which nothing does.
_GLANCE_S = 0.1
_BACKSTOP_S = 1.0

# Lines of the table besides its rows: heading, rule, an empty one, what else there is, and the cursor's.
_AROUND_ROWS = 5


def watch_jobs(listed: JobsList, *, until_done: bool) -> ExitCode:
    """Show jobs and what becomes of them: on a terminal as a table that moves, else as a line for each new status.

    Args:
        listed: which jobs.
        until_done: end when all of them have ended.

    Returns:
        What the command exits with; Ctrl-C is the normal end.
    """
    console = output_console()
    display: _LiveTable | _Lines = _LiveTable(listed, console) if is_watched(console) else _Lines(console)

    def look() -> bool:
        jobs = listed.read()
        display.show(jobs)
        return until_done and all(job.is_final for job in jobs)

    pause_s = _GLANCE_S if is_watched(console) else _BACKSTOP_S
    try:
        with display, QueueWatcher(listed.queue, start_worker=False) as watcher:
            watcher.watch(look, longest_pause_s=pause_s)
    except KeyboardInterrupt:
        return ExitCode.DONE
    return ExitCode.DONE


class _LiveTable:
    """A table on a terminal, drawn anew in place."""

    def __init__(self, listed: JobsList, console: Console) -> None:
        self._listed = listed
        self._console = console
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    def show(self, jobs: list[JobRecord]) -> None:
        """Draw the table, as much of it as the terminal has lines for."""
        self._live.update(self._drawn(jobs), refresh=True)

    def _drawn(self, jobs: list[JobRecord]) -> RenderableType:
        return self._listed.rendered(jobs[: max(self._console.size.height - _AROUND_ROWS, 1)])

    def __enter__(self) -> "_LiveTable":
        self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()


class _Lines:
    """A line for each job's new status, for files and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, JobState] = {}

    def show(self, jobs: list[JobRecord]) -> None:
        """Print what has changed."""
        for job in jobs:
            if self._seen.get(job.job_id) is not job.state:
                self._console.print(ending_line(job), soft_wrap=True)
        self._seen = {job.job_id: job.state for job in jobs}

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._console.file.flush()
