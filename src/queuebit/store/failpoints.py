"""Places where a test can make the process die or a write fail: before and after each commit and each rename.

They are switched on by the environment when the process starts, for tests alone::

    QUEUEBIT_FAILPOINT="finish.before_commit:kill"      die there (SIGKILL, as a power cut would have it)
    QUEUEBIT_FAILPOINT="submit.before_commit:raise@3"   raise FailpointError the third time
    QUEUEBIT_FAILPOINT="a:io_error,b:disk_full"         several; an input/output error, and no space left

Without the variable, :func:`failpoint` is a function that does nothing. With it, also an empty one, :func:`switch_on`
may add more later, which spares tests that fork many times the imports.
"""

import errno
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

VARIABLE = "QUEUEBIT_FAILPOINT"


class FailpointError(Exception):
    """A failpoint was asked to raise."""


@dataclass
class Failpoint:
    """One place that is switched on.

    Attributes:
        action: what happens there.
        countdown: how many times the place is passed before it does, this time included.
    """

    action: Callable[[str], None]
    countdown: int

    def passed(self, name: str) -> None:
        """Act when it is time.

        Args:
            name: the place.
        """
        self.countdown -= 1
        if self.countdown == 0:
            self.action(name)


def parse(text: str) -> dict[str, Failpoint]:
    """Return what a value of the variable switches on, by name.

    Args:
        text: ``name[:action][@count]``, several separated by commas; the action is ``kill`` when none is given.

    Raises:
        ValueError: if an action isn't known or a count is no positive number.
    """
    return dict(_parse_one(part.strip()) for part in text.split(",") if part.strip())


def switch_on(text: str) -> None:
    """Switch more on, in a process that was started with the variable.

    Args:
        text: as the variable's value.

    Raises:
        RuntimeError: if the process was started without it.
    """
    if failpoint is _nothing:
        raise RuntimeError(f"the process was started without {VARIABLE}, so that its failpoints do nothing")
    _POINTS.update(parse(text))


def switched_on(points: dict[str, Failpoint]) -> Callable[[str], None]:
    """Return a function that is called with each place's name and acts where it is asked to.

    Args:
        points: what is switched on.
    """

    def failpoint(name: str) -> None:
        point = points.get(name)
        if point is not None:
            point.passed(name)

    return failpoint


def _parse_one(text: str) -> tuple[str, Failpoint]:
    rest, _, count = text.partition("@")
    name, _, action = rest.partition(":")
    if action and action not in _ACTIONS:
        raise ValueError(f"{VARIABLE}={text!r}: {action!r} is none of {', '.join(_ACTIONS)}")
    if count and (not count.isdigit() or int(count) < 1):
        raise ValueError(f"{VARIABLE}={text!r}: {count!r} is no positive number")
    return name, Failpoint(_ACTIONS[action or "kill"], int(count or 1))


def _kill(name: str) -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _raise(name: str) -> None:
    raise FailpointError(f"the failpoint {name} is switched on")


def _io_error(name: str) -> None:
    raise OSError(errno.EIO, f"{os.strerror(errno.EIO)} at the failpoint {name}")


def _disk_full(name: str) -> None:
    raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} at the failpoint {name}")


_ACTIONS = {"kill": _kill, "raise": _raise, "io_error": _io_error, "disk_full": _disk_full}


def _nothing(name: str) -> None:
    return


_POINTS = parse(os.environ.get(VARIABLE, ""))

failpoint: Callable[[str], None] = switched_on(_POINTS) if VARIABLE in os.environ else _nothing
