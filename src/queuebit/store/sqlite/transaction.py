"""One write transaction: what the operations of the store are made of."""

import apsw

from queuebit.store.clock import Clock
from queuebit.store.exceptions import StoreError, UnknownJobError
from queuebit.store.records import JobRecord
from queuebit.store.refusals import unknown_job
from queuebit.store.sqlite.facets import FacetChanges
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import JobRow, job_record, numbers_of_job
from queuebit.store.sqlite.statements import NONE, Bindings, Row, row, rows
from queuebit.store.states import JobEvent, JobState


class Transaction:
    """Statements that are committed together, and what they change in the index of jobs.

    Attributes:
        connection: the connection that has begun it.
        facets: the changes of the index; they are written before the commit.
        now_us: returns the time.
    """

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        """Take part in a transaction that has begun.

        Args:
            connection: the connection that has begun it.
            clock: where the times of events come from.
        """
        self.facets = FacetChanges()
        self.now_us = clock
        self.connection = connection

    def run(self, query: str, bindings: Bindings = NONE) -> int:
        """Run a statement that returns no rows.

        Args:
            query: the statement.
            bindings: its parameters.

        Returns:
            How many rows it changed, if it is one that changes rows.
        """
        self.connection.execute(query, bindings)
        return self.connection.changes()

    def rows(self, query: str, bindings: Bindings = NONE) -> list[Row]:
        """Return all rows of a statement.

        Args:
            query: the statement.
            bindings: its parameters.
        """
        return rows(self.connection, query, bindings)

    def row(self, query: str, bindings: Bindings) -> Row | None:
        """Return the first row of a statement, or None if it has none.

        Args:
            query: the statement.
            bindings: its parameters.
        """
        return row(self.connection, query, bindings)

    def job(self, sequence: int) -> JobRow:
        """Return the row of a job that is there.

        Args:
            sequence: the job's.
        """
        return JobRow(*self.rows(SQL.job_by_sequence, {"sequence": sequence})[0])

    def job_by_id(self, job_id: str) -> JobRow:
        """Return the row of a job.

        Args:
            job_id: its id.

        Raises:
            UnknownJobError: if there is none with this id.
        """
        found = self.row(SQL.job_by_id, {"job_id": job_id})
        if found is None:
            raise UnknownJobError(unknown_job(job_id))
        return JobRow(*found)

    def record(self, sequence: int) -> JobRecord:
        """Return the record of a job that is there, as it is now.

        Args:
            sequence: the job's.
        """
        return job_record(self.job(sequence))

    def move(self, sequence: int, before: str, after: JobState) -> None:
        """Note in the index that a job's state changes.

        Args:
            sequence: the job's.
            before: the state that it has had.
            after: the state that it has now.
        """
        if before != after:
            self.facets.remove(sequence, [("state", str(before))])
            self.facets.add(sequence, [("state", after.value)])

    def tell(
        self,
        sequence: int,
        event: JobEvent,
        state: JobState,
        *,
        attempt: int,
        time_us: int,
        worker_id: str | None = None,
        reason: str = "",
    ) -> None:
        """Write a row of a job's story.

        Args:
            sequence: the job's.
            event: what happened.
            state: the state afterwards.
            attempt: the job's attempt.
            time_us: when.
            worker_id: who did it, if a worker.
            reason: why.

        Raises:
            StoreError: if there are a million of them already.
        """
        bindings = {
            **numbers_of_job(sequence),
            "time_us": time_us,
            "event": event.value,
            "state": state.value,
            "attempt": attempt,
            "worker_id": worker_id,
            "reason": reason or None,
        }
        if not self.run(SQL.insert_event, bindings):
            raise StoreError("a job has too many events: its story has no room for more; submit a new one instead")

    def write_index(self) -> None:
        """Write the changes of the index."""
        self.facets.write(self.connection)
