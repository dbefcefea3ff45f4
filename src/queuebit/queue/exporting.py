"""Writing jobs into a file for another queue."""

import json
import os
import secrets
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from queuebit.queue.archived_record import archived_fields
from queuebit.queue.exchange import (
    FORMAT,
    HEAD,
    VERSION,
    ExchangeError,
    array_member,
    circuit_member,
    job_member,
    result_member,
)
from queuebit.store.records import JobRecord
from queuebit.store.store import JobStore


def export_jobs(store: JobStore, path: Path, records: Sequence[JobRecord]) -> int:
    """Write jobs into a new file.

    Args:
        store: the store that they are in.
        path: the file.
        records: the jobs; one that is given twice is written once.

    Returns:
        How many.

    Raises:
        FileExistsError: if the file is there.
        ExchangeError: if a job isn't final.
        OSError: if the file can't be written; then none is left.
    """
    distinct = {record.job_id: record for record in records}
    for record in distinct.values():
        _require_final(record)
    if path.exists():
        raise FileExistsError(f"{path} is there already; give the name of a new file, or delete that one")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            _write(file, store, list(distinct.values()))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(distinct)


def _require_final(record: JobRecord) -> None:
    if not record.is_final:
        raise ExchangeError(
            f"job {record.job_id} is {record.state.name} and can't be exported: it would run here and there; wait for "
            "it, or cancel it"
        )


def _write(file: BinaryIO, store: JobStore, records: Sequence[JobRecord]) -> None:
    head = {"format": FORMAT, "version": VERSION, "jobs": [record.job_id for record in records]}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(HEAD, json.dumps(head))
        written: set[str] = set()
        for record in records:
            _write_job(archive, store, record, written)


def _write_job(archive: zipfile.ZipFile, store: JobStore, record: JobRecord, written: set[str]) -> None:
    job_id = record.job_id
    results = store.results(job_id)
    digests = [_write_circuit(archive, data, written) for data in store.circuits(job_id)]
    fields = archived_fields(record, store.events(job_id), store.logs(job_id), digests, results, store.parts(job_id))
    archive.writestr(job_member(job_id), json.dumps(fields))
    for result in results:
        archive.writestr(result_member(job_id, result.index, result.shots), result.content)
        for name in result.files:
            archive.write(store.files / name, array_member(name))


def _write_circuit(archive: zipfile.ZipFile, data: bytes, written: set[str]) -> str:
    digest = sha256(data).hexdigest()
    if digest not in written:
        written.add(digest)
        archive.writestr(circuit_member(digest), data)
    return digest
