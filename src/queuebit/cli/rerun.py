"""``queuebit rerun``."""

import click

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit rerun 1a2b3c4d                     prints the new job's ID
  queuebit rerun 1a2b --wait

\b
Exit codes:
  0    the new job is on disk; with --wait, it is DONE
  1    with --wait: the new job failed or was cancelled
  2    bad input: no such job, several whose ids begin so, or a file that is no queue
  74   the queue's file couldn't be written
  130  Ctrl-C; with --wait, the new job goes on
"""


@click.command(epilog=_EXAMPLES)
@click.argument("id_", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait for the new job and show its result.")
@json_option
@store_option
def rerun(id_: str, wait: bool, as_json: bool, store: str | None) -> ExitCode:
    """Submit the work of the job with this ID once more, as a new job, and print the new ID.

    Circuits, options, seed, limits, name and tags are the same; so are the counts, where there is a seed.
    """
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.consoles import error_console
    from queuebit.cli.queue_file import opened
    from queuebit.cli.submission_output import tell_submitted
    from queuebit.cli.warning_lines import warning_lines

    with warning_lines(error_console()) as warnings:
        with opened(store) as queue:
            job = queue.find(id_)
            from queuebit.queue import JobQueue

            with JobQueue(queue.path) as full_queue:
                again = full_queue.rerun(job.job_id).job_id()
        return tell_submitted(again, queue.path, warnings, wait=wait, as_json=as_json)
