"""A unitary as a grid of numbers."""

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from queuebit.cli.figures import matrix_entry

# A number such as -0.7071-0.7071j, and the gap before it.
_CELL_WIDTH = 17


def unitary_table(unitary: NDArray[np.complex128], console: Console, most_lines: int) -> RenderableType:
    """Return the matrix, or as much of its upper left corner as fits, and below it how much that is.

    Args:
        unitary: the matrix, of shape ``(2**n, 2**n)``.
        console: where it will be shown.
        most_lines: how many lines it may take.
    """
    size = len(unitary)
    label_width = max((size - 1).bit_length(), 1)
    columns = min(size, max((console.width - label_width - 2) // _CELL_WIDTH, 1))
    rows = min(size, max(most_lines, 1))
    table = Table(box=None, pad_edge=False, header_style="column")
    table.add_column("", style="column", no_wrap=True, min_width=label_width)
    for column in range(columns):
        table.add_column(format(column, f"0{label_width}b"), justify="right", no_wrap=True)
    for row in range(rows):
        cells = (matrix_entry(complex(value)) for value in unitary[row, :columns])
        table.add_row(format(row, f"0{label_width}b"), *cells)
    if rows == columns == size:
        return table
    return Group(table, Text(f"{rows} x {columns} of {size} x {size} entries shown; --json has all", "fact"))
