"""``queuebit result``."""

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import Seconds
from queuebit.cli.queue_options import store_option

_EXAMPLES = """
\b
Examples:
  queuebit result 1a2b3c4d                    as queuebit run shows it
  queuebit result 1a2b --json | jq '.circuits[0].counts'
  queuebit result 1a2b --output result.json --plot counts.png
  queuebit result 1a2b --now                  what is there already

\b
Exit codes:
  0    the job is DONE
  1    it failed or was cancelled; what circuits have finished is shown
  2    bad input: no such job, several whose ids begin so, or a file that is no queue
  74   the queue's file couldn't be read, or an output couldn't be written
  124  it hasn't ended within --timeout, or with --now; what circuits have finished is shown
  130  Ctrl-C; likewise, and the job goes on
"""


@click.command(epilog=_EXAMPLES)
@click.argument("id_", metavar="ID")
@click.option("--now", is_flag=True, help="Don't wait: show what circuits have finished.")
@click.option("--timeout", type=Seconds(), help="Wait so many seconds at most.")
@click.option("--memory", is_flag=True, help="Also show the outcome of every single shot, if the job has kept them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option("--output", metavar="FILE", help="Also write the JSON document to FILE.")
@click.option("--plot", metavar="FILE", help="Also draw the counts into FILE (.png, .svg or .pdf).")
@store_option
def result(
    id_: str,
    now: bool,
    timeout: float | None,
    memory: bool,
    as_json: bool,
    output: str | None,
    plot: str | None,
    store: str | None,
) -> ExitCode:
    """Wait for the job with this ID and show what came out, as queuebit run does.

    The ID may be shortened. The job may have been submitted anywhere; the JSON document is that of queuebit run.
    """
    if now and timeout is not None:
        raise BadInputError("--now and --timeout don't go together", cure="--now doesn't wait.")
    # Imported here, because --help and wrong options must not wait.
    from queuebit.cli.consoles import error_console
    from queuebit.cli.destination import Destination
    from queuebit.cli.queue_file import opened
    from queuebit.cli.result_output import show_result
    from queuebit.cli.warning_lines import warning_lines

    destination = Destination.checked(as_json=as_json, output=output, plot=plot)
    timeout_s = 0.0 if now else timeout
    with warning_lines(error_console()) as warnings, opened(store) as queue:
        return show_result(queue, queue.find(id_), destination, warnings, memory=memory, timeout_s=timeout_s)
