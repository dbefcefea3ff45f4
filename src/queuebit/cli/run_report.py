"""What came out of a run, circuit by circuit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.result import Result
from qiskit.result.models import ExperimentResult

from queuebit.cli.circuit_files import CircuitInFile
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.outcome_layout import OutcomeLayout
from queuebit.providers import JOB_FINAL_STATES, JobStatus, JobV1


@dataclass(frozen=True, kw_only=True)
class CircuitReport:
    """What came out of one circuit.

    Attributes:
        index: its position in the run.
        name: its name.
        file: the file it is from.
        status: ``DONE``, ``ERROR`` or ``CANCELLED``; of a job that goes on also ``QUEUED`` or ``RUNNING``.
        message: why it isn't ``DONE``, or None.
        shots: how often it ran.
        seed: the seed of its random numbers.
        registers: names of its classical registers, in the order in which their bits stand in outcomes.
        counts: how many shots had each outcome, or None if it has no counts.
        memory: the outcome of each shot, or None if that wasn't asked for.
        statevector: its final state of shape ``(2**n,)``, or None. Index bit q is qubit q.
        unitary: its matrix of shape ``(2**n, 2**n)``, or None.
        time_taken_s: how long it ran, or None if it didn't end.
        metadata: facts about its run, such as the engine.
    """

    index: int
    name: str
    file: str
    status: str
    message: str | None
    shots: int
    seed: int | None
    registers: Sequence[str] = ()
    counts: dict[str, int] | None = None
    memory: list[str] | None = None
    statevector: NDArray[np.complex128] | None = None
    unitary: NDArray[np.complex128] | None = None
    time_taken_s: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def engine(self) -> str | None:
        """The engine that ran it, or None if it didn't end."""
        return self.metadata.get("engine")


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What came out of a run.

    Attributes:
        backend: the backend's name.
        job_id: the job's id.
        status: the job's final status.
        exit_code: what the command will exit with.
        circuits: what came out of each circuit, in order.
        error: what went wrong, as the JSON document shows it, or None.
    """

    backend: str
    job_id: str
    status: str
    exit_code: ExitCode
    circuits: list[CircuitReport]
    error: dict[str, Any] | None


def report_of(
    job: JobV1, result: Result, circuits: Sequence[CircuitInFile], exit_code: ExitCode, backend: str
) -> RunReport:
    """Return what a job gave.

    Args:
        job: the job; of one that goes on, the circuits without a result have its status.
        result: its result, or what it has of it.
        circuits: the circuits that it ran.
        exit_code: how the run ended.
        backend: the name of the backend.
    """
    status = job.status()
    reports = [_circuit_report(index, circuit, result, job) for index, circuit in enumerate(circuits)]
    return RunReport(
        backend=backend,
        job_id=job.job_id(),
        status=status.name,
        exit_code=exit_code,
        circuits=reports,
        error=_error(exit_code, job, reports),
    )


def _circuit_report(index: int, circuit: CircuitInFile, result: Result, job: JobV1) -> CircuitReport:
    found = result.results[index]
    status, message = _status_of(found, job)
    layout = OutcomeLayout(circuit.circuit)
    return CircuitReport(
        index=index,
        name=circuit.circuit.name,
        file=circuit.file,
        status=status,
        message=message,
        shots=found.shots,
        seed=getattr(found, "seed_simulator", None),
        registers=[field.name for field in reversed(layout.fields)],
        time_taken_s=getattr(found, "time_taken", None),
        metadata=dict(getattr(found, "metadata", None) or {}),
        **_data(found, layout) if found.success else {},
    )


def _data(found: ExperimentResult, layout: OutcomeLayout) -> dict[str, Any]:
    data = found.data.to_dict()
    fields: dict[str, Any] = {}
    if "counts" in data:
        fields["counts"] = {layout.format(outcome): int(number) for outcome, number in data["counts"].items()}
    if "memory" in data:
        texts = {outcome: layout.format(outcome) for outcome in set(data["memory"])}
        fields["memory"] = [texts[outcome] for outcome in data["memory"]]
    for name in ("statevector", "unitary"):
        if name in data:
            fields[name] = np.asarray(data[name])
    return fields


def _status_of(found: ExperimentResult, job: JobV1) -> tuple[str, str | None]:
    if found.success:
        return JobStatus.DONE.name, None
    if found.status.startswith("ERROR"):
        return JobStatus.ERROR.name, found.status.removeprefix("ERROR").removeprefix(": ")
    if job.status() is JobStatus.CANCELLED:
        return JobStatus.CANCELLED.name, "cancelled before its end"
    if job.status() not in JOB_FINAL_STATES:
        return job.status().name, "not ended yet"
    return JobStatus.ERROR.name, job.error_message()


def _error(exit_code: ExitCode, job: JobV1, circuits: Sequence[CircuitReport]) -> dict[str, Any] | None:
    if exit_code is ExitCode.DONE:
        return None
    if exit_code is ExitCode.TIMEOUT:
        return {"kind": "timeout", "message": "the run took longer than --timeout allows, and was cancelled"}
    if exit_code is ExitCode.INTERRUPTED:
        return {"kind": "interrupted", "message": "the run was interrupted, and cancelled"}
    failed = next((circuit for circuit in circuits if circuit.status == JobStatus.ERROR.name), None)
    facts = {} if failed is None else {"circuit_index": failed.index, "circuit_name": failed.name, "file": failed.file}
    return {"kind": "circuit_failed", "message": job.error_message(), **facts}
