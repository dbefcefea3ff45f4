"""What a client was told, as lines in a file that survive its death: written after the answer, before what is next."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from queuebit.queue import QueueJob
from queuebit.store import JobState

from .history import Acknowledged, together


class Witness:
    """Writes down what a client is told of jobs, and notices what can't follow what it was told before."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._attempts: dict[str, int] = {}

    def tell(self, job_id: str, **told: Any) -> None:
        """Write down fields of an :class:`Acknowledged`."""
        self._write({"job_id": job_id, **told})

    def wrong(self, what: str) -> None:
        """Write down what shouldn't have happened."""
        self._write({"violation": what})

    def submitted(self, job: QueueJob, **told: Any) -> QueueJob:
        """Write down that a job was acknowledged."""
        self.tell(job.job_id(), **told)
        return job

    def look(self, job: QueueJob) -> JobState:
        """Look where a job stands, and write that down."""
        record = job.queue.store.get(job.job_id())
        before = self._attempts.get(record.job_id, 0)
        if record.attempt < before:
            self.wrong(f"job {record.job_id} is in attempt {record.attempt} after {before}")
        self._attempts[record.job_id] = record.attempt
        self.tell(record.job_id, attempt=record.attempt, **({"final": record.state} if record.is_final else {}))
        return record.state

    def has_result(self, job: QueueJob) -> None:
        """Write down the counts that a client has been given, if it is a job that gives counts."""
        data = [experiment.data.to_dict() for experiment in job.result(0).results]
        counts = {"counts": [of_circuit["counts"] for of_circuit in data]} if "counts" in data[0] else {}
        self.tell(job.job_id(), final=JobState.DONE, **counts)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, default=sorted) + "\n")


def read_witnesses(paths: Iterable[Path]) -> tuple[dict[str, Acknowledged], list[str]]:
    """Put together what witnesses wrote down.

    Args:
        paths: their files.

    Returns:
        What was told of each job, and what can't all be true or shouldn't have happened.
    """
    # Behind the last end of a line there may be what its writer died at.
    whole = [path.read_text().rpartition("\n")[0] for path in paths]
    lines = [json.loads(line) for text in whole for line in text.splitlines()]
    told, contradictions = together(
        (line.pop("job_id"), _acknowledged(line)) for line in lines if "violation" not in line
    )
    return told, [line["violation"] for line in lines if "violation" in line] + contradictions


def _acknowledged(line: dict[str, Any]) -> Acknowledged:
    fields = {field.name for field in dataclasses.fields(Acknowledged)}
    assert line.keys() <= fields, line
    if "final" in line:
        line["final"] = JobState(line["final"])
    if "counts" in line:
        line["counts"] = tuple(line["counts"])
    if "errors" in line:
        line["errors"] = frozenset(line["errors"])
    return Acknowledged(**line)
