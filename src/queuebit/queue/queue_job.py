"""A job of the queue: a handle on what is in the store."""

import contextlib
import logging
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from qiskit.circuit import QuantumCircuit
from qiskit.result import Result

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.json_values import values_from_json
from queuebit.providers.exceptions import JobCancelledError, JobError, JobTimeoutError
from queuebit.providers.job import JobV1, Progress, checked_seconds
from queuebit.providers.jobstatus import JobStatus
from queuebit.queue.done_callbacks import CALLBACK_THREAD, call_reporting
from queuebit.queue.job_outcome import failure, failure_text, partial_result, whole_result
from queuebit.queue.job_story import JobUsage, Transition, transition_of, usage_of
from queuebit.queue.statuses import STATUS_OF
from queuebit.queue.submission import checked_name, checked_priority, checked_tags
from queuebit.queue.times import datetime_of
from queuebit.store.exceptions import StoreError
from queuebit.store.records import JobRecord, Part
from queuebit.store.states import JobState

if TYPE_CHECKING:
    from queuebit.queue.job_queue import JobQueue
    from queuebit.queue.queue_backend import QueueBackend


_logger = logging.getLogger("queuebit")


class QueueJob(JobV1):
    """A job in a queue, wherever it was submitted and whatever has become of that process.

    The handle holds nothing that the job needs: dropping it stops nothing, and any process finds the job again by its
    id. It pickles as the queue's path and the id.

    Attributes:
        queue: the queue that it is in.
        metadata: what it was submitted with.
    """

    def __init__(self, queue: "JobQueue", record: JobRecord, backend: "QueueBackend | None" = None) -> None:
        """Make a handle; :meth:`JobQueue.job` and :meth:`QueueBackend.run` do.

        Args:
            queue: the queue that it is in.
            record: the job as it was just read.
            backend: its backend, if that is at hand.
        """
        super().__init__(backend, record.job_id)
        self.queue = queue
        self.metadata = values_from_json(record.metadata, f"the metadata of job {record.job_id}")
        self._known = queue.watch.known(record)
        self._whole: dict[str, Result] = {}

    def submit(self) -> None:
        """Refuse: a job of a queue was submitted when it was made; :meth:`rerun` submits it once more.

        Raises:
            JobError: always.
        """
        raise JobError(f"Job {self._job_id} was submitted already; rerun() submits the same work as a new job.")

    def backend(self) -> "QueueBackend":
        """Return the backend that runs the job, made here if it isn't at hand.

        Raises:
            QiskitBackendNotFoundError: if it can't be made in this process.
        """
        if self._backend is None:
            record = self._known.record
            self._backend = self.queue.backend_of(record.backend_name, record.backend_options)
        return self._backend

    # Where it stands.

    def status(self) -> JobStatus:
        """Return the status of the job now; a query of some microseconds, and none when the job is final.

        Raises:
            StoreError: if the store can't be read, or the job has been deleted.
        """
        return STATUS_OF[self._current().state]

    def progress(self) -> Progress:
        """Return how far the job is, as its worker last told: circuits done, of a single one the instructions or parts.

        A job whose worker died begins again with the circuit that was running.
        """
        record = self._current()
        if record.state is JobState.DONE:
            total = record.progress_total or (record.num_circuits if record.num_circuits > 1 else record.num_parts)
            return Progress(total, total, _unit(record))
        if not record.progress_total:
            return Progress(0, record.num_circuits, "circuits")
        return Progress(record.progress_done, record.progress_total, _unit(record))

    def queue_position(self) -> int | None:
        """Return the job's place among those that wait, 1 for the one that is taken next; None if it doesn't wait."""
        if self._known.record.is_final:
            return None
        before = self.queue.store.queue_position(self._job_id)
        return None if before is None else before + 1

    def error_message(self) -> str | None:
        """Return why the job is in ``ERROR``, or None when it isn't."""
        record = self._current()
        return failure_text(record.error or {}) if record.state is JobState.ERROR else None

    def events(self) -> list[Transition]:
        """Return all that has happened to the job, in order, each with its time and reason."""
        return [transition_of(event) for event in self.queue.store.events(self._job_id)]

    def logs(self) -> str:
        """Return what the job's runs have printed and warned; of very much, the two ends."""
        return self.queue.store.logs(self._job_id)

    def usage(self) -> JobUsage:
        """Return what the job has used: processor seconds, peak memory, attempts."""
        return usage_of(self._current())

    # What it is.

    def circuits(self) -> list[QuantumCircuit]:
        """Return the job's circuits, as they were submitted."""
        return [decode_circuit(data) for data in self.queue.store.circuits(self._job_id)]

    def options(self) -> dict[str, Any]:
        """Return the run's options, the seed that was chosen included; a new dict each time."""
        return values_from_json(self._known.record.options, f"the options of job {self._job_id}")

    @property
    def name(self) -> str:
        """The job's name; empty if it has none."""
        return self._refreshed().name

    @property
    def tags(self) -> tuple[str, ...]:
        """The job's tags."""
        return self._refreshed().tags

    @property
    def priority(self) -> int:
        """The job's priority: greater runs earlier."""
        return self._refreshed().priority

    @property
    def time_created(self) -> datetime:
        """When the job was submitted, in UTC."""
        return datetime_of(self._known.record.created_us)

    @property
    def time_submitted(self) -> datetime:
        """When the job was submitted, in UTC."""
        return self.time_created

    @property
    def time_started(self) -> datetime | None:
        """When its present or last attempt began, in UTC, or None."""
        return _time(self._current().started_us)

    @property
    def time_finished(self) -> datetime | None:
        """When the job became final, in UTC, or None if it isn't."""
        return _time(self._current().finished_us)

    # Its result.

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the job and return its result, the same object every time.

        Large arrays in it are read-only and mapped from files, not copied.

        Args:
            timeout: seconds to wait at most; None waits for ever.

        Raises:
            JobTimeoutError: if the job isn't final after ``timeout`` seconds; it goes on.
            JobFailedError: if the job failed, with the circuit and the traceback of where it ran.
            JobCancelledError: if the job was cancelled.
            StoreError: if the store can't be read, or the job has been deleted.
            CodecError: if what is stored is damaged.
            ValueError: if ``timeout`` is negative or NaN.
        """
        limit_s = math.inf if timeout is None else checked_seconds("timeout", timeout)
        if "result" in self._whole:
            return self._whole["result"]
        known = self._known
        if not self.queue.watch.wait(known, lambda: known.record.is_final, limit_s, when_final=True):
            raise JobTimeoutError(
                f"Job {self._job_id} is still {STATUS_OF[known.record.state].name} after {timeout} s; it goes on, ask "
                "again."
            )
        if known.record.state is JobState.CANCELLED:
            raise JobCancelledError(f"Job {self._job_id} was cancelled, so it has no result.")
        if known.record.state is JobState.ERROR:
            raise failure(known.record)
        store = self.queue.store
        # Of several threads that come here at once, all get the same one.
        return self._whole.setdefault(
            "result",
            whole_result(known.record, store.results(self._job_id), self._parts(), store.files),
        )

    def partial_result(self) -> Result | None:
        """Return what is there now, without waiting and whatever the status.

        Returns:
            The whole result of a job that is DONE. Of any other, a Result with an entry for each circuit in order, in
            which ``results[i].success`` tells which are there.
        """
        if self._current().state is JobState.DONE:
            return self.result()
        store = self.queue.store
        stored, circuits = store.results(self._job_id), store.circuits(self._job_id)
        shots = self.options().get("shots") or 0
        return partial_result(self._current(), stored, self._parts(), circuits, shots, store.files)

    def _parts(self) -> tuple[Part, ...]:
        return self.queue.store.parts(self._job_id) if self._known.record.num_parts > 1 else ()

    # What can be done to it.

    def cancel(self) -> bool:
        """Cancel the job, also while it runs and whatever runs it.

        One that waits is CANCELLED when this returns. A local backend stops within 200 ms; a backend that doesn't
        listen is ended with its process. What circuits have finished stays in :meth:`partial_result`.

        Returns:
            True when the job is or will be cancelled, False when it was final already.
        """
        return bool(self.queue.cancel_jobs([self]))

    def update(
        self, *, tags: Iterable[str] | None = None, name: str | None = None, priority: int | None = None
    ) -> None:
        """Change what isn't None.

        Args:
            tags: all tags that it shall have.
            name: its name.
            priority: greater runs earlier; of no effect once it runs.

        Raises:
            TypeError: if something is of the wrong type; names it.
        """
        record = self.queue.store.update(
            self._job_id,
            tags=None if tags is None else checked_tags(tags),
            name=None if name is None else checked_name(name),
            priority=None if priority is None else checked_priority(priority),
        )
        self.queue.watch.learn(self._known, record)

    def rerun(self) -> "QueueJob":
        """Submit the same work once more, as a new job with a new id: same circuits, options, seed, limits and tags.

        Returns:
            The new job.
        """
        return self.queue.rerun(self)

    # Waiting for it.

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Have ``fn(job)`` called once when the job is final, at once if it is already.

        Args:
            fn: called with the job, on a thread that calls all done callbacks of the queue one after another; it may
                wait for other jobs. What it raises is reported to the ``queuebit`` logger. It is not called when the
                interpreter ends or a process forks, nor when the queue is closed or can't be read; that is reported.

        Raises:
            TypeError: if ``fn`` can't be called.
        """
        if not callable(fn):
            raise TypeError(f"a done callback must be callable, got {fn!r}")
        call = partial(fn, self)
        if self._current().is_final:
            call_reporting(call)
        else:
            self.queue.watch.call_when_final(self._known, partial(_call_later, call, self._job_id))

    def _wake_when_final(self, wake: Callable[[], object]) -> None:
        self.queue.watch.call_when_final(self._known, lambda _: wake())

    def _wait_for_change(self, status: JobStatus, timeout_s: float) -> None:
        known = self._known
        self.queue.watch.wait(known, lambda: STATUS_OF[known.record.state] is not status, timeout_s, when_final=False)

    def _current(self) -> JobRecord:
        """Return the job as it is now; a final one doesn't change any more."""
        return self._known.record if self._known.record.is_final else self._refreshed()

    def _refreshed(self) -> JobRecord:
        record = self.queue.store.get(self._job_id)
        self.queue.watch.learn(self._known, record)
        return record

    def _backend_name(self) -> str:
        return self._known.record.backend_name

    def __repr__(self) -> str:
        # A closed store is no reason for a repr to raise; then this is what was seen last.
        with contextlib.suppress(StoreError):
            self._current()
        status = STATUS_OF[self._known.record.state].name
        return f"<{type(self).__name__} {self._job_id} on {self._backend_name()}: {status}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from queuebit.queue.reopening import reopened_job

        return reopened_job, (*self.queue.address, self._job_id)


def _call_later(call: Callable[[], object], job_id: str, error: StoreError | None) -> None:
    if error is None:
        CALLBACK_THREAD.call(call)
    else:
        _logger.warning("the done callbacks of job %s are not called: %s", job_id, error)


def _unit(record: JobRecord) -> str:
    if record.num_circuits > 1:
        return "circuits"
    return "parts" if record.num_parts > 1 else "instructions"


def _time(time_us: int | None) -> datetime | None:
    return None if time_us is None else datetime_of(time_us)
