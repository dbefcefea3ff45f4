"""Counts as a table with bars."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from queuebit.cli.bar import Bar
from queuebit.cli.figures import percent, plural
from queuebit.cli.rows import cut, narrow_table

# What stands beside the outcome: number, percent, the shortest bar, and the gaps between.
_BESIDE_OUTCOME = 40


def counts_table(counts: Mapping[str, int], registers: Sequence[str], console: Console, most_lines: int) -> Table:
    """Return a table of counts, the most frequent first, and below it how many are left out.

    Args:
        counts: how many shots had each outcome.
        registers: names of the classical registers, in the order in which their bits stand in outcomes.
        console: where it will be shown.
        most_lines: how many lines the outcomes may take.
    """
    shots = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    shown = cut(ranked, most_lines, console.width - _BESIDE_OUTCOME)
    table = narrow_table(Text(" ".join(registers)), "shots", "%")
    for outcome, number in shown:
        table.add_row(Text(outcome), f"{number:,}", percent(number / shots), Bar(number / ranked[0][1]))
    rest = ranked[len(shown) :]
    if rest:
        left_out = sum(number for _, number in rest)
        table.caption = (
            f"{plural(len(rest), 'more outcome')} with {plural(left_out, 'shot')} "
            f"({percent(left_out / shots)}) not shown; --json has all"
        )
    return table
