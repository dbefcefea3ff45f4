"""Waiting for some jobs of a queue, with a line that moves."""

from collections.abc import Sequence

from rich.text import Text

from queuebit.cli.consoles import error_console, is_watched, output_console
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.job_lines import ending_line, title
from queuebit.cli.progress_line import ProgressLine
from queuebit.cli.queue_file import QueueFile
from queuebit.cli.store_waiting import QueueWatcher
from queuebit.store import JobRecord, JobState, UnknownJobError

# How often the line learns of progress; without one, only hints count.
_GLANCE_S = 0.1
_BACKSTOP_S = 1.0


class Waiting:
    """Waits for jobs to end."""

    def __init__(self, queue: QueueFile, jobs: Sequence[JobRecord], *, prints_endings: bool) -> None:
        """Wait for jobs.

        Args:
            queue: the queue that they are in.
            jobs: the jobs as they were just read.
            prints_endings: whether to print a line on standard output for each job that ends.
        """
        self._queue = queue
        self._jobs = {job.job_id: job for job in jobs}
        self._output = output_console() if prints_endings else None
        self._console = error_console()

    @property
    def jobs(self) -> list[JobRecord]:
        """The jobs as they were seen last, in order."""
        return list(self._jobs.values())

    def until_all_ended(self, timeout_s: float | None) -> ExitCode:
        """Wait until all jobs have ended.

        Args:
            timeout_s: the longest wait, or None.

        Returns:
            0 if all are DONE, 1 if they have ended otherwise; 124 and 130 if they haven't.

        Raises:
            UnknownJobError: if one is deleted meanwhile.
        """
        for job in self.jobs:
            if job.is_final:
                self._say_ended(job)
        try:
            in_time = self._is_over() or self._watch(timeout_s)
        except KeyboardInterrupt:
            self._say("interrupted")
            return ExitCode.INTERRUPTED
        if not in_time:
            self._say(f"timeout after {timeout_s:g} s")
            return ExitCode.TIMEOUT
        return ending_code(self.jobs)

    def _watch(self, timeout_s: float | None) -> bool:
        pause_s = _GLANCE_S if is_watched(self._console) else _BACKSTOP_S
        with QueueWatcher(self._queue, start_worker=True) as watcher, ProgressLine(self._console) as line:

            def look() -> bool:
                self._look()
                self._show(line)
                return self._is_over()

            return watcher.watch(look, timeout_s=timeout_s, longest_pause_s=pause_s)

    def _look(self) -> None:
        waited_for = {job.job_id: job.state for job in self.jobs if not job.is_final}
        for job_id, job in self._queue.store.changed(waited_for).items():
            if job is None:
                raise UnknownJobError(f"there is no job {job_id} any more: it has been deleted")
            self._jobs[job_id] = job
            if job.is_final:
                self._say_ended(job)

    def _show(self, line: ProgressLine) -> None:
        if not is_watched(self._console):
            return
        left = [job for job in self.jobs if not job.is_final]
        if len(self._jobs) == 1 and left:
            job = self._queue.store.get(left[0].job_id)
            line.say(f"{job.state.name} {title(job)}")
            line.advance(job.progress_done, job.progress_total)
        else:
            line.say(f"Waiting for {plural(len(left), 'job')}")
            line.advance(len(self._jobs) - len(left), len(self._jobs))

    def _say_ended(self, job: JobRecord) -> None:
        if self._output is not None:
            self._output.print(ending_line(job), soft_wrap=True)

    def _say(self, what: str) -> None:
        left = sum(not job.is_final for job in self.jobs)
        goes_on = "the job goes on" if len(self._jobs) == 1 else f"{left} of {plural(len(self._jobs), 'job')} go on"
        self._console.print(Text(f"{what}: {goes_on}", "bad"), soft_wrap=True)

    def _is_over(self) -> bool:
        return all(job.is_final for job in self.jobs)


def ending_code(jobs: Sequence[JobRecord]) -> ExitCode:
    """Return the exit code that jobs which have ended call for.

    Args:
        jobs: the jobs.
    """
    return ExitCode.DONE if all(job.state is JobState.DONE for job in jobs) else ExitCode.CIRCUIT_FAILED
