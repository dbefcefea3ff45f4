"""The SQL, by name: it stands in ``queries/*.sql``, and is read once."""

import re
from collections.abc import Iterator
from importlib.resources import files

_PACKAGE = "queuebit.store.sqlite"
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class NamedQueries:
    """Queries as attributes.

    Example:
        >>> SQL.delete_worker
        'DELETE FROM workers WHERE worker_id = :worker_id;'
    """

    def __init__(self, texts: Iterator[str]) -> None:
        """Read queries.

        Args:
            texts: contents of ``.sql`` files: each query stands below a line ``-- name: its_name``.

        Raises:
            ValueError: if two have one name.
        """
        for text in texts:
            _, *parts = _NAME.split(text)
            for name, query in zip(parts[::2], parts[1::2], strict=True):
                if name in vars(self):
                    raise ValueError(f"two queries have the name {name}")
                setattr(self, name, query.strip())

    def __getattr__(self, name: str) -> str:
        """Refuse a name that no query has.

        Args:
            name: the name.

        Raises:
            AttributeError: always; the queries are ordinary attributes, which are found before this is asked.
        """
        raise AttributeError(f"there is no query {name!r}")


def sql_files(folder: str) -> Iterator[tuple[str, str]]:
    """Return the names and texts of the SQL files that the package carries.

    Args:
        folder: ``queries`` or ``schema``.

    Returns:
        They are in the order of their names.
    """
    entries = sorted((files(_PACKAGE) / folder).iterdir(), key=lambda entry: entry.name)
    return ((entry.name, entry.read_text("utf-8")) for entry in entries if entry.name.endswith(".sql"))


SQL = NamedQueries(text for _, text in sql_files("queries"))
