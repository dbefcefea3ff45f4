"""``queuebit submit``."""

from typing import Any

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import Assignment, OneOf, Seconds, WholeNumber
from queuebit.cli.queue_options import json_option, store_option
from queuebit.cli.run import MAX_THREADS, METHODS, PRECISIONS

_LARGEST = 2**31 - 1

_EXAMPLES = """
\b
Examples:
  queuebit submit bell.qasm                   prints the job's ID
  queuebit submit *.qasm --shots 10000 --tag sweep --name "first sweep"
  queuebit submit bell.qasm --wait            and shows the result, as queuebit run does
  queuebit submit bell.qasm --backend qiskit_aer:AerSimulator \\
      --backend-option method=matrix_product_state --optimization-level 1
  queuebit submit big.qpy --time-limit 3600 --memory-limit "16 GiB" --priority 5
  ID=$(queuebit submit bell.qasm); queuebit result $ID

\b
Exit codes:
  0    the job is on disk; with --wait, it is DONE
  1    with --wait: the job failed or was cancelled
  2    bad input: a file, an option, or a circuit that can't be run
  74   the queue's file or an output couldn't be written
  130  Ctrl-C; with --wait, the job goes on
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--backend",
    metavar="NAME",
    default="basic_simulator",
    show_default=True,
    help="See: queuebit backends; or module:factory of any other, such as qiskit_aer:AerSimulator.",
)
@click.option(
    "--backend-option",
    "backend_options",
    type=Assignment(),
    multiple=True,
    help="What the backend is made with; the value is JSON or text. Repeatable.",
)
@click.option("--shots", type=WholeNumber(1), help="How often each circuit is run.  [default: the backend's]")
@click.option("--seed", type=WholeNumber(0), help="Makes the run repeatable: the same seed gives the same counts.")
@click.option("--method", type=OneOf(METHODS), help="The engine; see: queuebit run --help  [default: automatic]")
@click.option("--precision", type=OneOf(PRECISIONS), help="Of amplitudes.  [default: double]")
@click.option("--memory", is_flag=True, help="Also keep the outcome of every single shot.")
@click.option("--option", "options", type=Assignment(), multiple=True, help="Any other option of the run. Repeatable.")
@click.option(
    "--optimization-level", type=WholeNumber(0, 3), help="Have the worker transpile the circuits for the backend."
)
@click.option("--name", metavar="TEXT", default="", help="What to call the job.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="To find it by: queuebit jobs --tag TAG. Repeatable.")
@click.option(
    "--priority", type=WholeNumber(-_LARGEST, _LARGEST), default=0, help="Greater runs earlier.  [default: 0]"
)
@click.option("--time-limit", type=Seconds(), help="End the run, in ERROR, after so many seconds.")
@click.option("--memory-limit", metavar="SIZE", help='End it when it uses more memory than, say, "2 GiB".')
@click.option("--threads", type=WholeNumber(1, MAX_THREADS), help="How many threads the run may use.")
@click.option(
    "--max-attempts",
    type=WholeNumber(1, _LARGEST),
    default=3,
    show_default=True,
    help="How often its process may die before the job is given up.",
)
@click.option(
    "--no-split",
    is_flag=True,
    help="Run it in one piece: don't cut long work into parts that run side by side.",
)
@click.option("--key", metavar="TEXT", help="Submitting with the same key again gives the same job back.")
@click.option("--wait", is_flag=True, help="Wait for the job and show its result.")
@click.option("--no-worker", is_flag=True, help="Start no worker if none serves the queue; the job waits for one.")
@json_option
@store_option
def submit(**given: Any) -> ExitCode:
    """Put the circuits in FILES into the queue as one job, and print its ID.

    When this returns, the job is on disk: it runs, or goes on running, whatever becomes of this terminal. A worker
    is started in the background if none serves the queue.

    FILE is OpenQASM 2, OpenQASM 3 or QPY, told apart by what is in it; - is standard input.
    """
    if given["wait"] and given["no_worker"]:
        raise BadInputError("--wait and --no-worker don't go together", cure="Leave one of them out.")
    # Imported here, because --help and wrong options must not wait.
    from queuebit.cli.consoles import error_console
    from queuebit.cli.progress_line import ProgressLine
    from queuebit.cli.warning_lines import warning_lines

    console = error_console()
    with warning_lines(console) as warnings:
        with ProgressLine(console, hidden="-" in given["files"]) as line:
            line.say("Loading Qiskit")
            from queuebit.cli.submission_request import SubmissionRequest
            from queuebit.cli.submitting import submitted

            job_id, path = submitted(SubmissionRequest(**given), line)
        from queuebit.cli.submission_output import tell_submitted

        told = {name: given[name] for name in ("wait", "as_json", "memory")}
        return tell_submitted(job_id, path, warnings, **told)
