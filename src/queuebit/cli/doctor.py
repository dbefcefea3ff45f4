"""``queuebit doctor``."""

import click

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit doctor                             only looks
  queuebit doctor --fix                       mends what can be mended, and looks again
  queuebit doctor --store lab.db --json | jq -r '.findings[].message'

\b
Exit codes:
  0    nothing is wrong, or nothing any more
  1    something is wrong; what it is, and what to do, is shown
  2    bad input: an option, or there is no such file
  74   the queue's file couldn't be written while mending
"""


@click.command(epilog=_EXAMPLES)
@click.option("--fix", is_flag=True, help="Mend what can be mended; each finding says how.")
@json_option
@store_option
def doctor(fix: bool, as_json: bool, store: str | None) -> ExitCode:
    """Examine the queue: whether the file is sound, and nothing is lost, left over, or held by a worker that died.

    It may be in use meanwhile. Without --fix nothing is changed.
    """
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.examination import Examination
    from queuebit.cli.queue_file import located, require_there, store_failures

    with store_failures():
        path = located(store)
        require_there(path)
        found = Examination.of(path, fix=fix)
    if as_json:
        found.print_json()
    else:
        found.show()
    return found.exit_code
