"""Watching in a terminal: one line that moves."""

import sys
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from queuebit.monitor.snapshot import Snapshot

_STYLES = {"DONE": "green", "ERROR": "bold red", "CANCELLED": "yellow", "RUNNING": "cyan"}
_LONGEST_BAR = 40
_GOOD_BAR = 20
_SHORTEST_BAR = 8
_SHORTEST_JOB = 16
_GAP = "  "
# What a terminal echoes for Ctrl-C, "^C", must not wrap, or clearing the line would miss it.
_RIGHT_MARGIN = 3


def is_terminal(stream: object) -> bool:
    """Return whether people look at the stream rather than programs or files."""
    isatty = getattr(stream, "isatty", None)
    return bool(callable(isatty) and isatty())


def live_console(stream: TextIO) -> Console | None:
    """Return a console for the stream, or None if it isn't a terminal, or one that can't redraw a line."""
    if not is_terminal(stream):
        return None
    console = Console(file=stream, force_terminal=True, force_jupyter=False, highlight=False)
    return console if console.is_interactive else None


class TerminalDisplay:
    """One live line, with a spinner, the elapsed time and a bar, redrawn ten times a second.

    Args:
        console: the terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("line" if console.options.ascii_only else "dots", style="cyan")
        self._snapshot: Snapshot | None = None
        # What other threads print meanwhile goes above the line, unless it goes to a file.
        self._live = Live(
            get_renderable=lambda: self,
            console=console,
            refresh_per_second=10,
            transient=True,
            redirect_stdout=is_terminal(sys.stdout),
            redirect_stderr=is_terminal(sys.stderr),
        )

    def show(self, snapshot: Snapshot) -> None:
        """Show the snapshot from the next redraw on."""
        self._snapshot = snapshot
        if not self._live.is_started:
            self._live.start(refresh=True)

    def close(self, last_line: str) -> None:
        """Clear the live line, show the cursor again, and write the last line."""
        self._live.stop()
        self._console.print(Text(last_line), soft_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._snapshot is not None:
            width = max(options.max_width - _RIGHT_MARGIN, 1)
            line = _line(self._snapshot, self._spinner, width)
            yield from console.render(line, options.update(width=width))


def _line(snapshot: Snapshot, spinner: Spinner, width: int) -> Table:
    """Lay the snapshot out in ``width`` columns; when they are few, the job's id is cut, and the bar goes."""
    job = Text(f"Job {snapshot.job_id}", no_wrap=True, overflow="ellipsis")
    status = Text(snapshot.status, style=_STYLES.get(snapshot.status, ""))
    facts = Text(_GAP.join(snapshot.facts()))
    cells: list[Spinner | Text | ProgressBar] = [spinner, job, status, facts]
    room = width - 1 - sum(text.cell_len for text in (job, status, facts)) - len(_GAP) * len(cells)
    if snapshot.fraction is not None and room < _GOOD_BAR:
        room += _shorten(job, by=_GOOD_BAR - room)
    if snapshot.fraction is not None and room >= _SHORTEST_BAR:
        bar = ProgressBar(total=1.0, completed=snapshot.fraction, width=min(room, _LONGEST_BAR))
        cells.insert(3, bar)
    table = Table.grid(padding=(0, len(_GAP), 0, 0))
    for cell in cells:
        table.add_column(no_wrap=cell is not job)
    table.add_row(*cells)
    return table


def _shorten(job: Text, *, by: int) -> int:
    """Cut the job's id, of which the beginning is enough to know it by; return how many columns that gave."""
    before = job.cell_len
    job.truncate(max(before - by, min(before, _SHORTEST_JOB)), overflow="ellipsis")
    return before - job.cell_len
