"""The memory that a child shares with the service: a control, and how much the run has to do."""

import mmap
import os
import tempfile

# Control.SIZE_BYTES, without importing the engines and with them Qiskit into the service.
_CONTROL_BYTES = 16
_CANCELLED, _DONE, _TOTAL = 0, 1, 2


class ControlBlock:
    """Three shared 64-bit integers: whether the run shall stop, how many instructions are done, and of how many.

    The service sets the first, and clears all before it hands over a run; the child advances the other two.
    """

    def __init__(self, descriptor: int) -> None:
        """Use the memory behind a file's descriptor, which can be closed afterwards."""
        self._integers = memoryview(mmap.mmap(descriptor, mmap.PAGESIZE)).cast("q")

    @staticmethod
    def new_descriptor() -> int:
        """Return the descriptor of new memory, all 0, that a child can inherit; the caller closes it."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("queuebit-control")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, mmap.PAGESIZE)
        return descriptor

    @property
    def control(self) -> memoryview:
        """The part that is a :class:`~queuebit.engines.Control`'s buffer."""
        return self._integers.cast("B")[:_CONTROL_BYTES]

    def clear(self) -> None:
        """Make it ready for a run."""
        self._integers[_CANCELLED] = self._integers[_DONE] = self._integers[_TOTAL] = 0

    def cancel(self) -> None:
        """Ask the run to stop."""
        self._integers[_CANCELLED] = 1

    @property
    def cancelled(self) -> bool:
        """Whether the run shall stop."""
        return self._integers[_CANCELLED] != 0

    @property
    def progress(self) -> tuple[int, int]:
        """Instructions done, and of how many; both 0 when nothing is known."""
        total = self._integers[_TOTAL]
        return min(self._integers[_DONE], total), total

    def expect(self, instructions: int) -> None:
        """State how many instructions the run has."""
        self._integers[_TOTAL] = instructions
