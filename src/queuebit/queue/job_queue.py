"""A queue of durable jobs in a file, as a provider of backends."""

import html
import os
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from queuebit.codec.json_values import checked_json, values_from_json
from queuebit.providers.jobstatus import JobStatus
from queuebit.queue.exchange import Conflicts
from queuebit.queue.exporting import export_jobs
from queuebit.queue.importing import import_jobs
from queuebit.queue.job_search import job_filter
from queuebit.queue.job_table import queue_html
from queuebit.queue.location import store_path
from queuebit.queue.pruning import age_us, delete_finished_before
from queuebit.queue.queue_backend import QueueBackend
from queuebit.queue.queue_job import QueueJob
from queuebit.queue.reopening import remember, reopened_queue
from queuebit.queue.statuses import STATUS_OF
from queuebit.queue.submission import PreparedJob
from queuebit.queue.watch import JobWatch
from queuebit.queue.workers import Workers
from queuebit.registry import backend_names, make_backend
from queuebit.store import open_store
from queuebit.store.json_text import to_text
from queuebit.store.records import JobFilter, JobRecord, Json, NewJob
from queuebit.store.states import FINAL_STATES, JobState
from queuebit.store.store import JobStore

_ID_LENGTH = 36

_MOST_BACKENDS = 32
"""Backends that are kept for jobs that were found again; a guess."""


