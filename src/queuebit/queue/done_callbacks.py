"""The thread on which users' done callbacks are called, one after another."""

import logging
import os
import queue
import threading
from collections.abc import Callable

_logger = logging.getLogger("queuebit")

# The next callback usually comes soon; a guess.
_IDLE_S = 5.0


class CallbackThread:
    """Calls functions apart from whoever has noticed that it is time: they may take long, and may wait for other jobs.

    The thread starts with the first call and ends when there has been none for a while.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all calls and the thread, as a forked child must: they are made in the parent."""
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._is_running = False

    def call(self, function: Callable[[], object]) -> None:
        """Have a function called; returns at once.

        Args:
            function: what it raises is reported to the ``queuebit`` logger.
        """
        with self._lock:
            self._calls.put(function)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._serve, name="queuebit-done-callbacks", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                function = self._calls.get(timeout=_IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._calls.empty():
                        self._is_running = False
                        return
                continue
            call_reporting(function)
            del function  # an idle thread must not keep the last job alive


def call_reporting(function: Callable[[], object]) -> None:
    """Call a done callback, and report what it raises.

    Args:
        function: the callback.
    """
    try:
        function()
    except Exception:
        _logger.exception("a done callback raised")


CALLBACK_THREAD = CallbackThread()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CALLBACK_THREAD.reset)
