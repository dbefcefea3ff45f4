"""``queuebit cancel``."""

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit cancel 1a2b3c4d
  queuebit cancel 1a2b 5e6f --reason "wrong angles"
  queuebit cancel --all
  queuebit jobs --tag sweep --json | jq -r '.jobs[].job_id' | xargs queuebit cancel

\b
Exit codes:
  0    the jobs are cancelled, or will be as soon as their worker has stopped them
  1    one had ended in another way before
  2    bad input: no such job, several whose ids begin so, or a file that is no queue
  74   the queue's file couldn't be written
"""


@click.command(epilog=_EXAMPLES)
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "all_jobs", is_flag=True, help="Cancel all jobs that wait or run.")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stands in the jobs' stories.")
@json_option
@store_option
def cancel(ids: tuple[str, ...], all_jobs: bool, reason: str, as_json: bool, store: str | None) -> ExitCode:
    """Cancel jobs: those that wait at once, those that run as soon as their worker has stopped them.

    Any run can be stopped, whatever backend it is on. What circuits have finished stays: queuebit result ID --now.
    """
    if all_jobs == bool(ids):
        raise BadInputError("cancel takes either IDs or --all", cure="See: queuebit cancel --help")
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.cancelling import cancel_jobs, say_cancelled, unfinished
    from queuebit.cli.queue_document import job_entry, print_document
    from queuebit.cli.queue_file import opened
    from queuebit.store import JobState

    with opened(store) as queue:
        jobs = cancel_jobs(queue, unfinished(queue) if all_jobs else queue.find_all(ids), reason)
        too_late = any(job.state in (JobState.DONE, JobState.ERROR) for job in jobs)
        exit_code = ExitCode.CIRCUIT_FAILED if too_late and not all_jobs else ExitCode.DONE
        if as_json:
            print_document(queue.path, exit_code, jobs=[job_entry(job) for job in jobs])
        else:
            say_cancelled(jobs)
    return exit_code
