"""Waiting for many jobs at once, without a thread for each."""

import math
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from queuebit.providers.exceptions import JobTimeoutError
from queuebit.providers.job import LONGEST_BLOCK_S, JobV1, checked_seconds
from queuebit.providers.local_executor import LOCAL_EXECUTOR
from queuebit.providers.status_poller import STATUS_POLLER


def as_completed(jobs: Iterable[Any], timeout: float | None = None) -> Iterator[Any]:
    """Yield jobs as they become final, whatever their end; those that are final already come first.

    Args:
        jobs: jobs of any provider. One that can't tell of its changes is polled. A job given twice comes once.
        timeout: seconds from now until the last job must have come; None waits for ever.

    Returns:
        An iterator over the jobs in the order in which they end.

    Raises:
        JobTimeoutError: from the iterator, when the timeout is over and jobs are left; they go on.
        TypeError: if something isn't a job, or ``timeout`` isn't a number.
        ValueError: if ``timeout`` is negative or NaN.
    """
    distinct = {id(job): job for job in jobs}
    for job in distinct.values():
        if not callable(getattr(job, "status", None)):
            raise TypeError(f"as_completed and wait_all take jobs, got {type(job).__name__}: {job!r}")
    deadline = math.inf if timeout is None else time.monotonic() + checked_seconds("timeout", timeout)
    return _by_completion(list(distinct.values()), deadline, timeout)


def wait_all(jobs: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Wait until all jobs are final, whatever their end.

    Args:
        jobs: jobs of any provider.
        timeout: seconds to wait at most for all of them together; None waits for ever.

    Returns:
        The jobs in the order given.

    Raises:
        JobTimeoutError: when the timeout is over and jobs are left; they go on.
        TypeError: if something isn't a job, or ``timeout`` isn't a number.
        ValueError: if ``timeout`` is negative or NaN.
    """
    ordered = list(jobs)
    try:
        for _ in as_completed(ordered, timeout):
            continue
    except BaseException:
        # The frames of an error's traceback must not hold jobs that nobody else holds.
        del jobs, ordered
        raise
    return ordered


def _by_completion(jobs: list[Any], deadline: float, timeout: float | None) -> Iterator[Any]:
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    # This frame alone holds the jobs: those that have come belong to the caller, and with an iterator that is given up
    # the others go.
    left = dict(enumerate(jobs))
    del jobs
    try:
        for number in left:
            _wake_when_final(left[number], partial(ended.put, number))
        while left:
            wait_s = max(0.0, deadline - time.monotonic())
            try:
                with LOCAL_EXECUTOR.waiting_for_others():
                    number = ended.get(timeout=min(wait_s, LONGEST_BLOCK_S))
            except queue.Empty:
                if wait_s > LONGEST_BLOCK_S:
                    continue
                jobs_left = "1 job isn't" if len(left) == 1 else f"{len(left)} jobs aren't"
                raise JobTimeoutError(f"{jobs_left} final after {timeout} s; the work goes on.") from None
            yield left.pop(number)
    finally:
        left.clear()  # as in wait_all()


def _wake_when_final(job: Any, wake: Callable[[], object]) -> None:
    if isinstance(job, JobV1):
        job._wake_when_final(wake)  # noqa: SLF001  # as await does
    elif hasattr(job, "add_done_callback"):
        job.add_done_callback(lambda _: wake())
    else:
        STATUS_POLLER.watch(job, lambda _: wake())
