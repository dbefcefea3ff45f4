"""``queuebit statistics``."""

import click

from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit statistics
  queuebit statistics --json | jq .jobs.QUEUED

\b
Exit codes:
  0    shown
  2    bad input: a file that is no queue
  74   the queue's file couldn't be read
"""


@click.command(epilog=_EXAMPLES)
@json_option
@store_option
def statistics(as_json: bool, store: str | None) -> None:
    """Show how many jobs have each status, which workers serve the queue, and what it takes on the disk."""
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.queue_document import print_document
    from queuebit.cli.queue_figures import QueueFigures
    from queuebit.cli.queue_file import opened

    with opened(store) as queue:
        figures = QueueFigures.of(queue)
        if as_json:
            print_document(queue.path, **figures.to_dict())
        else:
            figures.show()
