"""``queuebit worker``."""

from collections.abc import Mapping

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import Seconds, WholeNumber
from queuebit.cli.queue_options import json_option, store_option
from queuebit.cli.store_failed import StoreFailedError

_MAX_PROCESSES = 1024
_MAX_PLANNED = 100_000

_EXAMPLES = """
\b
Examples:
  queuebit worker                             serve until Ctrl-C
  queuebit worker --store lab.db --processes 4
  queuebit worker --dask tcp://10.0.0.1:8786  have a Dask cluster run the jobs
  queuebit worker --dask local --processes 4  likewise, one of four processes on this machine
  queuebit worker --idle-timeout 60           serve until there has been nothing to do for a minute
  queuebit worker --dry-run --plan 64         how 64 workers would share the jobs that wait

\b
Exit codes:
  0    the worker was told to stop, by SIGTERM or Ctrl-C, or had nothing to do; or the plan is shown
  2    bad input: an option, or a file that can't be a queue
  74   the queue's file, or a process for the runs, failed; the log says how
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--processes", type=WholeNumber(1, _MAX_PROCESSES), help="Jobs to run side by side.  [default: one for each core]"
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Run the jobs on the Dask cluster of this scheduler, or of its file ….json; `local` starts one here.",
)
@click.option("--idle-timeout", type=Seconds(), help="End after so many seconds without a job.  [default: never]")
@click.option("--dry-run", is_flag=True, help="Run nothing: show how the jobs would be cut and placed.")
@click.option(
    "--plan",
    type=WholeNumber(1, _MAX_PLANNED),
    help="With --dry-run: for so many workers, each with one run at a time.",
)
@json_option
@store_option
def worker(
    processes: int | None,
    dask: str | None,
    idle_timeout: float | None,
    dry_run: bool,
    plan: int | None,
    as_json: bool,
    store: str | None,
) -> ExitCode:
    """Run the queue's jobs, in this terminal or under a service manager. It says what it does on standard error.

    A queue that no worker serves starts one in the background by itself, which ends after five minutes without jobs.
    This one stays.

    The first SIGTERM or Ctrl-C lets running jobs finish, for a few seconds; then, or at the second one, they go back
    into the queue, where the next worker resumes them at the circuit that was running.
    """
    if dry_run:
        how = {"--processes": processes, "--dask": dask, "--idle-timeout": idle_timeout}
        _refuse(how, "says how to run, and --dry-run runs nothing")
        return _show_plan(store, plan, as_json=as_json)
    _refuse({"--plan": plan, "--json": as_json or None}, "needs --dry-run")
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.queue_file import opened
    from queuebit.worker import __main__ as service

    with opened(store, create=True) as queue:
        arguments = [str(queue.path)]
    if processes is not None:
        arguments += ["--processes", str(processes)]
    if dask is not None:
        arguments += ["--dask", _checked(dask, processes)]
    if idle_timeout is not None:
        arguments += ["--idle-timeout", str(idle_timeout)]
    if service.main(arguments):
        raise StoreFailedError("the worker has failed; see above")
    return ExitCode.DONE


def _checked(dask: str, processes: int | None) -> str:
    if not dask.strip():
        raise BadInputError("--dask needs the address of a Dask scheduler", cure="queuebit worker --dask local")
    if processes is not None and dask != "local":
        raise BadInputError(
            f"--processes is for processes on this machine; how many {dask} has is up to `dask worker`",
            cure=f"queuebit worker --dask {dask}",
        )
    return dask


def _refuse(given: Mapping[str, object], why: str) -> None:
    for option, value in given.items():
        if value is not None:
            raise BadInputError(f"{option} {why}", cure="queuebit worker --dry-run --plan 64")


def _show_plan(store: str | None, num_workers: int | None, *, as_json: bool) -> ExitCode:
    if num_workers is None:
        raise BadInputError(
            "--dry-run needs --plan N: for how many workers", cure="queuebit worker --dry-run --plan 64"
        )
    from queuebit.cli.queue_file import opened
    from queuebit.cli.worker_plan import WorkerPlan

    with opened(store) as queue:
        plan = WorkerPlan.of(queue, num_workers)
    if as_json:
        plan.print_json()
    else:
        plan.show()
    return ExitCode.DONE
