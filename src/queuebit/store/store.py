"""The store contract: where durable jobs are, and what may be done to them.

Every method is one transaction: when it returns, what it did is on disk; when it raises, nothing happened. Stores may
be used by several threads and processes at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

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
from queuebit.store.states import JobState


class JobStore(ABC):
    """Jobs, their circuits, results, logs and stories, and the workers that run them."""

    @property
    @abstractmethod
    def files(self) -> Path:
        """The folder of the array files; it exists."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; a closed store raises :class:`StoreError` for any call."""

    # What users do.

    @abstractmethod
    def submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        """Take jobs in, all or none; for one whose idempotency key is known, return the job that has it.

        Raises:
            StoreError: if an id is taken.
        """

    @abstractmethod
    def restore(self, jobs: Sequence[ArchivedJob]) -> list[JobRecord]:
        """Take in final jobs of another store, all or none; their array files are in the folder already.

        Raises:
            StoreError: if one isn't final, or its id or idempotency key is taken.
        """

    @abstractmethod
    def get(self, job_id: str) -> JobRecord:
        """Return a job. Raises :class:`UnknownJobError`."""

    @abstractmethod
    def changed(self, known: Mapping[str, JobState]) -> dict[str, JobRecord | None]:
        """Return the jobs, by id, that aren't in the state any more that is given for them; None for those gone."""

    @abstractmethod
    def find(self, prefix: str) -> str:
        """Return the one id that begins with a prefix. Raises :class:`UnknownJobError`, with the ids if several do."""

    @abstractmethod
    def jobs(
        self, which: JobFilter = JobFilter(), *, limit: int | None = 10, skip: int = 0, descending: bool = True
    ) -> list[JobRecord]:
        """Return jobs in the order of their submission, the newest first."""

    @abstractmethod
    def count(self, which: JobFilter = JobFilter()) -> int:
        """Return how many jobs there are."""

    @abstractmethod
    def circuits(self, job_id: str) -> tuple[bytes, ...]:
        """Return a job's circuits."""

    @abstractmethod
    def results(self, job_id: str) -> list[StoredResult]:
        """Return the results that are there, by circuit and first shot."""

    @abstractmethod
    def parts(self, job_id: str) -> tuple[Part, ...]:
        """Return the parts that a job's work is cut into; none when it isn't."""

    @abstractmethod
    def events(self, job_id: str) -> list[EventRecord]:
        """Return a job's story from the beginning."""

    @abstractmethod
    def logs(self, job_id: str) -> str:
        """Return what the job's runs printed."""

    @abstractmethod
    def queue_position(self, job_id: str) -> int | None:
        """Return how many jobs will be taken before this one; None if it isn't QUEUED."""

    @abstractmethod
    def request_cancel(self, job_ids: Iterable[str], reason: str = "") -> list[JobRecord]:
        """Cancel jobs: QUEUED ones at once, RUNNING ones by their worker; final ones stay as they are.

        Returns:
            The jobs as they are now, in order.
        """

    @abstractmethod
    def update(
        self,
        job_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        priority: int | None = None,
    ) -> JobRecord:
        """Change what is not None."""

    @abstractmethod
    def delete(self, job_ids: Iterable[str]) -> int:
        """Delete final jobs and their files, all or none. Raises :class:`StoreError` for one that isn't final."""

    @abstractmethod
    def statistics(self) -> dict[JobState, int]:
        """Return how many jobs are in each state; takes no longer for many jobs."""

    # What workers do. Each write names its claim, and raises LostClaimError when that doesn't hold any more.

    @abstractmethod
    def register_worker(self, worker: WorkerRecord) -> None:
        """Note that a worker service runs."""

    @abstractmethod
    def unregister_worker(self, worker_id: str) -> None:
        """Note that it doesn't any more."""

    @abstractmethod
    def workers(self) -> list[WorkerRecord]:
        """Return the registered workers."""

    @abstractmethod
    def recover(self, is_alive: Callable[[WorkerRecord], bool]) -> list[JobRecord]:
        """Take RUNNING jobs from workers that aren't alive or not registered, and forget those workers.

        A job goes back to QUEUED, or to ERROR when its workers have died ``max_attempts`` times, or to CANCELLED when
        that was requested.

        Returns:
            The jobs as they are now.
        """

    @abstractmethod
    def claim(self, worker_id: str, limit: int, *, above: int | None = None) -> list[Claim]:
        """Take QUEUED jobs for a registered worker: greater priority first, then the older.

        Args:
            worker_id: the worker.
            limit: how many at most.
            above: only jobs of a greater priority than this.
        """

    @abstractmethod
    def cancel_requests(self, worker_id: str) -> list[str]:
        """Return the ids of a worker's RUNNING jobs that are to be cancelled."""

    @abstractmethod
    def keep_results(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Keep circuits' results; one that is there already is replaced."""

    @abstractmethod
    def report(self, claim: Claim, *, progress_done: int, progress_total: int, log: str = "") -> None:
        """Note how far a run is, and what it printed since the last report."""

    @abstractmethod
    def finish(self, claims: Sequence[tuple[Claim, Sequence[StoredResult], Usage]]) -> list[JobRecord | None]:
        """End runs well, with those results that aren't kept yet.

        Returns:
            The jobs as they are now: DONE, or CANCELLED where that was requested; None for a claim that was lost.
        """

    @abstractmethod
    def fail(
        self, claim: Claim, error: dict[str, object], results: Sequence[StoredResult] = (), usage: Usage = Usage()
    ) -> JobRecord:
        """End a run in ERROR, or CANCELLED where that was requested."""

    @abstractmethod
    def cancelled(self, claim: Claim, results: Sequence[StoredResult] = (), usage: Usage = Usage()) -> JobRecord:
        """End a run that was stopped because somebody wanted it."""

    @abstractmethod
    def release(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Give a job back unfinished; what is kept of it stays."""

    @abstractmethod
    def lose(self, claim: Claim, reason: str, usage: Usage = Usage()) -> JobRecord:
        """Note that the process that ran the job died: as :meth:`recover` does for one job."""

    @abstractmethod
    def lose_part(self, claim: Claim, reason: str, usage: Usage = Usage()) -> None:
        """Note that the process that ran a part of the job died, and that the part will run again."""
