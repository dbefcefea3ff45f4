"""The store in one SQLite file."""

from queuebit.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
