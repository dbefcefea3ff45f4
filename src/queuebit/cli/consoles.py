"""Where the command line writes: standard output for results, standard error for everything else."""

import sys
from typing import NoReturn

from rich.console import Console
from rich.theme import Theme

from queuebit.cli.standard_streams import discard_output

THEME = Theme(
    {
        "outcome": "bold",
        "bar": "cyan",
        "fact": "dim",
        "file": "dim",
        "heading": "bold",
        "column": "dim",
        "good": "green",
        "bad": "bold red",
        "warning": "yellow",
    }
)


class OutputConsole(Console):
    """Standard output. It leaves a broken pipe to the command, whose exit code must not change with its reader."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise the BrokenPipeError again."""
        raise  # rich calls this while it handles the error


class ErrorConsole(Console):
    """Standard error. That nobody reads it is no reason to end."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on."""
        self.quiet = True
        discard_output()


def output_console() -> OutputConsole:
    """Return a console for standard output as it is now."""
    return OutputConsole(file=sys.stdout, theme=THEME, highlight=False, markup=False, emoji=False, soft_wrap=False)


def error_console() -> Console:
    """Return a console for standard error as it is now."""
    return ErrorConsole(file=sys.stderr, theme=THEME, highlight=False, markup=False, emoji=False)


def is_watched(console: Console) -> bool:
    """Return whether a person sees the console in a terminal that can redraw a line."""
    isatty = getattr(console.file, "isatty", None)
    return bool(isatty and isatty()) and console.is_terminal and not console.is_dumb_terminal


def visible_rows(console: Console) -> int | None:
    """Return how many lines of output a person sees at once, or None if it isn't shown on a terminal."""
    isatty = getattr(console.file, "isatty", None)
    return console.size.height if isatty and isatty() else None
