"""A run from files to report."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from qiskit.exceptions import QiskitError
from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.cli.bad_input import BadInputError, Place
from queuebit.cli.circuit_files import CircuitInFile, read_circuits
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.progress_line import ProgressLine
from queuebit.cli.run_report import RunReport, report_of
from queuebit.cli.run_request import RunRequest
from queuebit.engines import MAX_SEED, Output
from queuebit.providers import JobStatus, JobTimeoutError
from queuebit.providers.local import LocalBackend
from queuebit.providers.local_job import LocalJob
from queuebit.registry import get_backend

# What the command line calls Qiskit's options.
_FLAGS = {
    "shots": "--shots",
    "seed_simulator": "--seed",
    "memory": "--memory",
    "method": "--method",
    "precision": "--precision",
    "threads": "--threads",
}

_UNKNOWN_INSTRUCTION_CURE = "Define it as a gate in the file, or decompose it before saving the circuit."

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
    return report_of(job, result, circuits, exit_code)


def _backend(request: RunRequest) -> LocalBackend:
    """Return the backend, after checking what its own message would give other names than the command line does."""
    seed = request.options.get("seed_simulator", 0)
    if seed > MAX_SEED:
        raise BadInputError(f"--seed must be at most {MAX_SEED}; got {seed}", cure="Give a smaller seed.")
    try:
        backend = get_backend(request.backend)
    except QiskitBackendNotFoundError as error:
        raise BadInputError(_text(error), cure="See: queuebit backends") from error
    if request.plot is not None and backend.output is Output.UNITARY:
        message = f"--plot draws counts and probabilities, but {backend.name} returns a matrix"
        raise BadInputError(message, cure="Leave --plot out, or choose another backend.")
    return backend


def _submit(backend: LocalBackend, circuits: Sequence[CircuitInFile], request: RunRequest) -> LocalJob:
    options = _options(backend, request.options)
    try:
        return backend.run([entry.circuit for entry in circuits], **options)
    except QiskitError as error:
        text = _text(error)
        named = next((entry for entry in circuits if f"circuit {entry.circuit.name!r}" in text), None)
        place = None if named is None else Place(file=named.file)
        cure = _UNKNOWN_INSTRUCTION_CURE if "unknown instruction" in text else "Nothing was run."
        raise BadInputError(text, cure=cure, place=place) from error


def _options(backend: LocalBackend, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that the backend has, after a warning about those it hasn't; no memory unless asked for."""
    known = {**backend.options}
    for name in given.keys() - known.keys():
        warnings.warn(f"{_FLAGS[name]} has no effect: {backend.name} has no such option", stacklevel=2)
    options = {name: value for name, value in given.items() if name in known}
    return {"memory": False, **options} if "memory" in known else options


def _wait(job: LocalJob, timeout_s: float | None, line: ProgressLine) -> ExitCode:
    try:
        job.wait_for_final_state(timeout_s, _GLANCE_S, lambda *_: line.advance(job.progress()))
    except JobTimeoutError:
        if job.cancel():
            return ExitCode.TIMEOUT
    except KeyboardInterrupt:
        if job.cancel():
            return ExitCode.INTERRUPTED
    return ExitCode.DONE if job.status() is JobStatus.DONE else ExitCode.CIRCUIT_FAILED


def _text(error: QiskitError) -> str:
    return str(getattr(error, "message", None) or error)
