"""Silence for parsers that print by themselves."""

import contextlib
import io
import os
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_python() -> Iterator[None]:
    """Keep what Python code prints to standard error from the terminal: ANTLR reports what its exceptions say too."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def quiet_native() -> Iterator[None]:
    """Keep what native code prints to standard error from the terminal.

    Qiskit's parsers in Rust report a panic there before it becomes an exception. To silence them, the file descriptor
    itself is turned away, so no other thread should have something to say meanwhile.
    """
    try:
        saved = os.dup(2)
    except OSError:  # closed: there is nothing to keep quiet
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
