"""Jobs as one file, for another queue: what ``JobQueue.export`` writes and ``JobQueue.import_`` reads.

The file is a zip of::

    queuebit.json               {"format": "queuebit jobs", "version": 2, "jobs": [ids]}
    jobs/<id>.json              the job: its record, story and log, which circuits and results it has
    circuits/<sha256>.qpy       a circuit, once for all jobs that have it
    results/<id>/<index>        the result of a circuit; of some of its shots, with ``-<first shot>`` behind it
    files/<name>.npy            a large array of a result

Each member has a checksum, which zip files have; each circuit's name is its SHA-256.
"""

from typing import Literal

from queuebit.store.exceptions import StoreError
from queuebit.store.records import ShotRange

Conflicts = Literal["refuse", "skip"]
"""What becomes of jobs in a file that are in the queue already."""

FORMAT, VERSION = "queuebit jobs", 2

READABLE_VERSIONS = (1, 2)
"""Version 1 had no jobs in parts."""

HEAD = "queuebit.json"


class ExchangeError(StoreError):
    """A file of jobs can't be written or read as asked; the text says why, and nothing has been imported."""


def job_member(job_id: str) -> str:
    """Return where in the file a job is.

    Args:
        job_id: the job.
    """
    return f"jobs/{job_id}.json"


def circuit_member(digest: str) -> str:
    """Return where in the file a circuit is.

    Args:
        digest: its SHA-256 in hexadecimal.
    """
    return f"circuits/{digest}.qpy"


def result_member(job_id: str, index: int, shots: ShotRange | None) -> str:
    """Return where in the file the result of a circuit is.

    Args:
        job_id: the job.
        index: the circuit's place in it.
        shots: which shots it is of; None for all.
    """
    return f"results/{job_id}/{index}" + ("" if shots is None else f"-{shots.first}")


def array_member(name: str) -> str:
    """Return where in the file an array is.

    Args:
        name: the name of its file beside the store.
    """
    return f"files/{name}"
