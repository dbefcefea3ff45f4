"""A lock on a folder: several may hold it together, or one alone.

The system lets go of it when the process ends, however it ends.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def held_together(folder: Path) -> Iterator[None]:
    """Hold the lock together with whoever else holds it so; wait for one who holds it alone.

    Args:
        folder: the folder.
    """
    # Here and below, because there is no such module on Windows, where nothing else of the store needs one.
    import fcntl

    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def held_alone(folder: Path) -> Iterator[bool]:
    """Hold the lock alone if nobody else holds it, and tell whether that is so.

    Args:
        folder: the folder.
    """
    import fcntl

    with _opened(folder) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        # Not by closing alone: a process that was forked meanwhile has it open, too.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
