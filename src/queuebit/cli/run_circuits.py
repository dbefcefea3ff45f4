"""A run from files to report."""

from collections.abc import Sequence

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files import CircuitInFile, read_circuits
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.progress_line import ProgressLine
from queuebit.cli.run_options import error_text, known_options, require_possible_seed, run_failures
from queuebit.cli.run_report import RunReport, report_of
from queuebit.cli.run_request import RunRequest
from queuebit.engines import Output
from queuebit.providers import JobStatus, JobTimeoutError
from queuebit.providers.local import LocalBackend
from queuebit.providers.local_job import LocalJob
from queuebit.registry import get_backend

# How often the live line learns of progress.
_GLANCE_S = 0.1


def run_circuits(request: RunRequest, line: ProgressLine) -> RunReport:
    """Run the circuits of all files as one job.

    Args:
        request: what to run and how.
        line: shows how far it is.

    Returns:
        What came out; after a timeout or Ctrl-C, what had finished.

    Raises:
        BadInputError: if something in the request or the files can't be run. Then nothing has run.
    """
    backend = _backend(request)
    circuits = read_circuits(request.files, lambda file: line.say(f"Reading {file}"))
    line.say(f"Running {plural(len(circuits), 'circuit')} on {backend.name}")
    job = _submit(backend, circuits, request)
    exit_code = _wait(job, request.timeout_s, line)
    result = job.partial_result()
    if result is None:
        raise RuntimeError(f"{job!r} has no result, not even a partial one")
    return report_of(job, result, circuits, exit_code, backend.name)


def _backend(request: RunRequest) -> LocalBackend:
    """Return the backend, after checking what its own message would give other names than the command line does."""
    require_possible_seed(request.options)
    try:
        backend = get_backend(request.backend)
    except QiskitBackendNotFoundError as error:
        raise BadInputError(error_text(error), cure="See: queuebit backends") from error
    if request.destination.plot is not None and backend.output is Output.UNITARY:
        message = f"--plot draws counts and probabilities, but {backend.name} returns a matrix"
        raise BadInputError(message, cure="Leave --plot out, or choose another backend.")
    return backend


def _submit(backend: LocalBackend, circuits: Sequence[CircuitInFile], request: RunRequest) -> LocalJob:
    with run_failures(circuits):
        return backend.run([entry.circuit for entry in circuits], **known_options(backend, request.options))


def _show(job: LocalJob, line: ProgressLine) -> None:
    progress = job.progress()
    line.advance(progress.done, progress.total)


def _wait(job: LocalJob, timeout_s: float | None, line: ProgressLine) -> ExitCode:
    try:
        job.wait_for_final_state(timeout_s, _GLANCE_S, lambda *_: _show(job, line))
    except JobTimeoutError:
        if job.cancel():
            return ExitCode.TIMEOUT
    except KeyboardInterrupt:
        if job.cancel():
            return ExitCode.INTERRUPTED
    return ExitCode.DONE if job.status() is JobStatus.DONE else ExitCode.CIRCUIT_FAILED
