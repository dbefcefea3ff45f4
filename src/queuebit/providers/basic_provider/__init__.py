"""The basic provider: one simulator that returns counts."""

from queuebit.providers.basic_provider.basic_provider import BasicProvider
from queuebit.providers.basic_provider.basic_provider_job import BasicProviderJob
from queuebit.providers.basic_provider.basic_simulator import BasicSimulator
from queuebit.providers.basic_provider.exceptions import BasicProviderError

__all__ = ["BasicProvider", "BasicProviderError", "BasicProviderJob", "BasicSimulator"]
