"""What came out of a job of the queue, circuit by circuit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files import CircuitInFile
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.job_lines import short_id, sources
from queuebit.cli.run_report import RunReport, report_of
from queuebit.cli.store_failed import StoreFailedError
from queuebit.codec.exceptions import CodecError
from queuebit.queue import JobQueue, QueueJob
from queuebit.store import JobRecord


def report_of_job(path: Path, job_id: str, exit_code: ExitCode, *, memory: bool, plots: bool) -> RunReport:
    """Return what a job gave, or what there is of it.

    Args:
        path: the queue's file.
        job_id: the job's id.
        exit_code: what the command will exit with.
        memory: whether to keep every shot's outcome in it, where the job has them.
        plots: whether it shall be drawn.

    Raises:
        BadInputError: if it shall be drawn, and can't be.
        StoreFailedError: if what is stored is damaged.
        StoreError: if the store can't be read.
    """
    with JobQueue(path, start_worker=False) as queue:
        job, record = queue.job(job_id), queue.store.get(job_id)
        try:
            report = _report(job, record, exit_code)
        except CodecError as error:
            raise StoreFailedError(str(error)) from error
    if not memory:
        report = replace(report, circuits=[replace(circuit, memory=None) for circuit in report.circuits])
    if plots and any(circuit.unitary is not None for circuit in report.circuits):
        message = f"--plot draws counts and probabilities, but {report.backend} returns a matrix"
        raise BadInputError(message, cure="Leave --plot out.")
    return report


def _report(job: QueueJob, record: JobRecord, exit_code: ExitCode) -> RunReport:
    circuits = job.circuits()
    files = sources(record) or [f"job {short_id(record)}"] * len(circuits)
    in_files = [CircuitInFile(file, circuit) for file, circuit in zip(files, circuits, strict=True)]
    result = job.partial_result()
    if result is None:
        raise RuntimeError(f"{job!r} has no result, not even a partial one")
    report = report_of(job, result, in_files, exit_code, record.backend_name)
    return replace(report, error=_error(report))


def _error(report: RunReport) -> dict[str, Any] | None:
    match report.exit_code:
        case ExitCode.TIMEOUT:
            return {"kind": "timeout", "message": "the job hasn't ended; it goes on"}
        case ExitCode.INTERRUPTED:
            return {"kind": "interrupted", "message": "interrupted; the job goes on"}
    if report.status == "CANCELLED":
        return {"kind": "cancelled", "message": "the job was cancelled"}
    return report.error
