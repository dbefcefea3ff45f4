"""Standard output and error when they are closed, or when their reader goes."""

import contextlib
import os
import sys


def replace_closed_streams() -> None:
    """Put a stream to nowhere in place of each one that the caller closed, as ``2>&-`` does."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # lives on


def discard_output() -> None:
    """Send what can't be written to nowhere: the reader of a pipe has gone, or the disk is full.

    Otherwise the interpreter tries once more when it ends, complains, and ends with an exit code of its own.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):  # a stream without a file descriptor
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
