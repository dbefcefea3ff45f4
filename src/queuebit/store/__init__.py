"""Where durable jobs are: records of them, the table of their states, and the stores. Nothing here needs Qiskit.

``open_store(path)`` is the way in. :class:`JobStore` is the contract; ``queuebit.testing.StoreContract`` checks it.
"""

from pathlib import Path

from queuebit.store.exceptions import (
    InvalidTransitionError,
    LostClaimError,
    StoreCorruptError,
    StoreError,
    StoreUnusableError,
    UnknownJobError,
    UnstorableError,
)
from queuebit.store.memory import MemoryStore
from queuebit.store.records import (
    ArchivedJob,
    Claim,
    EventRecord,
    JobFilter,
    JobRecord,
    Json,
    Limits,
    NewJob,
    Part,
    ShotRange,
    StoredResult,
    Usage,
    WorkerRecord,
)
from queuebit.store.states import FINAL_STATES, JobEvent, JobState
from queuebit.store.store import JobStore

__all__ = [
    "FINAL_STATES",
    "ArchivedJob",
    "Claim",
    "EventRecord",
    "InvalidTransitionError",
    "JobEvent",
    "JobFilter",
    "JobRecord",
    "JobState",
    "JobStore",
    "Json",
    "Limits",
    "LostClaimError",
    "MemoryStore",
    "NewJob",
    "Part",
    "ShotRange",
    "StoreCorruptError",
    "StoreError",
    "StoreUnusableError",
    "StoredResult",
    "UnknownJobError",
    "UnstorableError",
    "Usage",
    "WorkerRecord",
    "open_store",
]


def open_store(path: str | Path) -> JobStore:
    """Open the store in a file; a file that isn't there yet is made.

    Args:
        path: the database. Its array files are in the folder ``PATH.files``.

    Raises:
        StoreUnusableError: if it can't be used: it is a folder or no database, belongs to another program, comes from a
            newer version, can't be written, lies on a network file system, or its folder isn't there.
        StoreCorruptError: if it is damaged.
    """
    # Here, because whoever only handles records needs no SQLite.
    from queuebit.store.sqlite import SQLiteStore

    return SQLiteStore(path)
