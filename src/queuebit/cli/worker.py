"""``queuebit worker``."""

import click

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import Seconds, WholeNumber
from queuebit.cli.queue_options import store_option
from queuebit.cli.store_failed import StoreFailedError

_MAX_PROCESSES = 1024

_EXAMPLES = """
\b
Examples:
  queuebit worker                             serve until Ctrl-C
  queuebit worker --store lab.db --processes 4
  queuebit worker --idle-timeout 60           serve until there has been nothing to do for a minute

\b
Exit codes:
  0    the worker was told to stop, by SIGTERM or Ctrl-C, or had nothing to do
  2    bad input: an option, or a file that can't be a queue
  74   the queue's file, or a process for the runs, failed; the log says how
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--processes", type=WholeNumber(1, _MAX_PROCESSES), help="Jobs to run side by side.  [default: one for each core]"
)
@click.option("--idle-timeout", type=Seconds(), help="End after so many seconds without a job.  [default: never]")
@store_option
def worker(processes: int | None, idle_timeout: float | None, store: str | None) -> ExitCode:
    """Run the queue's jobs, in this terminal or under a service manager. It says what it does on standard error.

    A queue that no worker serves starts one in the background by itself, which ends after five minutes without jobs.
    This one stays.

    The first SIGTERM or Ctrl-C lets running jobs finish, for a few seconds; then, or at the second one, they go back
    into the queue, where the next worker resumes them at the circuit that was running.
    """
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.queue_file import opened
    from queuebit.worker import __main__ as service

    with opened(store, create=True) as queue:
        arguments = [str(queue.path)]
    if processes is not None:
        arguments += ["--processes", str(processes)]
    if idle_timeout is not None:
        arguments += ["--idle-timeout", str(idle_timeout)]
    if service.main(arguments):
        raise StoreFailedError("the worker has failed; see above")
    return ExitCode.DONE
