"""The job of the basic provider."""

from queuebit.providers.local_job import LocalJob


class BasicProviderJob(LocalJob):
    """A job of the basic provider; see :class:`~queuebit.providers.local_job.LocalJob`."""
