"""A backend whose jobs are in the queue before ``run`` returns."""

import copy
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qiskit.circuit import QuantumCircuit
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target

from queuebit.codec.json_values import checked_json
from queuebit.queue.limits import checked_limits
from queuebit.queue.run_check import accepted_run
from queuebit.queue.submission import PreparedJob, checked_split, described, new_job
from queuebit.store.records import Json

if TYPE_CHECKING:
    from queuebit.queue.job_queue import JobQueue
    from queuebit.queue.queue_job import QueueJob


class QueueBackend(BackendV2):
    """What ``JobQueue.get_backend`` returns: a backend for ``transpile`` and the primitives, whose jobs are durable.

    Its target, its options and whatever else it is asked for are those of the backend that will run the jobs.

    Attributes:
        queue: the queue that its jobs go to.
        source: what ``get_backend`` was called with: the name of a local backend, or ``module:factory``.
        wrapped: the backend itself, as a worker will make it.
    """

    def __init__(self, queue: "JobQueue", source: str, made_with: Json, wrapped: BackendV2) -> None:
        """Make the backend; :meth:`JobQueue.get_backend` does.

        Args:
            queue: where its jobs go.
            source: the backend's name in the registry.
            made_with: what the backend is made with, as JSON.
            wrapped: the backend.
        """
        super().__init__(
            provider=queue,
            name=wrapped.name,
            description=wrapped.description,
            online_date=wrapped.online_date,
            backend_version=wrapped.backend_version,
        )
        self._options = copy.copy(wrapped.options)
        self._made_with = made_with
        self.queue = queue
        self.source = source
        self.wrapped = wrapped

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    @property
    def target(self) -> Target:
        """What ``transpile`` aims at: the target of the backend that will run the jobs."""
        return self.wrapped.target

    @property
    def max_circuits(self) -> None:
        """None: a job takes any number of circuits, because its worker hands them to the backend one at a time."""
        return

    @property
    def dtm(self) -> Any:
        """What the backend says."""
        return self.wrapped.dtm

    @property
    def meas_map(self) -> Any:
        """What the backend says."""
        return self.wrapped.meas_map

    def qubit_properties(self, qubit: int | list[int]) -> Any:
        """Return what the backend says of its qubits.

        Args:
            qubit: the number of one, or of several.
        """
        return self.wrapped.qubit_properties(qubit)

    def run(
        self,
        run_input: QuantumCircuit | Iterable[QuantumCircuit],
        *,
        shots: int | None = None,
        seed_simulator: int | None = None,
        name: str = "",
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        priority: int = 0,
        time_limit: float | None = None,
        memory_limit: int | str | None = None,
        threads: int | None = None,
        max_attempts: int = 3,
        idempotency_key: str | None = None,
        split: bool = True,
        **options: Any,
    ) -> "QueueJob":
        """Submit circuits. When this returns, the job is on disk: whatever dies now, it will run.

        Args:
            run_input: a circuit, or several. All run in one job, one after another, and each one's result is kept as
                soon as it is there.
            shots: shots of each circuit; by default the backend's.
            seed_simulator: the seed. A local backend's job that is given none gets one now, and keeps it: however often
                it starts anew, its result is the same.
            name: for people.
            tags: to find it by.
            metadata: a dict of anything that can be stored, kept with the job.
            priority: greater runs earlier; among equals, the older.
            time_limit: seconds that one attempt may run.
            memory_limit: resident memory of the process that runs it, in bytes or as text such as ``"2 GiB"``.
            threads: threads of one run.
            max_attempts: how often its process may die before the job is given up. What raises is never tried again.
            idempotency_key: a second submission with the same key gives the job of the first one back.
            split: whether the work may be cut into parts that run side by side, where it takes longer than a moment. A
                local backend's result doesn't depend on it; of another backend, the shots of a circuit that is cut have
                seeds of their own, derived from the job's.
            options: the backend's run options, and ``optimization_level`` (0 to 3) and ``seed_transpiler`` to have the
                worker transpile the circuits for the backend. One that the backend doesn't have is warned about.

        Returns:
            The job.

        Raises:
            QiskitError: of a local backend, its own error class, for whatever its ``run`` would refuse; of any, when
                there is no circuit or something isn't a circuit.
            TypeError: if something is of the wrong type, or can't be stored; says what.
            ValueError: if a limit is zero or negative, or a circuit is too large.
            CodecError: if a circuit can't be stored.
            StoreError: if the job can't be written; then nothing is submitted.
        """
        prepared = self._prepared(
            run_input,
            shots=shots,
            seed_simulator=seed_simulator,
            name=name,
            tags=tags,
            metadata=metadata,
            priority=priority,
            time_limit=time_limit,
            memory_limit=memory_limit,
            threads=threads,
            max_attempts=max_attempts,
            idempotency_key=idempotency_key,
            split=split,
            **options,
        )
        for remark in prepared.remarks:
            warnings.warn(remark, UserWarning, stacklevel=2)
        return self.queue.run_many([prepared])[0]

    def prepare(self, run_input: QuantumCircuit | Iterable[QuantumCircuit], **arguments: Any) -> PreparedJob:
        """Do all that :meth:`run` does, but submit: ``JobQueue.run_many`` commits thousands of prepared jobs at once.

        Args:
            run_input: as for :meth:`run`.
            arguments: likewise.

        Raises:
            QiskitError: as by :meth:`run`, and likewise the other errors.
        """
        prepared = self._prepared(run_input, **arguments)
        for remark in prepared.remarks:
            warnings.warn(remark, UserWarning, stacklevel=2)
        return prepared

    def _prepared(
        self,
        run_input: object,
        *,
        shots: int | None = None,
        seed_simulator: int | None = None,
        name: str = "",
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        priority: int = 0,
        time_limit: float | None = None,
        memory_limit: int | str | None = None,
        threads: int | None = None,
        max_attempts: int = 3,
        idempotency_key: str | None = None,
        split: bool = True,
        **options: Any,
    ) -> PreparedJob:
        limits = checked_limits(
            time_limit=time_limit, memory_limit=memory_limit, threads=threads, max_attempts=max_attempts
        )
        description = described(
            name=name,
            tags=tags,
            metadata=metadata,
            priority=priority,
            limits=limits,
            idempotency_key=idempotency_key,
        )
        given = {"shots": shots, "seed_simulator": seed_simulator}
        wanted = {**self._set_options(), **{key: value for key, value in given.items() if value is not None}, **options}
        run = accepted_run(self.wrapped, run_input, wanted, limits)
        stored_options = checked_json(run.options, "the run's options")
        parts = run.parts if checked_split(split) else ()
        job = new_job(self.source, self._made_with, run.circuits, stored_options, description, parts)
        return PreparedJob(self, job, tuple(run.remarks))

    def _set_options(self) -> dict[str, Any]:
        """Return the options that were set here, with ``set_options``."""
        before = {**self.wrapped.options}
        return {
            name: value for name, value in {**self.options}.items() if name not in before or before[name] is not value
        }

    def __getattr__(self, name: str) -> Any:
        """Return what only the backend itself has, such as ``get_translation_stage_plugin``.

        Args:
            name: the attribute's name.

        Raises:
            AttributeError: if that has no such attribute either.
        """
        if name.startswith("_") or "wrapped" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.wrapped, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.source} of {self.queue!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from queuebit.queue.reopening import reopened_backend

        return reopened_backend, (*self.queue.address, self.source, dict(self._made_with), self._set_options())
