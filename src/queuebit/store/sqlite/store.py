"""The store in one SQLite file: each method of the contract is one transaction, made of the operations beside it."""

import contextlib
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import apsw

from queuebit.store.array_files import delete_files, files_folder
from queuebit.store.checks import check_page, checked_changes, is_unicode
from queuebit.store.clock import Clock, wall_clock_us
from queuebit.store.endings import failure_reason
from queuebit.store.exceptions import LostClaimError, StoreError, StoreUnusableError, UnknownJobError
from queuebit.store.json_text import mapping_from_text, mapping_to_text, to_text
from queuebit.store.log_text import storable
from queuebit.store.records import (
    ArchivedJob,
    Claim,
    EventRecord,
    JobFilter,
    JobRecord,
    NewJob,
    Part,
    StoredResult,
    Usage,
    WorkerRecord,
)
from queuebit.store.refusals import ambiguous, lost_claim, unknown_job, unregistered_worker
from queuebit.store.sqlite import changes, listing, logs, restoring, runs, submission
from queuebit.store.sqlite.database_file import DatabaseFile
from queuebit.store.sqlite.forking import survive_forks
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.opening import open_database
from queuebit.store.sqlite.readers import Readers
from queuebit.store.sqlite.rows import (
    JobRow,
    event_record,
    job_record,
    numbers_of_job,
    parts_of_plan,
    shot_result,
    stored_result,
    worker_bindings,
    worker_record,
)
from queuebit.store.sqlite.runs import Ending
from queuebit.store.sqlite.statements import row, rows
from queuebit.store.sqlite.transaction import Transaction
from queuebit.store.sqlite.writer import GroupWriter
from queuebit.store.states import JobEvent, JobState
from queuebit.store.store import JobStore

Returned = TypeVar("Returned")

FOUND_LIMIT = 5
"""Ids that an ambiguous prefix's error names."""


