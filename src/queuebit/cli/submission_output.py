"""What is said of a job that has just been submitted."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from queuebit.cli.consoles import error_console, is_watched
from queuebit.cli.destination import Destination
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.job_lines import short_id, title
from queuebit.cli.queue_document import job_entry, print_document
from queuebit.cli.queue_file import opened
from queuebit.cli.result_output import show_result


def tell_submitted(
    job_id: str, path: Path, warnings: Sequence[str], *, wait: bool, as_json: bool, memory: bool = False
) -> ExitCode:
    """Print a job's id, or wait for it and show its result.

    Args:
        job_id: its id.
        path: the queue's file.
        warnings: what was warned about.
        wait: whether to wait.
        as_json: whether to print a JSON document.
        memory: whether to show every shot's outcome.

    Returns:
        What the command exits with.
    """
    with opened(str(path)) as queue:
        job = queue.find(job_id)
        if wait:
            destination = Destination(as_json=as_json, output=None, plot=None)
            return show_result(queue, job, destination, warnings, memory=memory)
        if as_json:
            print_document(path, job=job_entry(job), warnings=list(warnings))
            return ExitCode.DONE
        print(job_id, flush=True)
    console = error_console()
    if is_watched(console):
        told = f"{title(job)} on {job.backend_name} is in the queue; see: queuebit result {short_id(job)}"
        console.print(Text(told, "fact"), soft_wrap=True)
    return ExitCode.DONE
