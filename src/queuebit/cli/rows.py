"""What the tables of results have in common."""

from collections.abc import Sequence
from typing import TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

Row = TypeVar("Row", bound=tuple[str, object])

# Bits are wrapped when there is no room, but not into a column narrower than this.
NARROWEST = 16
"""Columns of a narrow label."""


def cut(rows: Sequence[Row], most_lines: int, width: int) -> Sequence[Row]:
    """Return the first rows, as many as fit; at least one.

    Args:
        rows: all rows, each beginning with its label.
        most_lines: how many lines there are.
        width: columns that a label may take before it is wrapped.
    """
    if not rows:
        return rows
    lines_per_row = -(-len(rows[0][0]) // max(width, NARROWEST))
    return rows[: max(most_lines // lines_per_row, 1)]


def narrow_table(label: Text, *figures: str) -> Table:
    """Return an empty table: a label, columns of figures, and a bar that takes the rest of the width."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="column", expand=True)
    table.caption_justify = "left"
    table.caption_style = "fact"
    table.add_column(label, style="outcome", overflow="fold")
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    table.add_column("", ratio=1)
    return table
