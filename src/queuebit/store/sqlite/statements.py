"""Running a statement and reading what it returns, to the end: a row that isn't read would hold up a commit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import apsw

Bindings = Mapping[str, Any]
NONE: Bindings = MappingProxyType({})
Row = tuple[Any, ...]


def rows(connection: apsw.Connection, query: str, bindings: Bindings = NONE) -> list[Row]:
    """Return all rows of a statement.

    Args:
        connection: where it runs.
        query: the statement.
        bindings: its parameters.
    """
    return connection.execute(query, bindings).fetchall()


def row(connection: apsw.Connection, query: str, bindings: Bindings = NONE) -> Row | None:
    """Return the first row of a statement, or None if it has none.

    Args:
        connection: where it runs.
        query: the statement.
        bindings: its parameters.
    """
    found = connection.execute(query, bindings).fetchall()
    return found[0] if found else None
