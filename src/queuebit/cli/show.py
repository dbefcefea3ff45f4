"""``queuebit show``."""

import click

from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit show 1a2b3c4d
  queuebit show 1a2b --json | jq '.events[] | [.time, .event, .reason]'
  queuebit show 1a2b --json | jq -r .log      all that it printed

\b
Exit codes:
  0    the job is shown, whatever its status
  2    bad input: no such job, several whose ids begin so, or a file that is no queue
  74   the queue's file couldn't be read
"""


@click.command(epilog=_EXAMPLES)
@click.argument("id_", metavar="ID")
@json_option
@store_option
def show(id_: str, as_json: bool, store: str | None) -> None:
    """Show all there is to know of the job with this ID, except its result: what, how, when, and its story.

    The ID may be shortened. The result is shown by queuebit result.
    """
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.job_page import print_page
    from queuebit.cli.queue_document import event_entry, job_entry, print_document
    from queuebit.cli.queue_file import opened

    with opened(store) as queue:
        job = queue.find(id_)
        events = queue.store.events(job.job_id)
        before, log = queue.store.queue_position(job.job_id), queue.store.logs(job.job_id)
        position = None if before is None else before + 1
        if as_json:
            entries = [event_entry(event) for event in events]
            print_document(queue.path, job=job_entry(job), queue_position=position, events=entries, log=log)
        else:
            print_page(job, events, position, log)
