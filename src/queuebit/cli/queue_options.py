"""The options that all verbs of the queue have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def store_option(verb: _Verb) -> _Verb:
    """Add ``--store`` to a verb."""
    default = "what QUEUEBIT_STORE names, or else jobs.db among your data"
    return click.option("--store", metavar="FILE", help=f"The queue's file.  [default: {default}]")(verb)


def json_option(verb: _Verb) -> _Verb:
    """Add ``--json`` to a verb."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(verb)
