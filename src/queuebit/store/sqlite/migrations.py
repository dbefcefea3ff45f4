"""The versions of the schema: each is a file ``schema/NNNN_*.sql`` that makes it from the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from queuebit.store.exceptions import StoreUnusableError
from queuebit.store.failpoints import failpoint
from queuebit.store.sqlite.named_queries import sql_files

APPLICATION_ID = 0x51426974
"""Marks the file as ours, in its header: the letters QBit. ``file`` and SQLite know where to look."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        version: the version that it makes.
        script: the statements.
    """

    version: int
    script: str


def read_migrations() -> tuple[Migration, ...]:
    """Return the steps that this release knows, in order.

    Raises:
        ValueError: if a number is missing between them.
    """
    steps = tuple(Migration(version=int(name[:4]), script=text) for name, text in sql_files("schema"))
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"the versions in schema/ are {[step.version for step in steps]}; they must count up from 1")
    return steps


MIGRATIONS = read_migrations()


def newest(migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Return the newest version that is known.

    Args:
        migrations: the steps that are known.
    """
    return migrations[-1].version


def migrate(connection: apsw.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database to the newest version, in one transaction a step.

    Args:
        connection: a connection to it, with no transaction begun.
        path: the database, for errors.
        migrations: the steps that are known.

    Raises:
        StoreUnusableError: if it has a version that isn't known, or isn't ours.
    """
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Here, in the transaction: another process may have come first.
            version = verified_version(connection, path, migrations)
            if version < newest(migrations):
                _take_step(connection, migrations[version])
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if version + 1 >= newest(migrations):
            return


def verified_version(connection: apsw.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Return the version of a database that is ours or empty; 0 for an empty one.

    Args:
        connection: a connection to it, in a transaction.
        path: the database, for errors.
        migrations: the steps that are known.

    Raises:
        StoreUnusableError: if it is somebody else's, or has a version that isn't known.
    """
    application_id, version = connection.pragma("application_id"), connection.pragma("user_version")
    if application_id == 0 and version == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchall():
        return 0
    refuse_stranger(path, application_id)
    refuse_newer(path, version, migrations)
    return int(version)


def refuse_stranger(path: Path, application_id: int) -> None:
    """Refuse a database of another program.

    Args:
        path: the database.
        application_id: what its header says.

    Raises:
        StoreUnusableError: if it isn't ours.
    """
    if application_id != APPLICATION_ID:
        raise StoreUnusableError(
            f"{path} is a database of another program, not a queuebit store; it was left as it is. Give another path"
        )


def refuse_newer(path: Path, version: int, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Refuse a database whose version isn't known.

    Args:
        path: the database.
        version: what its header says.
        migrations: the steps that are known.

    Raises:
        StoreUnusableError: if it is newer.
    """
    if version > newest(migrations):
        raise StoreUnusableError(
            f"the store {path} has version {version} and comes from a newer queuebit; this release knows versions up "
            f"to {newest(migrations)}, and left it as it is. Upgrade queuebit, or give another path"
        )


def _take_step(connection: apsw.Connection, step: Migration) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(step.script)
    connection.execute(f"PRAGMA user_version = {step.version}")
    failpoint("migrate.before_commit")
