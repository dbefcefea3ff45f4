"""Checking the index of jobs against the jobs themselves, and making it anew."""

from collections import Counter
from collections.abc import Iterator

import apsw

from queuebit.store.json_text import tags_from_text
from queuebit.store.sqlite.bit_sets import BLOCK_BITS, BLOCK_SIZE, from_bytes
from queuebit.store.sqlite.facets import Facet, FacetChanges, job_facets
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.statements import row, rows


def wrong_blocks(connection: apsw.Connection) -> list[int]:
    """Return the blocks whose index doesn't say what their jobs do.

    Args:
        connection: the connection; it reads within one transaction.
    """
    return [block for block in _blocks(connection) if not _is_right(connection, block)]


def counts_are_right(connection: apsw.Connection) -> bool:
    """Return whether the number of jobs of each facet is what the jobs say.

    Args:
        connection: the connection; it reads within one transaction.
    """
    counted: Counter[Facet] = Counter()
    for block in _blocks(connection):
        counted.update(facet for _, _, facets in _jobs(connection, block) for facet in facets)
    stored = {(kind, value): jobs for kind, value, jobs in rows(connection, SQL.counted_facets)}
    return {facet: jobs for facet, jobs in stored.items() if jobs or facet[0] != "state"} == dict(counted)


def rebuild(connection: apsw.Connection) -> None:
    """Make the index anew.

    Args:
        connection: a connection that has begun a write transaction.
    """
    blocks = _blocks(connection)
    for query in (
        SQL.delete_all_postings,
        SQL.delete_all_blocks,
        SQL.delete_facets_but_states,
        SQL.count_states_from_zero,
    ):
        connection.execute(query)
    changes = FacetChanges()
    for block in blocks:
        for sequence, created_us, facets in _jobs(connection, block):
            changes.created(sequence, created_us)
            changes.add(sequence, facets)
        changes.write(connection)


def _blocks(connection: apsw.Connection) -> list[int]:
    return [block for (block,) in rows(connection, SQL.all_blocks)]


def _jobs(connection: apsw.Connection, block: int) -> Iterator[tuple[int, int, set[Facet]]]:
    """Yield the sequence, the time and the facets of each job of a block."""
    place = {"first": block << BLOCK_BITS, "after": (block + 1) << BLOCK_BITS}
    for sequence, created_us, state, backend_name, name, tags in rows(connection, SQL.facets_of_jobs_between, place):
        yield sequence, created_us, job_facets(state, backend_name, name, tags_from_text(tags))


def _is_right(connection: apsw.Connection, block: int) -> bool:
    expected: dict[Facet, int] = {}
    times = []
    for sequence, created_us, facets in _jobs(connection, block):
        times.append(created_us)
        for facet in facets:
            expected[facet] = expected.get(facet, 0) | 1 << sequence % BLOCK_SIZE
    stored = {
        (kind, value): from_bytes(members)
        for kind, value, members in rows(connection, SQL.postings_of_block, {"block": block})
    }
    around = row(connection, SQL.range_of_block, {"block": block})
    return stored == expected and _covers(around, times)


def _covers(around: tuple[int, int] | tuple[int, ...] | None, times: list[int]) -> bool:
    """Return whether a block's range of times has all its jobs; deleting jobs leaves it wider, which is no mistake."""
    if not times or around is None:
        return not times and around is None
    return around[0] <= min(times) and max(times) <= around[1]
