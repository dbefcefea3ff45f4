"""What an engine refuses, and how a cancelled run ends."""

from qiskit.exceptions import QiskitError


class EngineError(QiskitError):
    """An engine can't run this circuit."""

    def __str__(self) -> str:
        return str(self.message)


class UnsupportedInstructionError(EngineError):
    """The circuit has an instruction that the engine, or the wanted output, doesn't know."""


class EngineLimitError(EngineError):
    """This engine can't run the circuit; another one may."""


class UnboundParametersError(EngineError):
    """The circuit has parameters or inputs without a value."""


class InsufficientMemoryError(EngineError, MemoryError):
    """The run needs more memory than there is."""


class ClassicalValueError(EngineError):
    """A classical expression has no value, such as a division by zero or an unset variable."""


class RunCancelledError(Exception):
    """The run was stopped by its control's cancel flag."""
