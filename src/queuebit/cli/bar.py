"""A horizontal bar made of characters."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.segment import Segment

_EIGHTHS = " ▏▎▍▌▋▊▉"
_SHORTEST = 4


class Bar:
    """A bar over a part of the width, exact to an eighth of a character; of ``#`` where there is only ASCII."""

    def __init__(self, part: float) -> None:
        """Create the bar.

        Args:
            part: its length, from 0 to 1.
        """
        self._part = part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        width = options.max_width
        if options.ascii_only:
            text = "#" * round(self._part * width)
        else:
            full, eighth = divmod(round(self._part * width * 8), 8)
            text = "█" * full + _EIGHTHS[eighth].strip()
        yield Segment(text, console.get_style("bar"))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(_SHORTEST, options.max_width)
