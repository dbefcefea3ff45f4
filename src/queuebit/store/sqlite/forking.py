"""Forks: SQLite's connections and locks must not be copied into another process, so they are closed before each one."""

import os
import weakref
from typing import Protocol


class Pausable(Protocol):
    """Something with connections."""

    def pause(self) -> None:
        """Close them, and hold up whoever wants one."""

    def resume(self, *, in_child: bool) -> None:
        """Go on, in the old process or in the new one."""


_open: "weakref.WeakSet[Pausable]" = weakref.WeakSet()
_paused: list[Pausable] = []


def survive_forks(pausable: Pausable) -> None:
    """Let something with connections be paused during each fork, for as long as it is there.

    Args:
        pausable: what has connections.
    """
    _open.add(pausable)


def _pause() -> None:
    for pausable in list(_open):
        pausable.pause()
        _paused.append(pausable)


def _resume_in_parent() -> None:
    while _paused:
        _paused.pop().resume(in_child=False)


def _resume_in_child() -> None:
    while _paused:
        _paused.pop().resume(in_child=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_pause, after_in_parent=_resume_in_parent, after_in_child=_resume_in_child)
