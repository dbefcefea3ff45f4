"""The basic provider."""

from queuebit.providers.basic_provider.basic_simulator import BasicSimulator
from queuebit.providers.local import LocalProvider


class BasicProvider(LocalProvider):
    """Provides ``basic_simulator``."""

    def __init__(self) -> None:
        super().__init__(lambda provider: [BasicSimulator(provider)])
