"""Bounded waiting for checks: a job that hangs fails its check instead of hanging the test run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.001
"""Seconds between two looks at a condition: short against every bound, long against the cost of a look."""


def within(limit_s: float, call: Callable[[], T], what: str = "the call") -> T:
    """Return what `call` returns, or raise what it raises, if that takes no longer than the limit.

    The call runs in the background; one that is late is left behind there, because Python can't stop it.

    Args:
        limit_s: Seconds that the call may take.
        call: What to do.
        what: How a failure names the call.

    Returns:
        What `call` returned.

    Raises:
        AssertionError: The call had not come back when the limit was over.
    """
    __tracebackhide__ = True
    outcome = in_background(call)
    wait([outcome], limit_s)
    if not outcome.done():
        raise AssertionError(f"{what} had not come back after {limit_s:g} s")
    return outcome.result()


def in_background(call: Callable[[], T]) -> Future[T]:
    """Start a call in a thread of its own, a daemon: one that hangs doesn't hold the interpreter.

    Args:
        call: What to do.

    Returns:
        What becomes of it.
    """
    outcome: Future[T] = Future()
    threading.Thread(target=_run_into, args=(outcome, call), name="background-call", daemon=True).start()
    return outcome


def eventually(limit_s: float, condition: Callable[[], bool]) -> bool:
    """Poll a condition until it holds or the limit is over.

    Args:
        limit_s: Seconds to go on polling.
        condition: Asked at least once.

    Returns:
        Whether the condition held in the end.
    """
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def _run_into(outcome: Future[T], call: Callable[[], T]) -> None:
    try:
        outcome.set_result(call())
    except BaseException as error:  # the thread that waits raises it again, whatever it is
        outcome.set_exception(error)