class SQLiteStore(JobStore):
    """A store in a SQLite database, for any number of threads and processes of one machine."""

    def __init__(self, path: str | Path, *, clock: Clock = wall_clock_us) -> None:
        """Open a store, or make it if the file isn't there.

        Args:
            path: the database.
            clock: where the times of records come from.

        Raises:
            StoreUnusableError: if there can't be one; the text says why and what to do.
            StoreCorruptError: if the database is damaged.
        """
        self._path = _followed(Path(path))
        connection = open_database(self._path)
        self._files = files_folder(self._path)
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            self._make_files_folder()
            undo.pop_all()
        file = DatabaseFile(self._path)
        self._writer = GroupWriter(file, connection, clock)
        self._readers = Readers(file)
        survive_forks(self._writer)
        survive_forks(self._readers)
        self._end = weakref.finalize(self, _close, self._writer, self._readers)

    @property
    def path(self) -> Path:
        """The database."""
        return self._path

    @property
    def files(self) -> Path:
        """The folder of the array files."""
        return self._files

    def close(self) -> None:
        """Commit what has been asked for, and close all connections."""
        self._end()

    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        """Take jobs in, all or none."""
        prepared = submission.prepare_jobs(jobs)
        return self._writer.write("submit", lambda transaction: submission.submit(transaction, prepared))

    def restore(self, jobs: Sequence[ArchivedJob]) -> list[JobRecord]:
        """Take in final jobs of another store, all or none."""
        prepared = restoring.prepare_archived_jobs(jobs)
        return self._writer.write("restore", lambda transaction: restoring.restore(transaction, prepared))

    def get(self, job_id: str) -> JobRecord:
        """Return a job."""
        with self._readers.connection() as connection:
            return job_record(_row(connection, job_id))

    def changed(self, known: Mapping[str, JobState]) -> dict[str, JobRecord | None]:
        """Return the jobs that aren't in the state any more that is given for them."""
        with self._readers.connection() as connection:
            found = rows(connection, SQL.jobs_in_other_states, {"known": to_text(dict(known))})
        return {job_id: None if job[0] is None else job_record(JobRow(*job)) for job_id, *job in found}

    def find(self, prefix: str) -> str:
        """Return the one id that begins with a prefix."""
        if not prefix:
            raise UnknownJobError("the beginning of a job's id is empty; give one character of it or more")
        _require_unicode(prefix)
        bindings = {"first": prefix, "after": prefix + "\U0010ffff", "limit": FOUND_LIMIT}
        with self._readers.connection() as connection:
            found = [job_id for (job_id,) in rows(connection, SQL.job_ids_between, bindings)]
        if not found:
            raise UnknownJobError(unknown_job(prefix))
        if len(found) > 1:
            raise UnknownJobError(ambiguous(prefix, found))
        return str(found[0])

    def jobs(
        self, which: JobFilter = JobFilter(), *, limit: int | None = 10, skip: int = 0, descending: bool = True
    ) -> list[JobRecord]:
        """Return jobs in the order of their submission."""
        check_page(limit, skip)
        with self._readers.snapshot() as connection:
            sequences = listing.page(connection, which, limit=limit, skip=skip, descending=descending)
            found = (rows(connection, SQL.job_by_sequence, {"sequence": sequence}) for sequence in sequences)
            return [job_record(JobRow(*job)) for (job,) in found]

    def count(self, which: JobFilter = JobFilter()) -> int:
        """Return how many jobs there are."""
        with self._readers.snapshot() as connection:
            return listing.count(connection, which)

    def circuits(self, job_id: str) -> tuple[bytes, ...]:
        """Return a job's circuits."""
        with self._readers.snapshot() as connection:
            numbers = numbers_of_job(_row(connection, job_id).sequence)
            return tuple(content for (content,) in rows(connection, SQL.circuit_contents_of_job, numbers))

    def results(self, job_id: str) -> list[StoredResult]:
        """Return the results that are there, by circuit and first shot."""
        with self._readers.snapshot() as connection:
            job = _row(connection, job_id)
            numbers = numbers_of_job(job.sequence)
            results = [stored_result(result) for result in rows(connection, SQL.results_of_job, numbers)]
            if job.num_parts > 1:
                results += [shot_result(result) for result in rows(connection, SQL.shot_results_of_job, numbers)]
        return sorted(results, key=lambda result: (result.index, result.shots or ()))

    def parts(self, job_id: str) -> tuple[Part, ...]:
        """Return the parts that a job's work is cut into."""
        with self._readers.snapshot() as connection:
            job = _row(connection, job_id)
            if job.num_parts == 1:
                return ()
            plan = row(connection, SQL.plan, {"sequence": job.sequence})
        return parts_of_plan(plan[0] if plan else None, job)

    def events(self, job_id: str) -> list[EventRecord]:
        """Return a job's story from the beginning."""
        with self._readers.snapshot() as connection:
            numbers = numbers_of_job(_row(connection, job_id).sequence)
            return [event_record(event) for event in rows(connection, SQL.events, numbers)]

    def logs(self, job_id: str) -> str:
        """Return what the job's runs printed."""
        with self._readers.snapshot() as connection:
            return logs.read(connection, _row(connection, job_id).sequence)

    def queue_position(self, job_id: str) -> int | None:
        """Return how many jobs will be taken before this one."""
        with self._readers.snapshot() as connection:
            job = _row(connection, job_id)
            if job.state != JobState.QUEUED:
                return None
            place = {"priority": job.priority, "sequence": job.sequence}
            return int(rows(connection, SQL.jobs_ahead, place)[0][0])

    def request_cancel(self, job_ids: Iterable[str], reason: str = "") -> list[JobRecord]:
        """Cancel jobs."""
        wanted = tuple(job_ids)
        why = storable(reason)
        return self._writer.write(
            "request_cancel", lambda transaction: changes.request_cancel(transaction, wanted, why)
        )

    def update(
        self,
        job_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        priority: int | None = None,
    ) -> JobRecord:
        """Change what is not None."""
        wanted = checked_changes(job_id, name, tags, priority)
        return self._writer.write("update", lambda transaction: changes.update(transaction, job_id, wanted))

    def delete(self, job_ids: Iterable[str]) -> int:
        """Delete final jobs and their files, all or none."""
        wanted = tuple(job_ids)
        number, files = self._writer.write("delete", lambda transaction: changes.delete(transaction, wanted))
        delete_files(self._files, files)
        return number

    def statistics(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        with self._readers.connection() as connection:
            return listing.states(connection)

    def register_worker(self, worker: WorkerRecord) -> None:
        """Note that a worker service runs."""
        bindings = worker_bindings(worker)
        self._writer.write("register_worker", lambda transaction: transaction.run(SQL.put_worker, bindings))

    def unregister_worker(self, worker_id: str) -> None:
        """Note that it doesn't any more."""
        place = {"worker_id": worker_id}
        self._writer.write("unregister_worker", lambda transaction: transaction.run(SQL.delete_worker, place))

    def workers(self) -> list[WorkerRecord]:
        """Return the registered workers, the oldest first."""
        with self._readers.connection() as connection:
            return [worker_record(worker) for worker in rows(connection, SQL.workers)]

    def recover(self, is_alive: Callable[[WorkerRecord], bool]) -> list[JobRecord]:
        """Take RUNNING jobs from workers that aren't alive or not registered, and forget those workers."""
        # Outside of the transaction: what it asks may take its time, and the dead stay dead.
        dead = [worker.worker_id for worker in self.workers() if not is_alive(worker)]
        if not dead and not self._any_run_without_worker():
            return []
        return self._writer.write("recover", lambda transaction: runs.recover(transaction, dead))

    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        """Take QUEUED jobs for a registered worker."""
        # Asked for often, and seldom there: reading holds up nobody.
        if above is not None and not self._is_any_queued_above(worker_id, above):
            return []
        return self._writer.write("claim", lambda transaction: runs.claim(transaction, worker_id, limit, above))

    def cancel_requests(self, worker_id: str) -> list[str]:
        """Return the ids of a worker's RUNNING jobs that are to be cancelled."""
        with self._readers.connection() as connection:
            return [job_id for (job_id,) in rows(connection, SQL.cancel_requests, {"worker_id": worker_id})]

    def keep_results(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Keep circuits' results."""
        kept = tuple(results)
        replaced = self._writer.write(
            "keep_results",
            lambda transaction: runs.keep_results(transaction, runs.claimed(transaction, claim), claim.parts, kept),
        )
        delete_files(self._files, replaced)

    def report(self, claim: Claim, *, progress_done: int, progress_total: int, log: str = "") -> None:
        """Note how far a run is, and what it printed since the last report."""
        bindings = {**runs.claim_bindings(claim), "progress_done": progress_done, "progress_total": progress_total}
        text = storable(log)

        def note(transaction: Transaction) -> None:
            found = transaction.row(SQL.note_progress, bindings)
            if found is None:
                raise LostClaimError(lost_claim(claim))
            if text:
                logs.append(transaction, found[0], text)

        self._writer.write("report", note)

    def finish(self, claims: Sequence[tuple[Claim, Sequence[StoredResult], Usage]]) -> list[JobRecord | None]:
        """End runs well."""
        finished = tuple(claims)
        records, replaced = self._writer.write("finish", lambda transaction: runs.finish(transaction, finished))
        delete_files(self._files, replaced)
        return records

    def fail(
        self, claim: Claim, error: dict[str, object], results: Sequence[StoredResult] = (), usage: Usage = Usage()
    ) -> JobRecord:
        """End a run in ERROR."""
        kept = mapping_from_text(mapping_to_text(error))
        ending = Ending(event=JobEvent.FAIL, reason=storable(failure_reason(kept)), usage=usage, error=kept)
        return self._end_run("fail", claim, results, ending)

    def cancelled(self, claim: Claim, results: Sequence[StoredResult] = (), usage: Usage = Usage()) -> JobRecord:
        """End a run that was stopped because somebody wanted it."""
        return self._end_run("cancelled", claim, results, Ending(event=JobEvent.CANCEL, usage=usage))

    def release(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Give a job back unfinished."""
        ending = Ending(event=JobEvent.RELEASE, reason=storable(reason), usage=usage)
        return self._end_run("release", claim, (), ending)

    def lose(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Note that the process that ran the job died."""
        why = storable(reason)
        return self._writer.write(
            "lose", lambda transaction: runs.lose(transaction, runs.claimed(transaction, claim), why, usage)
        )

    def lose_part(self, claim: Claim, reason: str, usage: Usage = Usage()) -> None:
        """Note that the process that ran a part of the job died, and that the part will run again."""
        why = storable(reason)
        self._writer.write("lose_part", lambda transaction: runs.lose_part(transaction, claim, why, usage))

    def maintain(self, name: str, work: Callable[[Transaction], Returned]) -> Returned:
        """Do something in a write transaction that the contract doesn't have.

        Args:
            name: what failpoints call it.
            work: does it.
        """
        return self._writer.write(name, work)

    def snapshot(self) -> AbstractContextManager[apsw.Connection]:
        """Lend a connection to look at the database with; it sees the database as it is at its first look."""
        return self._readers.snapshot()

    def _end_run(self, name: str, claim: Claim, results: Sequence[StoredResult], ending: Ending) -> JobRecord:
        kept = tuple(results)
        record, replaced = self._writer.write(
            name, lambda transaction: runs.end_claim(transaction, claim, kept, ending)
        )
        delete_files(self._files, replaced)
        return record

    def _is_any_queued_above(self, worker_id: str, priority: int) -> bool:
        with self._readers.connection() as connection:
            if row(connection, SQL.worker, {"worker_id": worker_id}) is None:
                raise StoreError(unregistered_worker(worker_id))
            return bool(rows(connection, SQL.next_urgent_jobs, {"above": priority, "limit": 1}))

    def _any_run_without_worker(self) -> bool:
        with self._readers.connection() as connection:
            return bool(rows(connection, SQL.running_jobs_without_worker))

    def _make_files_folder(self) -> None:
        try:
            self._files.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreUnusableError(
                f"the folder {self._files} for the arrays of the store can't be made: {error}; take what is there away"
            ) from error


def _followed(path: Path) -> Path:
    """Return a path without symbolic links, one at which something is or could be."""
    try:
        found = path.expanduser().resolve()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found.stat()
    except (OSError, RuntimeError) as error:
        raise StoreUnusableError(f"the path {path} can't be that of a store: {error}; give another path") from error
    return found


def _require_unicode(job_id: str) -> None:
    """Refuse what no job's id can be, and what SQLite can't be asked for."""
    if not is_unicode(job_id):
        raise UnknownJobError(unknown_job(job_id))


def _row(connection: apsw.Connection, job_id: str) -> JobRow:
    _require_unicode(job_id)
    found = row(connection, SQL.job_by_id, {"job_id": job_id})
    if found is None:
        raise UnknownJobError(unknown_job(job_id))
    return JobRow(*found)


def _close(writer: GroupWriter, readers: Readers) -> None:
    writer.close()
    readers.close()
