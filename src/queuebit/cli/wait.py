"""``queuebit wait``."""

import click

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import Seconds
from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit wait 1a2b3c4d
  queuebit wait 1a2b 5e6f --timeout 600 && queuebit result 1a2b
  queuebit wait $(queuebit submit bell.qasm) --json

\b
Exit codes:
  0    all jobs are DONE
  1    all have ended, and one was cancelled or failed
  2    bad input: no such job, several whose ids begin so, or a file that is no queue
  74   the queue's file couldn't be read
  124  --timeout was reached; the jobs go on
  130  Ctrl-C; the jobs go on
"""


@click.command(epilog=_EXAMPLES)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--timeout", type=Seconds(), help="Wait so many seconds at most.")
@json_option
@store_option
def wait(ids: tuple[str, ...], timeout: float | None, as_json: bool, store: str | None) -> ExitCode:
    """Wait until the jobs with these IDs have ended, and print a line for each when it does.

    IDs may be shortened. If no worker serves the queue, one is started.
    """
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.job_waiting import Waiting
    from queuebit.cli.queue_document import job_entry, print_document
    from queuebit.cli.queue_file import opened

    with opened(store) as queue:
        waiting = Waiting(queue, queue.find_all(ids), prints_endings=not as_json)
        exit_code = waiting.until_all_ended(timeout)
        if as_json:
            print_document(queue.path, exit_code, jobs=[job_entry(job) for job in waiting.jobs])
    return exit_code
