"""The job contract: what every job of every provider does.

The provider families live in :mod:`queuebit.providers.basic_provider` and
:mod:`queuebit.providers.basicaer`.
"""

from queuebit.providers.exceptions import (
    JobCancelledError,
    JobError,
    JobFailedError,
    JobTimeoutError,
    QiskitBackendNotFoundError,
)
from queuebit.providers.job import Job, JobV1, Progress
from queuebit.providers.jobstatus import JOB_FINAL_STATES, JobStatus
from queuebit.providers.waiting import as_completed, wait_all

__all__ = [
    "JOB_FINAL_STATES",
    "Job",
    "JobCancelledError",
    "JobError",
    "JobFailedError",
    "JobStatus",
    "JobTimeoutError",
    "JobV1",
    "Progress",
    "QiskitBackendNotFoundError",
    "as_completed",
    "wait_all",
]
