"""What the local provider families share: options, targets, the simulation that is a job's work, and its result."""

from queuebit.providers.local.backend import LocalBackend
from queuebit.providers.local.provider import LocalProvider

__all__ = ["LocalBackend", "LocalProvider"]
