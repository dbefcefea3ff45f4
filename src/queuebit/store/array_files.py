"""The folder of array files beside a store: what is in it, what belongs to no result, and how it is cleared.

A file is written before the result that names it is committed, and deleted after the commit that lets go of it. So
a file that no result names is either being written now, or was left by a process that died: an orphan. Which of the two
it is, its name tells: it begins with the job's id and the attempt (:func:`stem`). Files of a job that isn't there yet
are written only by who brings jobs from elsewhere, and who does says so (:func:`bringing_files`).
"""

import contextlib
import math
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from queuebit.store.exceptions import UnknownJobError
from queuebit.store.failpoints import failpoint
from queuebit.store.folder_lock import held_alone, held_together
from queuebit.store.records import JobRecord
from queuebit.store.states import JobState
from queuebit.store.store import JobStore

_OWNER = re.compile(r"(?P<job_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(?P<attempt>\d+))?")


def files_folder(path: Path) -> Path:
    """Return where the array files of a store are.

    Args:
        path: the store's database.
    """
    return path.with_name(f"{path.name}.files")


def stem(job_id: str, attempt: int) -> str:
    """Return what the names of all files of a run begin with.

    Args:
        job_id: the job.
        attempt: which of its attempts writes them.

    Example:
        >>> stem("6f1a3c52-4a4b-4f0e-9d5e-2b6f0d1c7a11", 2)
        '6f1a3c52-4a4b-4f0e-9d5e-2b6f0d1c7a11-2'
    """
    return f"{job_id}-{attempt}"


def owner(name: str) -> tuple[str, int] | None:
    """Return the job and the attempt that a file's name tells; None for a name that tells none.

    Args:
        name: a file's name. What a temporary name puts before or after doesn't matter.
    """
    found = _OWNER.search(name)
    return (found["job_id"], int(found["attempt"] or 0)) if found else None


def orphans(store: JobStore) -> list[Path]:
    """Return the files that no result names and that nobody is writing.

    Args:
        store: the store; it may be in use.
    """
    with held_alone(store.files) as nobody_brings_any:
        return _orphans(store, of_unknown_jobs=nobody_brings_any)


def collect_orphans(store: JobStore) -> list[Path]:
    """Delete the orphans and return what they were.

    Args:
        store: the store; it may be in use.
    """
    # While they are deleted, nobody may bring files of the same names.
    with held_alone(store.files) as nobody_brings_any:
        found = _orphans(store, of_unknown_jobs=nobody_brings_any)
        delete_files(store.files, [path.name for path in found])
    return found


def bringing_files(folder: Path) -> AbstractContextManager[None]:
    """Keep files of jobs that aren't there yet from being taken for orphans, until the jobs are committed.

    Args:
        folder: the folder of array files.
    """
    return held_together(folder)


def defect(path: Path) -> str | None:
    """Return what is wrong with an array file; None for one that can be read.

    Args:
        path: the file.
    """
    try:
        with path.open("rb") as file:
            expected_bytes = _length(file)
        found_bytes = path.stat().st_size
    except FileNotFoundError:
        return "it isn't there"
    except (OSError, ValueError, EOFError) as error:
        return f"it is no array file: {error}"
    if found_bytes == expected_bytes:
        return None
    return f"it has {found_bytes} bytes instead of {expected_bytes}"


def delete_files(folder: Path, names: Iterable[str]) -> None:
    """Delete files that no result names any more.

    One that can't be deleted now is left as an orphan, which ``queuebit doctor`` finds: the commit that let go of it
    has been made, so there is no error to raise.

    Args:
        folder: where they are.
        names: their names.
    """
    for name in names:
        failpoint("files.before_delete")
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def _length(file: BinaryIO) -> int:
    """Return the length in bytes that the header of a ``.npy`` file promises."""
    # Here, because only the doctor looks into files, and NumPy takes a tenth of a second.
    from numpy.lib import format as npy

    read_header = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    return file.tell() + math.prod(shape) * int(dtype.itemsize)


def _orphans(store: JobStore, *, of_unknown_jobs: bool) -> list[Path]:
    # The folder is read first: a file that is committed after this is named by a result when the job is looked up.
    names = sorted(path.name for path in store.files.iterdir() if path.is_file())
    by_job: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if (known := owner(name)) is not None:
            by_job.setdefault(known[0], []).append((known[1], name))
    found = (_orphans_of(store, job_id, files, of_unknown_jobs) for job_id, files in by_job.items())
    return [store.files / name for names_of_job in found for name in names_of_job]


def _orphans_of(store: JobStore, job_id: str, files: list[tuple[int, str]], of_unknown_jobs: bool) -> list[str]:
    try:
        job = store.get(job_id)
        named = {name for result in store.results(job_id) for name in result.files}
    except UnknownJobError:
        return [name for _, name in files] if of_unknown_jobs else []
    return [name for attempt, name in files if name not in named and not _is_written_by(job, attempt)]


def _is_written_by(job: JobRecord, attempt: int) -> bool:
    return job.state is JobState.RUNNING and attempt >= job.attempt
