"""``queuebit jobs``."""

import click

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import OneOf, PointInTime, WholeNumber
from queuebit.cli.queue_options import json_option, store_option

# As in queuebit.store.states, which isn't imported here: --help must not wait for the store.
STATUSES = ("queued", "running", "done", "cancelled", "error")

_EXAMPLES = """
\b
Examples:
  queuebit jobs                               the newest 20
  queuebit jobs --status running --status queued
  queuebit jobs --tag paper --after 2h --limit 100
  queuebit jobs --watch                       live, until Ctrl-C
  queuebit jobs --watch --until-done          live, until all of them have ended
  queuebit jobs --json | jq -r '.jobs[].job_id'

\b
Exit codes:
  0    the jobs are shown, also when there are none
  2    bad input: an option, or a file that is no queue
  74   the queue's file couldn't be read
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--status", "statuses", multiple=True, type=OneOf(STATUSES), help=f"Only these: {', '.join(STATUSES)}; repeatable."
)
@click.option("--backend", metavar="NAME", help="Only those that were submitted to this backend.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Only those with this tag; of several, with all.")
@click.option("--name", metavar="NAME", help="Only those of this name.")
@click.option("--after", type=PointInTime(), help="Submitted after then: 2026-03-31, 2026-03-31T12:00, or 30m, 2h, 7d.")
@click.option("--before", type=PointInTime(), help="Submitted before then; likewise.")
@click.option("--limit", type=WholeNumber(1), default=20, show_default=True, help="How many at most.")
@click.option("--skip", type=WholeNumber(0), default=0, help="Leave out so many first, to see the next page.")
@click.option("--oldest-first", is_flag=True, help="In the order of submission, instead of the newest first.")
@click.option(
    "--watch", is_flag=True, help="Keep the list up to date until Ctrl-C; into a file, a line for each change."
)
@click.option("--until-done", is_flag=True, help="With --watch: end when all listed jobs have ended.")
@json_option
@store_option
def jobs(
    statuses: tuple[str, ...],
    backend: str | None,
    tags: tuple[str, ...],
    name: str | None,
    after: int | None,
    before: int | None,
    limit: int,
    skip: int,
    oldest_first: bool,
    watch: bool,
    until_done: bool,
    as_json: bool,
    store: str | None,
) -> ExitCode:
    """List the jobs of the queue: where each one stands, and what it is.

    Any command that takes a job's ID also takes the beginning of it.
    """
    if watch and as_json:
        message = "--watch and --json don't go together"
        raise BadInputError(message, cure="To be told when jobs end: queuebit wait ID... --json")
    if until_done and not watch:
        raise BadInputError("--until-done needs --watch", cure="queuebit jobs --watch --until-done")
    # Imported here, because --help must not wait for the store.
    from queuebit.cli.jobs_list import JobsList
    from queuebit.cli.queue_file import opened
    from queuebit.store import JobFilter, JobState

    which = JobFilter(
        states=frozenset(map(JobState, statuses)) or None,
        backend_name=backend,
        name=name,
        tags=tags,
        created_after_us=after,
        created_before_us=before,
    )
    with opened(store) as queue:
        listed = JobsList(queue, which, limit=limit, skip=skip, descending=not oldest_first)
        if watch:
            from queuebit.cli.jobs_watch import watch_jobs

            return watch_jobs(listed, until_done=until_done)
        listed.show(as_json=as_json)
    return ExitCode.DONE
