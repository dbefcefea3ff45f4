"""A job's result from those of its circuits."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.merging import merged
from queuebit.codec.results import decode_result, decode_run
from queuebit.store.records import StoredResult

_NOT_FINISHED = "NOT FINISHED"


def assemble(
    stored: Sequence[StoredResult],
    *,
    files: Path,
    num_circuits: int,
    backend_name: str,
    backend_version: str,
    job_id: str,
    success: bool,
    status: str,
    date: str,
    time_taken: float,
    shots: int = 0,
    cut_shots: Mapping[int, int] | None = None,
    headers: Mapping[int, Mapping[str, Any]] | None = None,
) -> Result:
    """Return a job's result; circuits without one get an unsuccessful entry with the status ``NOT FINISHED``.

    Args:
        stored: the results that are there, in any order.
        files: the store's folder of array files.
        num_circuits: how many circuits the job has.
        backend_name: for the result.
        backend_version: for the result.
        job_id: for the result.
        success: whether the job ended well.
        status: for people, such as ``COMPLETED`` or ``PARTIAL``.
        date: when it ended, in ISO 8601.
        time_taken: seconds that the run took.
        shots: how many were wanted, for the entries of circuits without a result.
        cut_shots: how many were wanted of those circuits that have results of some shots each, by index.
        headers: their headers by index, so that they are found by their names; those that aren't here have none.

    Raises:
        CodecError: if a result can't be read, or there are two of one circuit, or one of a circuit that the job hasn't.
    """
    by_index: dict[int, list[StoredResult]] = {}
    for result in stored:
        by_index.setdefault(result.index, []).append(result)
    if not by_index.keys() <= set(range(num_circuits)) or not all(map(_follow, by_index.values())):
        indices = [result.index for result in stored]
        raise CodecError(f"the results of job {job_id} are of circuits {indices}, it has {num_circuits} circuits")
    return Result(
        backend_name=backend_name,
        backend_version=backend_version,
        job_id=job_id,
        success=success,
        results=[
            _decoded(by_index[index], files, (cut_shots or {}).get(index, 0))
            if index in by_index
            else _unfinished((cut_shots or {}).get(index, shots), (headers or {}).get(index))
            for index in range(num_circuits)
        ],
        date=date,
        status=status,
        time_taken=time_taken,
    )


def _follow(results: list[StoredResult]) -> bool:
    """Return whether results of one circuit are of all shots, or of some of them each, and of none twice."""
    if len(results) == 1:
        return True
    ranges = sorted(result.shots for result in results if result.shots is not None)
    return len(ranges) == len(results) and all(
        before.first + before.number <= after.first for before, after in pairwise(ranges)
    )


def _decoded(results: list[StoredResult], files: Path, shots: int) -> ExperimentResult:
    if results[0].shots is None:
        return decode_result(results[0], files)
    in_order = sorted(results, key=lambda result: result.shots or ())
    first, rest = decode_result(in_order[0], files), (decode_run(result, files) for result in in_order[1:])
    whole = merged(first, rest, f"the result of circuit {results[0].index}")
    if whole.shots < shots:
        whole.success, whole.status = False, f"{whole.shots} OF {shots} SHOTS"
    return whole


def _unfinished(shots: int, header: Mapping[str, Any] | None) -> ExperimentResult:
    return ExperimentResult(
        shots=shots,
        success=False,
        data=ExperimentResultData(),
        status=_NOT_FINISHED,
        header=None if header is None else dict(header),
    )
