"""Reading the jobs that another queue has exported: all of them, or none."""

import contextlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from queuebit.codec.array_files import sync_folder
from queuebit.queue.archived_record import archived_job
from queuebit.queue.exchange import (
    FORMAT,
    HEAD,
    READABLE_VERSIONS,
    VERSION,
    Conflicts,
    ExchangeError,
    array_member,
    circuit_member,
    job_member,
    result_member,
)
from queuebit.store.array_files import bringing_files, delete_files, owner
from queuebit.store.exceptions import UnknownJobError
from queuebit.store.records import ArchivedJob, JobRecord, ShotRange, StoredResult
from queuebit.store.store import JobStore

# Copied at a time.
_BLOCK_BYTES = 1 << 20


def import_jobs(store: JobStore, path: Path, conflicts: Conflicts) -> list[JobRecord]:
    """Take in the jobs of a file, all or none.

    Args:
        store: where they go.
        path: the file.
        conflicts: whether jobs that are in the store already are an error, or left out.

    Returns:
        The jobs that were taken in.

    Raises:
        ValueError: if ``conflicts`` is something else.
        FileNotFoundError: if there is no such file.
        ExchangeError: if it can't be imported; then nothing is.
        StoreError: if the store can't take them; then nothing is imported.
    """
    if conflicts not in ("refuse", "skip"):
        raise ValueError(f"conflicts must be 'refuse' or 'skip', got {conflicts!r}")
    with _reading(path), zipfile.ZipFile(path) as archive:
        job_ids = _job_ids(archive, path)
        here = {job_id for job_id in job_ids if _has(store, job_id)}
        if here and conflicts == "refuse":
            raise ExchangeError(
                f"{len(here)} of the {len(job_ids)} jobs in {path} are in this queue already, one is {min(here)}. "
                "Nothing has been imported; say conflicts='skip' to import the others."
            )
        jobs = [_job(archive, job_id) for job_id in job_ids if job_id not in here]
        return _take_in(store, archive, jobs)


def _has(store: JobStore, job_id: str) -> bool:
    try:
        store.get(job_id)
    except UnknownJobError:
        return False
    return True


def _take_in(store: JobStore, archive: zipfile.ZipFile, jobs: Sequence[ArchivedJob]) -> list[JobRecord]:
    names = [name for job in jobs for result in job.results for name in result.files]
    try:
        with bringing_files(store.files):
            for name in names:
                _extract(archive, name, store.files)
            sync_folder(store.files)
            return store.restore(jobs)
    except BaseException:
        # Where somebody else has imported the same job meanwhile, these are its files.
        mine = {job.record.job_id: job for job in jobs if not _has(store, job.record.job_id)}
        delete_files(store.files, [name for job in mine.values() for result in job.results for name in result.files])
        raise


def _job_ids(archive: zipfile.ZipFile, path: Path) -> list[str]:
    head = json.loads(archive.read(HEAD)) if HEAD in archive.namelist() else None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ExchangeError(f"{path} is a zip file, but no jobs that a queue has exported are in it")
    if head.get("version") not in READABLE_VERSIONS:
        raise ExchangeError(
            f"{path} has version {head.get('version')!r} of the format, this queuebit reads versions up to {VERSION}; "
            "upgrade queuebit"
        )
    return [str(job_id) for job_id in head["jobs"]]


def _job(archive: zipfile.ZipFile, job_id: str) -> ArchivedJob:
    fields = json.loads(archive.read(job_member(job_id)))
    circuits = tuple(_circuit(archive, str(digest)) for digest in fields["circuits"])
    results = [_result(archive, job_id, result) for result in fields["results"]]
    job = archived_job(fields, circuits, results)
    if job.record.job_id != job_id:
        raise ValueError(f"the job {job_id} calls itself {job.record.job_id}")
    return job


def _result(archive: zipfile.ZipFile, job_id: str, fields: dict[str, Any]) -> StoredResult:
    index, shots = int(fields["index"]), ShotRange(*map(int, fields["shots"])) if fields.get("shots") else None
    return StoredResult(
        index=index,
        content=archive.read(result_member(job_id, index, shots)),
        files=tuple(_checked_name(str(name), job_id) for name in fields["files"]),
        shots=shots,
    )


def _circuit(archive: zipfile.ZipFile, digest: str) -> bytes:
    data = archive.read(circuit_member(digest))
    if sha256(data).hexdigest() != digest:
        raise ValueError(f"the circuit {digest} isn't the one that its name says")
    return data


def _checked_name(name: str, job_id: str) -> str:
    """Return the name of a file that belongs to a job; any other could take the place of somebody's file."""
    known = owner(name)
    if Path(name).name != name or known is None or known[0] != job_id or not name.startswith(job_id):
        raise ValueError(f"the job {job_id} has a file with the name {name!r}, which isn't one of its own")
    return name


def _extract(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    temporary = folder / f"{name}.{secrets.token_hex(4)}.tmp"
    try:
        with archive.open(array_member(name)) as source, temporary.open("xb") as target:
            while block := source.read(_BLOCK_BYTES):
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(folder / name)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of whatever can be wrong with a file that it is that file, and that nothing has been imported."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise ExchangeError(
            f"{path} can't be imported: it is no file of exported jobs, or it is damaged: {error}. Nothing has been "
            "imported."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error, NotImplementedError) as error:
        raise ExchangeError(
            f"{path} can't be imported, it is damaged: {type(error).__name__}: {error}. Nothing has been imported."
        ) from error
