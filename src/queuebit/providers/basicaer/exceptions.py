"""The error of the BasicAer provider."""

from qiskit.exceptions import QiskitError


class BasicAerError(QiskitError):
    """The BasicAer provider can't run this."""

    def __str__(self) -> str:
        return str(self.message)
