"""What jobs are listed by, and how the index of it is kept: which jobs have which state, backend, name and tag.

The index has a set of jobs for each facet and each block of jobs, so any combination of conditions is an intersection
of sets, and any page of any list is found by counting bits. A change touches a row or two; see
``docs/decisions/0011-the-store.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import apsw

from queuebit.store.sqlite.bit_sets import BLOCK_BITS, BLOCK_SIZE, from_bytes, to_bytes
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.statements import row, rows

Facet = tuple[str, str]
"""A kind (``state``, ``backend``, ``name`` or ``tag``) and a value."""


def job_facets(state: str, backend_name: str, name: str, tags: Iterable[str]) -> set[Facet]:
    """Return all facets of a job.

    Args:
        state: its state.
        backend_name: its backend's name.
        name: its name.
        tags: its tags.
    """
    return {("state", state), ("backend", backend_name), ("name", name), *(("tag", tag) for tag in tags)}


@dataclass
class Change:
    """Which jobs of a block begin and cease to have a facet."""

    added: int = 0
    removed: int = 0

    def add(self, bit: int) -> None:
        """Note that a job begins to have it."""
        if self.removed & bit:
            self.removed ^= bit
        else:
            self.added |= bit

    def remove(self, bit: int) -> None:
        """Note that a job ceases to have it."""
        if self.added & bit:
            self.added ^= bit
        else:
            self.removed |= bit


@dataclass
class FacetChanges:
    """What a transaction changes in the index; it is written once, at its end."""

    _changes: dict[tuple[int, Facet], Change] = field(default_factory=dict)
    _created: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, sequence: int, facets: Iterable[Facet]) -> None:
        """Note that a job has facets now.

        Args:
            sequence: the job's.
            facets: what it hasn't had before.
        """
        for facet in facets:
            self._change(sequence, facet).add(1 << sequence % BLOCK_SIZE)

    def remove(self, sequence: int, facets: Iterable[Facet]) -> None:
        """Note that a job doesn't have facets any more.

        Args:
            sequence: the job's.
            facets: what it has had before.
        """
        for facet in facets:
            self._change(sequence, facet).remove(1 << sequence % BLOCK_SIZE)

    def created(self, sequence: int, created_us: int) -> None:
        """Note when a new job was submitted.

        Args:
            sequence: the job's.
            created_us: the time.
        """
        block = sequence >> BLOCK_BITS
        first, last = self._created.get(block, (created_us, created_us))
        self._created[block] = min(first, created_us), max(last, created_us)

    def write(self, connection: apsw.Connection) -> None:
        """Write the changes, and forget them.

        Args:
            connection: the connection; its transaction has begun.
        """
        for block, (first, last) in self._created.items():
            connection.execute(SQL.widen_block, {"block": block, "first_us": first, "last_us": last})
        emptied = set()
        for facet, blocks in self._by_facet().items():
            emptied |= _write_facet(connection, facet, blocks)
        for block in emptied:
            connection.execute(SQL.delete_empty_block, {"block": block})
        self._changes.clear()
        self._created.clear()

    def _change(self, sequence: int, facet: Facet) -> Change:
        return self._changes.setdefault((sequence >> BLOCK_BITS, facet), Change())

    def _by_facet(self) -> dict[Facet, list[tuple[int, Change]]]:
        found: dict[Facet, list[tuple[int, Change]]] = {}
        for (block, facet), change in self._changes.items():
            if change.added or change.removed:
                found.setdefault(facet, []).append((block, change))
        return found


def _write_facet(connection: apsw.Connection, facet: Facet, blocks: list[tuple[int, Change]]) -> set[int]:
    """Write the changes of one facet; returns the blocks in which nothing has it any more."""
    difference = sum(change.added.bit_count() - change.removed.bit_count() for _, change in blocks)
    kind, value = facet
    (counted,) = rows(connection, SQL.count_facet, {"kind": kind, "value": value, "change": difference})
    facet_id, jobs = counted
    emptied = {block for block, change in blocks if not _write_members(connection, block, facet_id, change)}
    if jobs == 0 and kind != "state":
        connection.execute(SQL.delete_facet, {"facet_id": facet_id})
    return emptied


def _write_members(connection: apsw.Connection, block: int, facet_id: int, change: Change) -> bool:
    place = {"block": block, "facet_id": facet_id}
    stored = row(connection, SQL.members, place)
    members = (from_bytes(stored[0]) if stored else 0) & ~change.removed | change.added
    if members:
        connection.execute(SQL.put_members, {**place, "members": to_bytes(members)})
    else:
        connection.execute(SQL.delete_members, place)
    return bool(members)
