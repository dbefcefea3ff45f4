"""Keeping the beginning and the end of what a job prints."""

from collections.abc import Iterator

import apsw

from queuebit.store.log_text import KEPT_CHARACTERS, abridged
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.statements import rows
from queuebit.store.sqlite.transaction import Transaction

PIECE_CHARACTERS = 4096
"""A report goes into the last piece as long as that is shorter than this, so that many short ones are few rows."""


def append(transaction: Transaction, sequence: int, text: str) -> None:
    """Keep what a job has printed since the last time, and drop what is in the middle now.

    Args:
        transaction: the transaction.
        sequence: the job's.
        text: what it printed.
    """
    position, characters = transaction.row(SQL.last_log_piece, {"sequence": sequence}) or (0, 0)
    total = position + characters
    for start, piece in _kept(total, text):
        follows = start == position + characters and start != KEPT_CHARACTERS
        lengthen = follows and 0 < characters < PIECE_CHARACTERS
        bindings = {"sequence": sequence, "characters": len(piece), "content": piece}
        bindings["position"] = position if lengthen else start
        transaction.run(SQL.lengthen_log_piece if lengthen else SQL.insert_log_piece, bindings)
    last = total + len(text) - KEPT_CHARACTERS
    transaction.run(SQL.drop_log_pieces, {"sequence": sequence, "first": KEPT_CHARACTERS, "last": last})


def read(connection: apsw.Connection, sequence: int) -> str:
    """Return a job's log as it is shown.

    Args:
        connection: the connection.
        sequence: the job's.
    """
    head, tail, total = "", "", 0
    for position, characters, content in rows(connection, SQL.log_pieces, {"sequence": sequence}):
        if position < KEPT_CHARACTERS:
            head += content
        else:
            tail += content
        total = position + characters
    return abridged(head, tail, total)


def _kept(total: int, text: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a text that belong to the beginning or the end, each with its position."""
    after = total + len(text)
    if total < min(after, KEPT_CHARACTERS):
        yield total, text[: KEPT_CHARACTERS - total]
    start = max(total, KEPT_CHARACTERS, after - KEPT_CHARACTERS)
    if start < after:
        yield start, text[start - total :]
