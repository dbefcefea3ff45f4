"""A statevector as a table with bars."""

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from queuebit.cli.bar import Bar
from queuebit.cli.figures import amplitude, percent, plural
from queuebit.cli.rows import cut, narrow_table

# What stands beside the basis state: amplitude, percent, the shortest bar, and the gaps between.
_BESIDE_STATE = 46

# Probabilities below are rounding errors, not worth a line.
_NEGLIGIBLE = 1e-20


def statevector_table(statevector: NDArray[np.complex128], console: Console, most_lines: int) -> Table:
    """Return a table of amplitudes, the most probable first, and below it how many are left out.

    Args:
        statevector: the state, of shape ``(2**n,)``; index bit q is qubit q.
        console: where it will be shown.
        most_lines: how many lines the basis states may take.
    """
    probabilities = np.abs(statevector) ** 2
    width = max(int(statevector.size - 1).bit_length(), 1)
    number = int(np.count_nonzero(probabilities > _NEGLIGIBLE))
    ranked = most_probable(probabilities, min(number, most_lines))
    rows = [(format(int(index), f"0{width}b"), int(index)) for index in ranked]
    shown = cut(rows, most_lines, console.width - _BESIDE_STATE)
    table = narrow_table(Text("state"), "amplitude", "%")
    ket = "|{}>" if console.options.ascii_only else "|{}⟩"
    for bits, index in shown:
        part = float(probabilities[index])
        bar = Bar(part / float(probabilities[ranked[0]]))
        table.add_row(Text(ket.format(bits)), amplitude(complex(statevector[index])), percent(part), bar)
    if number > len(shown):
        left_out = max(0.0, float(probabilities.sum() - sum(probabilities[index] for _, index in shown)))
        table.caption = (
            f"{plural(number - len(shown), 'more basis state')} ({percent(left_out)}) not shown; --json has all"
        )
    return table


def most_probable(probabilities: NDArray[np.float64], number: int) -> NDArray[np.intp]:
    """Return the indices of the largest probabilities, the largest first, equal ones by index.

    Args:
        probabilities: of shape ``(n,)``.
        number: how many indices, 0 to n.
    """
    if number == 0:
        return np.empty(0, dtype=np.intp)
    threshold = np.partition(probabilities, -number)[-number]
    candidates = np.flatnonzero(probabilities >= threshold)
    # Rounded, so that states that are equally probable but for a rounding error stay in order.
    order = np.lexsort((candidates, -probabilities[candidates].round(12)))
    return candidates[order][:number]
