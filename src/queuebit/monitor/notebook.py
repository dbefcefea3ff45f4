"""Watching in a notebook: a live display that is plain HTML, without widgets."""

import html
import sys
import time
from typing import Any

from queuebit.monitor.snapshot import Snapshot

# A front end that gets more updates than people can read falls behind.
_SHORTEST_UPDATE_GAP_S = 0.2


def in_notebook() -> bool:
    """Return whether this process is a notebook's kernel; IPython is asked only if it is loaded already."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class NotebookDisplay:
    """One output of the cell, updated in place."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._status = ""
        self._updated = 0.0

    def show(self, snapshot: Snapshot) -> None:
        """Show the snapshot, at once if its status is new, else not more than five times a second."""
        now = time.monotonic()
        if snapshot.status == self._status and now - self._updated < _SHORTEST_UPDATE_GAP_S:
            return
        self._status, self._updated = snapshot.status, now
        self._put(snapshot.line(), _live_html(snapshot))

    def close(self, last_line: str) -> None:
        """Show the last line in place of the live one."""
        self._put(last_line, f"<code>{html.escape(last_line)}</code>")

    def _put(self, text: str, markup: str) -> None:
        # The module is there: the kernel that was found runs on it.
        from IPython import display

        publish: Any = display.display
        bundle = {"text/plain": text, "text/html": markup}
        if self._handle is None:
            self._handle = publish(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _live_html(snapshot: Snapshot) -> str:
    head = f"<code>Job {html.escape(snapshot.job_id)}: <b>{html.escape(snapshot.status)}</b></code>"
    fraction = snapshot.fraction
    bar = "" if fraction is None else f'<progress max="1" value="{fraction:.4f}"></progress> '
    return f"{head} {bar}<code>{html.escape(' · '.join(snapshot.facts()))}</code>"
