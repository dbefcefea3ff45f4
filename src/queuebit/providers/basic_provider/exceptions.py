"""The error of the basic provider."""

from qiskit.providers.basic_provider.exceptions import BasicProviderError as _QiskitBasicProviderError


class BasicProviderError(_QiskitBasicProviderError):
    """The basic provider can't run this; also an error of Qiskit's class of the same name."""

    def __str__(self) -> str:
        return str(self.message)
