"""The line that moves while a run goes on."""

from collections.abc import Iterable
from types import TracebackType

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from queuebit.cli.consoles import is_watched
from queuebit.cli.printable import printable

# What a terminal echoes for Ctrl-C, "^C", must not wrap, or clearing the line would miss it.
_RIGHT_MARGIN = 3


class _Line(Progress):
    """A progress display that leaves the end of the line free."""

    def get_renderables(self) -> Iterable[RenderableType]:
        for renderable in super().get_renderables():
            yield Padding(renderable, (0, _RIGHT_MARGIN, 0, 0))


class ProgressLine:
    """Shows how far a run is, if the console is a terminal; else it shows nothing. It leaves no trace at its end.

    Attributes:
        console: where it is shown; what else is printed there meanwhile goes above it.
    """

    def __init__(self, console: Console, *, hidden: bool = False) -> None:
        """Create the line; it appears in a ``with`` block.

        Args:
            console: standard error.
            hidden: never show it.
        """
        self.console = console
        self._progress = _Line(
            SpinnerColumn("line" if console.options.ascii_only else "dots"),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=hidden or not is_watched(console),
            expand=True,
        )
        self._task = self._progress.add_task("Starting", total=None)

    def __enter__(self) -> "ProgressLine":
        """Show the line."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the line away and show the cursor again."""
        self._progress.stop()

    def say(self, text: str) -> None:
        """Show what is being done."""
        self._progress.update(self._task, description=printable(text))

    def advance(self, done: int, total: int) -> None:
        """Show how much is done; a total of 0 stands for one that isn't known."""
        self._progress.update(self._task, completed=done, total=total or None)
