"""``queuebit delete``."""

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.parameters import Days
from queuebit.cli.queue_options import json_option, store_option

_EXAMPLES = """
\b
Examples:
  queuebit delete 1a2b3c4d
  queuebit delete 1a2b 5e6f
  queuebit delete --older-than 30             what ended more than 30 days ago

\b
Exit codes:
  0    deleted
  2    bad input: no such job, several whose ids begin so, or one that hasn't ended; nothing is deleted
  74   the queue's file couldn't be written
"""


@click.command(epilog=_EXAMPLES)
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--older-than", type=Days(), help="Delete all jobs that ended so many days ago or earlier.")
@json_option
@store_option
def delete(ids: tuple[str, ...], older_than: float | None, as_json: bool, store: str | None) -> None:
    """Delete jobs that have ended, with their circuits, results and stories. There is no way back.

    All with the given IDs are deleted, or none.
    """
    if (older_than is None) != bool(ids):
        raise BadInputError("delete takes either IDs or --older-than", cure="See: queuebit delete --help")
    # Imported here, because --help must not wait for the store.
    import time

    from queuebit.cli.figures import plural
    from queuebit.cli.queue_document import print_document
    from queuebit.cli.queue_file import opened
    from queuebit.queue.pruning import age_us, delete_finished_before

    with opened(store) as queue:
        if older_than is not None:
            number = delete_finished_before(queue.store, time.time_ns() // 1000 - age_us(older_than))
        else:
            jobs = queue.find_all(ids)
            for job in jobs:
                if not job.is_final:
                    message = f"job {job.job_id} is {job.state.name} and can't be deleted"
                    raise BadInputError(message, cure=f"First: queuebit cancel {job.job_id[:8]}")
            number = queue.store.delete([job.job_id for job in jobs])
        if as_json:
            print_document(queue.path, deleted=number)
        else:
            click.echo(f"{plural(number, 'job')} deleted")
