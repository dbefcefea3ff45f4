"""Waiting for what happens in a queue, without Qiskit."""

import time
from collections.abc import Callable

from queuebit.cli.queue_file import QueueFile
from queuebit.queue.workers import Workers
from queuebit.worker.hints import HintListener


class QueueWatcher:
    """Sleeps until something in a queue may have changed; a context manager."""

    def __init__(self, queue: QueueFile, *, start_worker: bool) -> None:
        """Watch a queue.

        Args:
            queue: the queue.
            start_worker: whether to start a worker when none serves the queue.
        """
        self._workers = Workers(queue.store, queue.path, start=start_worker)
        self._listener = HintListener()

    def watch(self, look: Callable[[], bool], *, timeout_s: float | None = None, longest_pause_s: float) -> bool:
        """Call a function at once and whenever something may have changed, until it returns True.

        Args:
            look: returns whether all is over.
            timeout_s: the longest wait, or None.
            longest_pause_s: the longest time between two looks.

        Returns:
            Whether it was over in time.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            self._workers.ensure()
            self._listener.subscribe(self._workers.ports)
            if look():
                return True
            pause_s = min(longest_pause_s, self._workers.backstop_s)
            if deadline is not None:
                pause_s = min(pause_s, deadline - time.monotonic())
                if pause_s <= 0:
                    return False
            self._listener.wait(pause_s)

    def __enter__(self) -> "QueueWatcher":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.close()
