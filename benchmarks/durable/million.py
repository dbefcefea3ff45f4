"""A store of a million finished jobs, made in a minute: a few real jobs, and copies of their rows."""

import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import apsw
import psutil

from benchmarks.circuits import bell, measured
from benchmarks.durable.served import RESULT_S, SHOTS, end, fresh_folder
from queuebit import JobQueue
from queuebit.queue import QueueJob
from queuebit.store.sqlite.connecting import connect
from queuebit.store.sqlite.index_repair import rebuild
from queuebit.store.sqlite.rows import PART_BITS
from queuebit.store.sqlite.statements import rows

JOBS = 1_000_000

BACKENDS = ("basic_simulator", "qasm_simulator")
NAMES = tuple(f"sweep {number}" for number in range(16))
TAGS = ("calibration", "night", "draft", "paper")

_REAL_JOBS = 128
_CANCELLED_OF = 16
_APART_US = 1_000_000

_PARTS = ("job_circuits", "results", "events")
_TIMES = ("created_us", "started_us", "finished_us", "time_us")


@cache
def million_jobs() -> Path:
    """Return the path of the store, made once for a run. Each job was submitted a second after the one before."""
    path = fresh_folder() / "million.db"
    originals = [job.job_id() for job in _real_jobs(path)]
    connection = connect(path)
    try:
        _copy_all(connection)
    finally:
        connection.close()
    with JobQueue(path, start_worker=False) as queue:
        for job_id in originals:
            queue.delete_job(job_id)
    return path


def bytes_per_job() -> float:
    """Return how large the store is, for each of its jobs, in KB."""
    path = million_jobs()
    files = [path, path.with_name(f"{path.name}-wal")]
    return sum(file.stat().st_size for file in files if file.exists()) / 1000 / JOBS


def _real_jobs(path: Path) -> list[QueueJob]:
    """Run jobs of all kinds, of which some are cancelled before."""
    with JobQueue(path, start_worker=False) as queue:
        backends = [queue.get_backend(name) for name in BACKENDS]
        circuit = measured(bell())
        jobs = queue.run_many(
            backends[number % 4 == 3].prepare(
                circuit,
                shots=SHOTS,
                name=NAMES[number % len(NAMES)],
                tags=[tag for place, tag in enumerate(TAGS) if number >> place & 1],
            )
            for number in range(_REAL_JOBS)
        )
        queue.cancel_jobs(jobs[::_CANCELLED_OF])
    with JobQueue(path) as queue:
        found = queue.jobs(limit=None)
        for job in found:
            job.wait_for_final_state(RESULT_S)
        for worker in queue.store.workers():
            end(psutil.Process(worker.pid))
    return found


def _copy_all(connection: apsw.Connection) -> None:
    # Nobody needs this file if the machine stops now.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "CREATE TEMP TABLE copies (sequence INTEGER PRIMARY KEY, original INTEGER, id TEXT, later INTEGER)"
    )
    connection.executemany("INSERT INTO copies VALUES (?, ?, ?, ?)", _copies(connection))
    _copy_jobs(connection)
    for table in _PARTS:
        _copy_parts(connection, table)
    rebuild(connection)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")


def _copies(connection: apsw.Connection) -> Iterator[tuple[int, int, str, int]]:
    """Yield the sequence, the original's sequence, the id, and how much later it was, of each copy."""
    jobs = list(rows(connection, "SELECT sequence, created_us FROM jobs ORDER BY sequence"))
    originals, first_us = [sequence for sequence, _ in jobs], min(created_us for _, created_us in jobs)
    begin_us = time.time_ns() // 1000 - JOBS * _APART_US - first_us
    for number in range(JOBS):
        original = originals[number % len(originals)]
        yield originals[-1] + 1 + number, original, str(uuid.uuid4()), begin_us + number * _APART_US


def _copy_jobs(connection: apsw.Connection) -> None:
    changed = {"sequence": "copies.sequence", "job_id": "copies.id", **{name: f"{name} + later" for name in _TIMES}}
    columns = _columns(connection, "jobs")
    values = ", ".join(changed.get(name, f"jobs.{name}") for name in columns)
    connection.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) SELECT {values} FROM copies CROSS JOIN jobs "
        "ON jobs.sequence = copies.original ORDER BY copies.sequence"
    )


def _copy_parts(connection: apsw.Connection, table: str) -> None:
    place = f"(part_id & {(1 << PART_BITS) - 1})"
    changed = {
        "part_id": f"(copies.sequence << {PART_BITS}) | {place}",
        **{name: f"{name} + later" for name in _TIMES},
    }
    columns = _columns(connection, table)
    values = ", ".join(changed.get(name, f"{table}.{name}") for name in columns)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copies CROSS JOIN {table} "
        f"ON part_id >= copies.original << {PART_BITS} AND part_id < (copies.original + 1) << {PART_BITS} "
        "ORDER BY copies.sequence"
    )


def _columns(connection: apsw.Connection, table: str) -> list[str]:
    return [str(name) for _, name, *_ in rows(connection, f"PRAGMA table_info({table})")]
