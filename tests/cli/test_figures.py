"""The examples in the docstrings of what formats text."""

import doctest

from queuebit.cli import figures, printable


def test_the_examples_hold() -> None:
    for module in (figures, printable):
        results = doctest.testmod(module)
        assert results.attempted > 0
        assert results.failed == 0
