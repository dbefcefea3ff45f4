"""Examining a store for what can go wrong with it, and mending what can be mended.

for finding in examine("lab.db"):
    print(finding.message, finding.cure)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import apsw

from queuebit.store.array_files import collect_orphans, defect, files_folder, orphans, owner
from queuebit.store.exceptions import StoreCorruptError, StoreError
from queuebit.store.json_text import tags_from_text
from queuebit.store.records import JobFilter, JobRecord, WorkerRecord
from queuebit.store.sqlite.index_repair import counts_are_right, rebuild, wrong_blocks
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.plan_repair import count_without_job, delete_without_job, join, wrong_plans
from queuebit.store.sqlite.statements import rows
from queuebit.store.sqlite.store import SQLiteStore
from queuebit.store.states import JobState

IsAlive = Callable[[WorkerRecord], bool]


class FindingKind(StrEnum):
    """What can be wrong with a store."""

    UNUSABLE = "unusable"  # it can't be opened as a store
    DAMAGED = "damaged"  # SQLite finds the database inconsistent
    WRONG_INDEX = "wrong_index"  # lists wouldn't show what is there
    ORPHAN_FILE = "orphan_file"  # an array file that no result names
    STRANGE_FILE = "strange_file"  # something in the folder of files that isn't ours
    BAD_FILE = "bad_file"  # an array file of a result is missing or cut off
    DEAD_CLAIM = "dead_claim"  # a RUNNING job whose worker is dead
    UNUSED_CIRCUITS = "unused_circuits"  # circuits that no job has
    UNUSED_PARTS = "unused_parts"  # plans, or results of shots, that no job has
    LOST_PLAN = "lost_plan"  # a job that can do without the plan by which it was cut, and has to
    BAD_PLAN = "bad_plan"  # a job that can't


MENDED = {
    FindingKind.WRONG_INDEX: "it will be made anew from the jobs",
    FindingKind.ORPHAN_FILE: "it will be deleted",
    FindingKind.DEAD_CLAIM: "the job will be queued again, or given up if its workers have died too often",
    FindingKind.UNUSED_CIRCUITS: "they will be deleted",
    FindingKind.UNUSED_PARTS: "they will be deleted",
    FindingKind.LOST_PLAN: "the job will be one in one part; results of single shots that it has are deleted",
}
"""What :func:`mend` does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        store: the store's database.
        kind: what sort of thing it is.
        subject: what it is about: a job's id, a worker's, a file's name, or the database.
        message: what is wrong.
        cure: what will be done about it, or what to do by hand.
    """

    store: Path
    kind: FindingKind
    subject: str
    message: str
    cure: str

    @property
    def can_be_mended(self) -> bool:
        """Whether :func:`mend` does something about it."""
        return self.kind in MENDED


def examine(path: str | Path, is_alive: IsAlive | None = None) -> list[Finding]:
    """Return all that is wrong with a store; nothing is changed. It may be in use.

    Args:
        path: the database.
        is_alive: whether a registered worker lives; None leaves the question open.
    """
    database = Path(path).expanduser().resolve()
    if not database.exists():
        return [_unusable(database, f"there is no store {database}")]
    try:
        store = SQLiteStore(database)
    except StoreCorruptError as error:
        return [_damaged(database, str(error))]
    except StoreError as error:
        return [_unusable(database, str(error))]
    try:
        return _examine(store, is_alive)
    except StoreCorruptError as error:
        return [_damaged(database, str(error))]
    finally:
        store.close()


def mend(findings: Iterable[Finding]) -> list[Finding]:
    """Mend what can be mended, and return that.

    Args:
        findings: what :func:`examine` has returned, of any number of stores.

    Raises:
        StoreError: if a store can't be written.
    """
    mendable = sorted((finding for finding in findings if finding.can_be_mended), key=lambda found: str(found.store))
    for path, of_store in groupby(mendable, key=lambda found: found.store):
        store = SQLiteStore(path)
        try:
            _mend(store, list(of_store))
        finally:
            store.close()
    return mendable


def _examine(store: SQLiteStore, is_alive: IsAlive | None) -> list[Finding]:
    with store.snapshot() as connection:
        damages = _damages(store, connection)
        if damages:
            return damages
        looks = (_index, _unused_circuits, _unused_parts, _wrong_plans, _bad_files)
        found = [finding for look in looks for finding in look(store, connection)]
    return [*found, *_files(store), *_dead_claims(store, is_alive)]


def _damages(store: SQLiteStore, connection: apsw.Connection) -> list[Finding]:
    problems = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
    return [_damaged(store.path, problem) for problem in problems]


def _index(store: SQLiteStore, connection: apsw.Connection) -> Iterator[Finding]:
    wrong = wrong_blocks(connection)
    if wrong or not counts_are_right(connection):
        message = f"the index of jobs doesn't say what the jobs do (blocks {wrong})"
        yield _finding(store, FindingKind.WRONG_INDEX, store.path.name, message)


def _unused_circuits(store: SQLiteStore, connection: apsw.Connection) -> Iterator[Finding]:
    ((number,),) = rows(connection, SQL.circuits_without_user)
    if number:
        yield _finding(store, FindingKind.UNUSED_CIRCUITS, store.path.name, f"{number} circuits belong to no job")


def _unused_parts(store: SQLiteStore, connection: apsw.Connection) -> Iterator[Finding]:
    num_plans, num_results = count_without_job(connection)
    if num_plans or num_results:
        message = f"{num_plans} plans of parts and {num_results} results of shots belong to no job"
        yield _finding(store, FindingKind.UNUSED_PARTS, store.path.name, message)


def _wrong_plans(store: SQLiteStore, connection: apsw.Connection) -> Iterator[Finding]:
    for wrong in wrong_plans(connection):
        if wrong.can_be_joined:
            yield _finding(store, FindingKind.LOST_PLAN, wrong.job_id, wrong.what)
        else:
            yield Finding(
                store=store.path,
                kind=FindingKind.BAD_PLAN,
                subject=wrong.job_id,
                message=wrong.what,
                cure="restore a backup; without one, cancel the job if it runs, and submit its circuits again",
            )


def _bad_files(store: SQLiteStore, connection: apsw.Connection) -> Iterator[Finding]:
    for job_id, files in rows(connection, SQL.files_of_results):
        for name in tags_from_text(files):
            what = defect(store.files / name)
            if what is not None:
                yield Finding(
                    store=store.path,
                    kind=FindingKind.BAD_FILE,
                    subject=name,
                    message=f"the array file {name} of job {job_id} can't be read: {what}",
                    cure=f"restore it from a backup, or run the job again: queuebit rerun {job_id}",
                )


def _files(store: SQLiteStore) -> Iterator[Finding]:
    for path in orphans(store):
        message = f"the array file {path.name} belongs to no result"
        yield _finding(store, FindingKind.ORPHAN_FILE, path.name, message)
    for path in sorted(store.files.iterdir()):
        if owner(path.name) is None:
            yield Finding(
                store=store.path,
                kind=FindingKind.STRANGE_FILE,
                subject=path.name,
                message=f"{path.name} in {store.files} isn't queuebit's",
                cure="look at it, and take it away if you don't need it",
            )


def _dead_claims(store: SQLiteStore, is_alive: IsAlive | None) -> Iterator[Finding]:
    workers = {worker.worker_id: worker for worker in store.workers()}
    for job in store.jobs(JobFilter(states=frozenset({JobState.RUNNING})), limit=None, descending=False):
        worker = workers.get(str(job.worker_id))
        if worker is None or (is_alive is not None and not is_alive(worker)):
            yield _dead_claim(store, job, worker)


def _dead_claim(store: SQLiteStore, job: JobRecord, worker: WorkerRecord | None) -> Finding:
    which = "isn't registered" if worker is None else f"(process {worker.pid}) is dead"
    message = f"job {job.job_id} is running, but its worker {job.worker_id} {which}"
    return _finding(store, FindingKind.DEAD_CLAIM, str(job.worker_id), message)


def _mend(store: SQLiteStore, findings: list[Finding]) -> None:
    kinds = {finding.kind for finding in findings}
    if FindingKind.WRONG_INDEX in kinds:
        store.maintain("mend_index", lambda transaction: rebuild(transaction.connection))
    if FindingKind.UNUSED_CIRCUITS in kinds:
        store.maintain("mend_circuits", lambda transaction: transaction.run(SQL.delete_circuits_without_user))
    if FindingKind.UNUSED_PARTS in kinds:
        store.maintain("mend_parts", delete_without_job)
    if FindingKind.LOST_PLAN in kinds:
        store.maintain("mend_plans", join)
    # Behind what lets go of files.
    if kinds & {FindingKind.ORPHAN_FILE, FindingKind.LOST_PLAN, FindingKind.UNUSED_PARTS}:
        collect_orphans(store)
    dead = {finding.subject for finding in findings if finding.kind is FindingKind.DEAD_CLAIM}
    if dead:
        store.recover(lambda worker: worker.worker_id not in dead)


def _finding(store: SQLiteStore, kind: FindingKind, subject: str, message: str) -> Finding:
    return Finding(store=store.path, kind=kind, subject=subject, message=message, cure=MENDED[kind])


def _unusable(path: Path, message: str) -> Finding:
    cure = "do what the message says"
    return Finding(store=path, kind=FindingKind.UNUSABLE, subject=path.name, message=message, cure=cure)


def _damaged(path: Path, message: str) -> Finding:
    cure = (
        f"stop everything that uses it, copy {path}*, {files_folder(path)} and restore a backup; without one, "
        f'try: sqlite3 {path} ".recover" | sqlite3 rescued.db'
    )
    return Finding(store=path, kind=FindingKind.DAMAGED, subject=path.name, message=message, cure=cure)
