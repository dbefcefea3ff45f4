"""Python's warnings, as lines for whoever runs the command."""

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from queuebit.cli.printable import printable


@contextlib.contextmanager
def warning_lines(console: Console) -> Iterator[list[str]]:
    """Print each warning as one line instead of Python's two, without the place in the code.

    Those meant for programmers, such as DeprecationWarning, are left out unless ``PYTHONWARNINGS`` asks for them.

    Args:
        console: standard error.

    Yields:
        The texts of the warnings so far.
    """
    texts: list[str] = []

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = printable(" ".join(str(message).split()))
        texts.append(text)
        console.print(Text.assemble(("warning: ", "warning"), text), soft_wrap=True)

    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.resetwarnings()
            for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", category)
        warnings.showwarning = show
        yield texts
