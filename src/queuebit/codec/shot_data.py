"""An experiment's data whose memory is made a list of texts when somebody asks for it."""

from collections.abc import Callable
from typing import Any, Protocol

from qiskit.result.models import ExperimentResultData

from queuebit.codec.shot_list import ShotList


class Shots(Protocol):
    """Each shot's outcome, in a form that is quick to make and small."""

    def unpacked(self) -> list[str]:
        """Return the memory as Qiskit has it: the outcome of each shot as text."""

    def packed(self) -> ShotList | None:
        """Return the memory as it is stored, or None if it can't be made shorter."""


class ShotData(ExperimentResultData):
    """Qiskit's data of an experiment; ``memory`` is an ordinary list from its first use on.

    Most who run circuits look at the counts, and a list of all shots takes longer to make than a small circuit to run.
    """

    def __init__(self, shots: Shots, **fields: Any) -> None:
        """Create the data.

        Args:
            shots: the memory.
            fields: everything else, such as ``counts``.
        """
        super().__init__(memory=(), **fields)
        del self.memory  # what isn't there is made by __getattr__
        self._shots: Shots | None = shots

    def __getattr__(self, name: str) -> Any:
        """Make the memory.

        Args:
            name: the attribute that isn't there.

        Raises:
            AttributeError: if that is another one.
        """
        shots = vars(self).get("_shots")
        if name != "memory" or shots is None:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        # Of several threads that come here at once, all get the same list.
        return self.__dict__.setdefault("memory", shots.unpacked())

    def shots(self) -> Shots | list[str]:
        """Return the memory in the form that it has now."""
        memory: list[str] | None = vars(self).get("memory")
        return self._shots if memory is None and self._shots is not None else memory or []

    def with_memory_as(self, form: Callable[[Shots], object]) -> ExperimentResultData:
        """Return the same data with the memory in another form; a list that somebody has been given stays as it is.

        Args:
            form: makes it.
        """
        there = vars(self)
        memory = there.get("memory")
        fields = {name: there[name] for name in self._data_attributes if name != "memory"}
        return ExperimentResultData(memory=form(there["_shots"]) if memory is None else memory, **fields)
