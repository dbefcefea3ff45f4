"""The job of the BasicAer provider."""

from queuebit.providers.local_job import LocalJob


class BasicAerJob(LocalJob):
    """A job of the BasicAer provider; see :class:`~queuebit.providers.local_job.LocalJob`."""
