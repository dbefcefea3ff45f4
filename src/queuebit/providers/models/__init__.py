"""Plain models of what providers exchange."""

from queuebit.providers.models.jobstatus import JobStatus

__all__ = ["JobStatus"]
