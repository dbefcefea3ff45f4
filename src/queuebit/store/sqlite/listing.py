"""Finding jobs by what they have in common: pages and counts of any combination of conditions."""

from collections.abc import Iterator
from dataclasses import dataclass

import apsw

from queuebit.store.checks import is_unicode
from queuebit.store.records import JobFilter
from queuebit.store.sqlite.bit_sets import BLOCK_BITS, BLOCK_SIZE, from_bytes, places
from queuebit.store.sqlite.facets import Facet
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.statements import row, rows
from queuebit.store.states import JobState

EARLIEST_US, LATEST_US = -(1 << 63), (1 << 63) - 1


def page(connection: apsw.Connection, which: JobFilter, *, limit: int | None, skip: int, descending: bool) -> list[int]:
    """Return the sequences of the jobs of a page.

    Args:
        connection: the connection; it reads within one transaction.
        which: which jobs.
        limit: how many at most; None for all.
        skip: how many to leave out first.
        descending: the newest first.
    """
    found: list[int] = []
    for block, members in _matching(connection, which, descending=descending):
        if limit is not None and len(found) >= limit:
            break
        number = members.bit_count()
        if skip >= number:
            skip -= number
            continue
        in_order = places(members)
        if descending:
            in_order.reverse()
        end = None if limit is None else skip + limit - len(found)
        found += [(block << BLOCK_BITS) + place for place in in_order[skip:end]]
        skip = 0
    return found


def count(connection: apsw.Connection, which: JobFilter) -> int:
    """Return how many jobs there are.

    Args:
        connection: the connection; it reads within one transaction.
        which: which jobs.
    """
    if which == JobFilter(states=which.states):
        counts = states(connection)
        return sum(counts[state] for state in (counts if which.states is None else which.states))
    return sum(members.bit_count() for _, members in _matching(connection, which, descending=True))


def states(connection: apsw.Connection) -> dict[JobState, int]:
    """Return how many jobs are in each state.

    Args:
        connection: the connection.
    """
    counts: dict[str, int] = dict(rows(connection, SQL.facets_of_kind, {"kind": "state"}))
    return {state: counts[state.value] for state in JobState}


@dataclass(frozen=True)
class _Conditions:
    """A filter, looked up: the jobs have one of the states, if any are named, and all the others."""

    states: tuple[int, ...]
    others: tuple[int, ...]
    after_us: int
    before_us: int


def _matching(connection: apsw.Connection, which: JobFilter, *, descending: bool) -> Iterator[tuple[int, int]]:
    """Yield blocks and which of their jobs match, block by block from the end that is asked for."""
    conditions = _look_up(connection, which)
    if conditions is None:
        return
    blocks = connection.execute(SQL.blocks_descending if descending else SQL.blocks_ascending)
    for block, first_us, last_us in blocks:
        if last_us <= conditions.after_us or first_us >= conditions.before_us:
            continue
        members = _members(connection, block, conditions)
        if members and not (conditions.after_us < first_us and last_us < conditions.before_us):
            members &= _created_between(connection, block, conditions)
        if members:
            yield block, members


def _look_up(connection: apsw.Connection, which: JobFilter) -> _Conditions | None:
    """Return the conditions; None where no job can match."""
    wanted = JobState if which.states is None else which.states
    alternatives = [found for state in wanted if (found := _facet(connection, ("state", state.value)))]
    required: list[Facet] = [("tag", tag) for tag in which.tags]
    if which.backend_name is not None:
        required.append(("backend", which.backend_name))
    if which.name is not None:
        required.append(("name", which.name))
    others = [_facet(connection, facet) for facet in required]
    if not alternatives or not all(others):
        return None
    if which.states is None and others:
        alternatives = []  # Each job has some state.
    return _Conditions(
        states=tuple(facet_id for _, facet_id in sorted(alternatives, reverse=True)),
        # The rarest first: what it leaves out needs no further look.
        others=tuple(facet_id for _, facet_id in sorted(found for found in others if found)),
        after_us=EARLIEST_US if which.created_after_us is None else which.created_after_us,
        before_us=LATEST_US if which.created_before_us is None else which.created_before_us,
    )


def _facet(connection: apsw.Connection, facet: Facet) -> tuple[int, int] | None:
    """Return how many jobs have a facet, and its number; None if none has."""
    if not is_unicode(facet[1]):
        return None  # as no store takes it
    found = row(connection, SQL.facet, {"kind": facet[0], "value": facet[1]})
    return (found[1], found[0]) if found and found[1] else None


def _members(connection: apsw.Connection, block: int, conditions: _Conditions) -> int:
    members = -1
    for facet_id in conditions.others:
        members &= _posting(connection, block, facet_id)
        if not members:
            return 0
    if not conditions.states:
        return members
    in_states = 0
    for facet_id in conditions.states:
        in_states |= _posting(connection, block, facet_id)
    return members & in_states


def _posting(connection: apsw.Connection, block: int, facet_id: int) -> int:
    found = row(connection, SQL.members, {"block": block, "facet_id": facet_id})
    return from_bytes(found[0]) if found else 0


def _created_between(connection: apsw.Connection, block: int, conditions: _Conditions) -> int:
    """Return which jobs of a block that lies partly in the time were submitted in it."""
    found = rows(
        connection,
        SQL.created_between,
        {
            "first": block << BLOCK_BITS,
            "after": (block + 1) << BLOCK_BITS,
            "after_us": conditions.after_us,
            "before_us": conditions.before_us,
        },
    )
    members = 0
    for (sequence,) in found:
        members |= 1 << sequence % BLOCK_SIZE
    return members