class JobQueue:
    """Jobs that are on disk before ``run`` returns, run by a worker service, and found again by any process.

    A queue is a file; whoever opens the same file, on the same machine, has the same queue. It is a context manager,
    and closing it stops no job::

        with JobQueue("lab.db") as queue:
            job = queue.get_backend("basic_simulator").run(circuit, shots=1000)
            print(job.result().get_counts())

    Attributes:
        path: the queue's file.
        store: what is in it.
        watch: the waits of this process for its jobs.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, start_worker: bool = True, dask: str | None = None
    ) -> None:
        """Open a queue, or make it if the file isn't there.

        Args:
            path: its file; by default the one that the environment variable ``QUEUEBIT_STORE`` names, or else one among
                the user's data.
            start_worker: whether to start a worker service, apart from this process, when jobs are submitted or waited
                for and none runs.
            dask: the address of the Dask scheduler on whose cluster such a service runs the jobs, as
                ``tcp://host:8786``, or ``local`` for a cluster on this machine; by default the one that the environment
                variable ``QUEUEBIT_DASK`` has, or else none. A service that runs already stays as it is.

        Raises:
            TypeError: if the path is neither a text nor a path.
            ValueError: if it is empty or a URL.
            StoreUnusableError: if the file can't be a queue; says why and what to do.
            StoreCorruptError: if it is damaged.
        """
        self.path = store_path(path)
        self.store: JobStore = open_store(self.path)
        self._start_worker = start_worker
        self._dask = dask
        self._is_closed = False
        self._workers = Workers(self.store, self.path, start=start_worker, dask=dask)
        self.watch = JobWatch(self.store, self._workers)
        self._backends: dict[str, QueueBackend] = {}
        remember(self)

    # Backends.

    def backends(self, name: str | None = None) -> list[QueueBackend]:
        """Return the local backends; any other can be had by :meth:`get_backend`.

        Args:
            name: only the one of this name.

        Raises:
            QiskitBackendNotFoundError: if there is none of that name.
        """
        return [self.get_backend(found) for found in (backend_names() if name is None else [name])]

    def get_backend(self, name: str = "basic_simulator", **options: Any) -> QueueBackend:
        """Return a backend whose jobs go to this queue.

        The backend is made here, for its target and to see that it can be made; its jobs run on one that a worker makes
        in the same way.

        Args:
            name: a local backend's name, or ``module:factory`` for any installed ``BackendV2``, such as
                ``"qiskit_aer:AerSimulator"`` or a function in a module of the user's own.
            options: what the backend is made with: default options of a local backend, the factory's arguments of any
                other. They are stored, so they must be values that JSON can hold, arrays, or complex numbers.

        Raises:
            QiskitBackendNotFoundError: if there is no such backend, or it can't be made; says at which step and why.
            NotStorableError: if an option can't be stored; names it.
            TypeError: if the name isn't a text.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"get_backend takes a backend's name, such as 'basic_simulator' or 'qiskit_aer:AerSimulator'; got "
                f"{type(name).__name__}: {name!r}"
            )
        made_with = checked_json(options, f"the options of backend {name!r}") if options else {}
        return self.make_backend(name, made_with)

    def backend_of(self, source: str, made_with: Json) -> QueueBackend:
        """Return the backend of a job that was found again; jobs of the same one share it.

        Args:
            source: the backend's name in the registry.
            made_with: what it is made with, as JSON.

        Raises:
            QiskitBackendNotFoundError: if it can't be made in this process.
        """
        key = to_text([source, dict(made_with)])
        if key not in self._backends:
            if len(self._backends) >= _MOST_BACKENDS:
                self._backends.pop(next(iter(self._backends)))
            self._backends[key] = self.make_backend(source, made_with)
        return self._backends[key]

    def make_backend(self, source: str, made_with: Json) -> QueueBackend:
        """Return a new backend from what is stored of it, so that it is what a worker will make.

        Args:
            source: the backend's name in the registry.
            made_with: what it is made with, as JSON.

        Raises:
            QiskitBackendNotFoundError: if it can't be made.
        """
        options = values_from_json(made_with, f"the options of backend {source!r}") if made_with else {}
        return QueueBackend(self, source, made_with, make_backend(source, options))

    # Submitting.

    def run_many(self, jobs: Iterable[PreparedJob]) -> list[QueueJob]:
        """Submit jobs in one commit: all are on disk when this returns, or none.

        Args:
            jobs: from :meth:`QueueBackend.prepare` of this queue's backends.

        Returns:
            The jobs, in order.

        Raises:
            TypeError: if something isn't a prepared job.
            ValueError: if one belongs to another queue.
            StoreError: if they can't be written; then nothing is submitted.
        """
        prepared = list(jobs)
        for index, job in enumerate(prepared):
            if not isinstance(job, PreparedJob):
                raise TypeError(
                    f"run_many takes jobs that backend.prepare(circuits, ...) returns; entry {index} of the list is "
                    f"{type(job).__name__}: {job!r}"
                )
            if job.backend.queue.path != self.path:
                raise ValueError(
                    f"entry {index} of the list was prepared for {job.backend.queue!r}, not for {self!r}; prepare it "
                    "with a backend of this queue"
                )
        records = self._submit([job.job for job in prepared])
        return [self._handle(record, job) for record, job in zip(records, prepared, strict=True)]

    def rerun(self, job: "QueueJob | str") -> QueueJob:
        """Submit a job's work once more, as a new job: same circuits, options, seed, limits, name, tags and metadata.

        Args:
            job: the job, its id, or the beginning of its id.

        Returns:
            The new job.

        Raises:
            UnknownJobError: if there is no such job.
        """
        record = self._record(job)
        again = NewJob(
            job_id=str(uuid.uuid4()),
            backend_name=record.backend_name,
            backend_options=record.backend_options,
            circuits=self.store.circuits(record.job_id),
            options=record.options,
            name=record.name,
            tags=record.tags,
            metadata=record.metadata,
            priority=record.priority,
            limits=record.limits,
            parts=self.store.parts(record.job_id),
        )
        return QueueJob(self, self._submit([again])[0])

    def _submit(self, jobs: Sequence[NewJob]) -> list[JobRecord]:
        if not jobs:
            return []
        # First the worker: whatever happens to this process after the commit, the jobs run.
        self._workers.ensure()
        records = self.store.submit(jobs)
        self._workers.hint()
        return records

    def _handle(self, record: JobRecord, prepared: PreparedJob) -> QueueJob:
        is_same = (record.backend_name, record.backend_options) == (
            prepared.job.backend_name,
            prepared.job.backend_options,
        )
        # An idempotency key may have found a job of another backend.
        return QueueJob(self, record, prepared.backend if is_same else None)

    # Finding.

    def job(self, job_id: str) -> QueueJob:
        """Return a job, whoever submitted it.

        Args:
            job_id: its id, or so much of its beginning that no other job's id begins so.

        Raises:
            UnknownJobError: if there is none, or there are several; then the text names them.
            TypeError: if it isn't a text.
        """
        return QueueJob(self, self._record(job_id))

    def jobs(
        self,
        limit: int | None = 10,
        skip: int = 0,
        *,
        status: JobStatus | str | Iterable[JobStatus | str] | None = None,
        backend_name: str | None = None,
        tags: Iterable[str] | None = None,
        name: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        descending: bool = True,
    ) -> list[QueueJob]:
        """Return jobs in the order of their submission, the newest first.

        Args:
            limit: how many at most; None for all.
            skip: how many to leave out first.
            status: a status, or several, as ``JobStatus`` or by name.
            backend_name: what ``get_backend`` was called with.
            tags: the jobs that have all of these.
            name: the jobs that have this name.
            created_after: submitted after this time; aware, or naive in the local time zone.
            created_before: submitted before this time; likewise.
            descending: whether the newest come first.

        Raises:
            TypeError: if something is of the wrong type; names it.
            ValueError: if there is no such status, or ``limit`` or ``skip`` is negative.
        """
        which = job_filter(
            status=status,
            backend_name=backend_name,
            tags=tags,
            name=name,
            created_after=created_after,
            created_before=created_before,
        )
        if which.states is not None and not which.states:
            return []
        records = self.store.jobs(which, limit=limit, skip=skip, descending=descending)
        return [QueueJob(self, record) for record in records]

    def statistics(self) -> dict[JobStatus, int]:
        """Return how many jobs have each status; as quick for a million as for one."""
        return {STATUS_OF[state]: number for state, number in self.store.statistics().items()}

    def _record(self, job: "QueueJob | str") -> JobRecord:
        if isinstance(job, QueueJob):
            return self.store.get(job.job_id())
        if not isinstance(job, str):
            raise TypeError(f"a job's id is a text, got {type(job).__name__}: {job!r}")
        job_id = job.strip().lower()
        return self.store.get(job_id if len(job_id) == _ID_LENGTH else self.store.find(job_id))

    # Ending.

    def cancel_jobs(self, jobs: "Iterable[QueueJob | str] | None" = None, *, reason: str = "") -> list[QueueJob]:
        """Cancel jobs, in one commit: those that wait at once, those that run as soon as their worker has stopped them.

        Args:
            jobs: jobs or ids, also the beginnings of ids; None for all that aren't final.
            reason: why, for the jobs' stories.

        Returns:
            Those that are or will be cancelled: the ones that weren't final already.

        Raises:
            UnknownJobError: if one isn't there; then none is cancelled.
        """
        if isinstance(jobs, (str, QueueJob)):
            raise TypeError(f"cancel_jobs takes a list of jobs or ids, got {jobs!r}; put it into a list")
        before = self._unfinished() if jobs is None else [self._record(job) for job in jobs]
        wanted = [record.job_id for record in before if not record.is_final]
        if not wanted:
            return []
        records = self.store.request_cancel(wanted, reason)
        self._workers.ensure()
        self._workers.hint()
        handles = [QueueJob(self, record) for record in records]
        return [
            handle
            for handle, record in zip(handles, records, strict=True)
            if record.state is JobState.CANCELLED or not record.is_final
        ]

    def delete_job(self, job: "QueueJob | str") -> None:
        """Delete a job that is final, with its results.

        Args:
            job: the job, its id, or the beginning of its id.

        Raises:
            UnknownJobError: if there is no such job.
            StoreError: if it isn't final.
        """
        self.store.delete([self._record(job).job_id])

    def prune(self, older_than: timedelta | float) -> int:
        """Delete the jobs that have been final for long, with their results.

        Args:
            older_than: for how long: a timedelta, or days.

        Returns:
            How many were deleted.

        Raises:
            TypeError: if it is neither.
            ValueError: if it is negative.
        """
        return delete_finished_before(self.store, time.time_ns() // 1000 - age_us(older_than))

    def _unfinished(self) -> list[JobRecord]:
        return self.store.jobs(JobFilter(states=frozenset(JobState) - FINAL_STATES), limit=None)

    # Taking along.

    def export(self, path: str | os.PathLike[str], jobs: "Iterable[QueueJob | str] | None" = None) -> int:
        """Write jobs into one file, with all there is of them, for :meth:`import_` of another queue.

        Args:
            path: the file, which must not be there yet; by custom it ends in ``.zip``.
            jobs: jobs or ids, all of them final; None for all jobs that are.

        Returns:
            How many.

        Raises:
            FileExistsError: if the file is there.
            ExchangeError: if a job isn't final.
            UnknownJobError: if a job isn't there.
            OSError: if the file can't be written; then none is left.
        """
        records = self._final() if jobs is None else [self._record(job) for job in jobs]
        return export_jobs(self.store, Path(path), records)

    def import_(self, path: str | os.PathLike[str], *, conflicts: Conflicts = "refuse") -> list[QueueJob]:
        """Take in the jobs that :meth:`export` has written, all or none; they keep their ids.

        Args:
            path: the file.
            conflicts: what becomes of jobs whose ids are here already: ``"refuse"`` raises and imports nothing,
                ``"skip"`` leaves these as they are here and imports the others.

        Returns:
            The jobs that were imported.

        Raises:
            FileNotFoundError: if there is no such file.
            ExchangeError: if it wasn't written by :meth:`export`, is damaged, or comes from a newer version, or if a
                job is here already; then nothing is imported.
        """
        return [QueueJob(self, record) for record in import_jobs(self.store, Path(path), conflicts)]

    def _final(self) -> list[JobRecord]:
        return self.store.jobs(JobFilter(states=FINAL_STATES), limit=None, descending=False)

    # The queue itself.

    @property
    def address(self) -> tuple[str, bool, str | None]:
        """What finds this queue again: its path, whether it starts workers, and with which Dask cluster."""
        return str(self.path), self._start_worker, self._dask

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._is_closed

    def close(self) -> None:
        """Let go of the file. Its jobs go on; whoever waits for one in this process is told that it is closed."""
        self._is_closed = True
        self.store.close()
        # Finds it closed, and tells who waits.
        self.watch.look()

    def __enter__(self) -> "JobQueue":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self.path)!r}>"

    def _repr_html_(self) -> str:
        """Return a table of the latest jobs for notebooks."""
        if self._is_closed:
            return f"<p>{html.escape(repr(self))}, closed</p>"
        return queue_html(self.path, self.statistics(), self.store.jobs())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return reopened_queue, self.address


def connect(
    path_or_url: str | os.PathLike[str] | None = None, *, start_worker: bool = True, dask: str | None = None
) -> JobQueue:
    """Open a queue.

    Args:
        path_or_url: the path of a queue's file; a URL is refused, for this release has no server.
        start_worker: as for :class:`JobQueue`.
        dask: likewise.

    Raises:
        ValueError: if it is a URL.
        StoreError: as by :class:`JobQueue`.

    Example:
        >>> connect("https://queue.example.org")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        ValueError: the queue's path is the URL 'https://queue.example.org'; this release has no server to ...
    """
    return JobQueue(path_or_url, start_worker=start_worker, dask=dask)
