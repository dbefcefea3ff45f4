"""From files to a job in the queue."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files import CircuitInFile, read_circuits
from queuebit.cli.progress_line import ProgressLine
from queuebit.cli.queue_file import located, store_failures
from queuebit.cli.run_options import error_text, known_options, require_possible_seed, run_failures
from queuebit.cli.submission_request import SubmissionRequest
from queuebit.providers.local import LocalBackend
from queuebit.queue import JobQueue, QueueBackend, QueueJob


def submitted(request: SubmissionRequest, line: ProgressLine) -> tuple[str, Path]:
    """Submit the circuits of all files as one job.

    Args:
        request: what to submit and how.
        line: shows what is being done.

    Returns:
        The job's id, and the queue's file.

    Raises:
        BadInputError: if something in the request or the files can't be run. Then nothing is submitted.
        StoreFailedError: if the job can't be written; likewise.
    """
    circuits = read_circuits(request.files, lambda file: line.say(f"Reading {file}"))
    line.say("Submitting")
    with store_failures(), JobQueue(located(request.store), start_worker=not request.no_worker) as queue:
        backend = _backend(queue, request)
        job = _submit(backend, circuits, request)
        return job.job_id(), queue.path


def _backend(queue: JobQueue, request: SubmissionRequest) -> QueueBackend:
    try:
        return queue.get_backend(request.backend, **request.made_with())
    except QiskitBackendNotFoundError as error:
        raise BadInputError(error_text(error), cure="See: queuebit backends") from error


def _submit(backend: QueueBackend, circuits: Sequence[CircuitInFile], request: SubmissionRequest) -> QueueJob:
    arguments = {**request.arguments(), **_options(backend, request)}
    with run_failures(circuits):
        try:
            return backend.run(
                [entry.circuit for entry in circuits],
                metadata={"files": [entry.file for entry in circuits]},
                **arguments,
            )
        except (ValueError, TypeError) as error:
            raise BadInputError(str(error), cure="See: queuebit submit --help") from error


def _options(backend: QueueBackend, request: SubmissionRequest) -> dict[str, Any]:
    """Return the options for the backend; somebody else's gets all, for it needn't say which it has."""
    given = request.run_options()
    if not isinstance(backend.wrapped, LocalBackend):
        return given
    require_possible_seed(given)
    return known_options(backend, given)
