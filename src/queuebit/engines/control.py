"""What a run shares with whoever watches it: a cancel flag and a progress counter."""

from queuebit.engines.exceptions import RunCancelledError

_CANCELLED, _DONE = 0, 1


class Control:
    """Two shared 64-bit integers: whether the run shall stop, and how many instructions are done.

    They live in plain memory, so that another thread sees them at once, and another process does when the memory is
    shared. Each has one writer: the watcher sets the flag, the run advances the counter.

    Example:
        >>> control = Control()
        >>> control.done += 3
        >>> control.done
        3
        >>> control.cancel()
        >>> control.cancelled
        True
    """

    SIZE_BYTES = 16
    """Size of the buffer: the flag, then the counter, each a native signed 64-bit integer."""

    def __init__(self, buffer: bytearray | memoryview | None = None) -> None:
        """Use the given memory, or new memory.

        Args:
            buffer: writable memory of at least :attr:`SIZE_BYTES` bytes; it is used as it is, not cleared.

        Raises:
            ValueError: if the buffer is too small or can't be written.
        """
        view = memoryview(bytearray(self.SIZE_BYTES) if buffer is None else buffer).cast("B")
        if len(view) < self.SIZE_BYTES or view.readonly:
            raise ValueError(f"a control needs {self.SIZE_BYTES} writable bytes, got {len(view)}")
        self._integers = view[: self.SIZE_BYTES].cast("q")

    @property
    def buffer(self) -> memoryview:
        """The two integers, for an engine that polls them in native code."""
        return self._integers

    @property
    def cancelled(self) -> bool:
        """Whether the run shall stop."""
        return self._integers[_CANCELLED] != 0

    def cancel(self) -> None:
        """Ask the run to stop."""
        self._integers[_CANCELLED] = 1

    @property
    def done(self) -> int:
        """Instructions finished so far, over all runs that used this control."""
        return self._integers[_DONE]

    @done.setter
    def done(self, instructions: int) -> None:
        self._integers[_DONE] = instructions

    def raise_if_cancelled(self) -> None:
        """Raise when the run shall stop.

        Raises:
            RunCancelledError: if :meth:`cancel` was called.
        """
        if self._integers[_CANCELLED]:
            raise RunCancelledError("the run was cancelled")
