"""How a child runs the circuits of a job, one at a time, on whatever backend it has."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from qiskit import transpile
from qiskit.circuit import QuantumCircuit
from qiskit.providers import BackendV2
from qiskit.result.models import ExperimentResult

from queuebit.engines import Control
from queuebit.providers.exceptions import JobFailedError
from queuebit.providers.local import LocalBackend
from queuebit.store.records import ShotRange
from queuebit.worker.control_block import ControlBlock

# By how much Aer moves the seed from one circuit of a run to the next, so that they aren't sampled alike. Moved
# likewise for circuits that run one at a time, the results are those of one run of them all.
_SEED_STEP = 2113

# As many bits as the local backends' own random seeds.
_JOB_SEED_MASK = 2**31 - 1


class CircuitRuns(ABC):
    """Runs a job's circuits on a backend.

    Attributes:
        leaves_circuits_alone: whether a circuit is certainly the same after its run, so that it can run again.
    """

    leaves_circuits_alone: ClassVar[bool]

    @abstractmethod
    def run(self, index: int, circuit: QuantumCircuit, shots: ShotRange | None = None) -> ExperimentResult:
        """Run one circuit.

        Args:
            index: its place in the job.
            circuit: the circuit.
            shots: which shots to run; None for all.

        Raises:
            Exception: whatever the backend raises; a cancelled run may raise anything.
        """

    @abstractmethod
    def cancel(self) -> None:
        """Have the circuit that runs now stop, if it can; called from another thread, after the block's flag is set."""


def circuit_runs(
    backend: BackendV2, options: Mapping[str, Any], block: ControlBlock, *, job_id: str, num_circuits: int, threads: int
) -> CircuitRuns:
    """Return what runs a job's circuits.

    Args:
        backend: the backend.
        options: the run's options. ``optimization_level``, and with it ``seed_transpiler``, is for the transpiler; the
            backend gets the others.
        block: cancels the run and counts its progress.
        job_id: the job.
        num_circuits: how many circuits it has.
        threads: how many threads a local backend may use.

    Raises:
        QiskitError: if a local backend refuses an option.
    """
    transpilation = _Transpilation(backend, options)
    if isinstance(backend, LocalBackend):
        return _LocalRuns(backend, transpilation, block, job_id=job_id, one=num_circuits == 1, threads=threads)
    return _ForeignRuns(backend, transpilation, block)


class _Transpilation:
    """Makes circuits fit the backend, if that is asked for.

    Attributes:
        run_options: the options that are left for the run.
    """

    def __init__(self, backend: BackendV2, options: Mapping[str, Any]) -> None:
        self.run_options = dict(options)
        self._backend = backend
        self._level = self.run_options.pop("optimization_level", None)
        if self._level is not None:
            # The same circuit again, after a crash, shall be laid out as before.
            self._seed = self.run_options.pop("seed_transpiler", self.run_options.get("seed_simulator"))

    def __call__(self, circuit: QuantumCircuit) -> QuantumCircuit:
        if self._level is None:
            return circuit
        return transpile(circuit, self._backend, optimization_level=self._level, seed_transpiler=self._seed)


class _LocalRuns(CircuitRuns):
    """On a backend of our own: it polls the block while it runs, and counts its instructions there."""

    leaves_circuits_alone = True

    def __init__(
        self,
        backend: LocalBackend,
        transpilation: _Transpilation,
        block: ControlBlock,
        *,
        job_id: str,
        one: bool,
        threads: int,
    ) -> None:
        options = transpilation.run_options
        known = {**backend.options}
        if "seed_simulator" in known and options.get("seed_simulator", known["seed_simulator"]) is None:
            # From the job's random id: all its circuits, on whatever attempt, share one seed, as in a direct run.
            options["seed_simulator"] = UUID(job_id).int & _JOB_SEED_MASK
        self._transpilation = transpilation
        self._run = backend.one_by_one(Control(block.control), usual_threads=threads, **options)
        self._block = block
        self._one = one

    def run(self, index: int, circuit: QuantumCircuit, shots: ShotRange | None = None) -> ExperimentResult:
        experiment = self._run.prepare(self._transpilation(circuit))
        if self._one and experiment.program is not None:
            self._block.expect(experiment.program.num_instructions)
        return self._run.run(experiment, index, shots)

    def cancel(self) -> None:
        """Do nothing: the engine sees the flag."""


class _ForeignRuns(CircuitRuns):
    """On anybody's backend: its own job is cancelled, which it may ignore."""

    leaves_circuits_alone = False

    def __init__(self, backend: BackendV2, transpilation: _Transpilation, block: ControlBlock) -> None:
        self._backend = backend
        self._transpilation = transpilation
        self._block = block
        self._lock = threading.Lock()
        self._job: Any = None

    def run(self, index: int, circuit: QuantumCircuit, shots: ShotRange | None = None) -> ExperimentResult:
        job = self._backend.run(self._transpilation(circuit), **self._options(index, shots))
        self._hold(job)
        try:
            result = job.result()
        finally:
            self._hold(None)
        experiments = list(result.results or [])
        if len(experiments) != 1:
            raise JobFailedError(f"the backend gave {len(experiments)} results for one circuit")
        if not (result.success and experiments[0].success):
            raise JobFailedError(str(experiments[0].status or result.status or "the backend gave no reason"))
        return experiments[0]

    def cancel(self) -> None:
        with self._lock:
            job = self._job
        if job is not None:
            job.cancel()

    def _hold(self, job: Any) -> None:
        with self._lock:
            self._job = job
        if job is not None and self._block.cancelled:
            # The request came before there was a job to cancel.
            job.cancel()

    def _options(self, index: int, shots: ShotRange | None) -> dict[str, Any]:
        options = self._transpilation.run_options
        if shots is not None:
            options = {**options, "shots": shots.number}
        seed = options.get("seed_simulator", getattr(self._backend.options, "seed_simulator", None))
        if isinstance(seed, bool) or not isinstance(seed, int):
            return options
        return {**options, "seed_simulator": _seed(seed, index, shots)}


def _seed(seed: int, index: int, shots: ShotRange | None) -> int:
    """Return the seed of a circuit, or of some of its shots, which are independent of the others."""
    if shots is None or shots.first == 0:
        return seed + index * _SEED_STEP
    digest = sha256(f"{seed} {index} {shots.first}".encode()).digest()
    return int.from_bytes(digest[:8], "little") & _JOB_SEED_MASK
