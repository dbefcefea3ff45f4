"""Where a child begins: ``python -m queuebit.worker.child``, started by :mod:`queuebit.worker.executors.child_process`.

First it makes sure that it doesn't outlive its service; only then it imports Qiskit, which takes most of its start.
"""

import ctypes
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from queuebit.worker.channel import ChildEnd
from queuebit.worker.control_block import ControlBlock

CANCEL = b"c"
"""What the service writes to the lifeline to have :func:`main` look at the control block's flag."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Serve until the service closes the socket."""
    channel, lifeline, block, parent, files, *module_path = sys.argv[1:]
    for descriptor in (channel, lifeline, block):
        os.set_inheritable(int(descriptor), False)
    _die_with(int(parent))
    # Python's own handler would raise in the middle of somebody's job; dead of the signal, the reason is clear.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    faulthandler.enable()
    # The service knows where its user's modules are; they come last, so that none of them takes a library's place.
    sys.path += [entry for entry in module_path if entry not in sys.path]
    _serve(int(channel), int(lifeline), int(block), Path(files))
    sys.stdout.flush()
    # Whatever a backend registered for the interpreter's end must not hold it up.
    os._exit(0)


def _serve(channel: int, lifeline: int, block: int, files: Path) -> None:
    cancels: list[Callable[[], object]] = []
    threading.Thread(target=_hold_on, args=(lifeline, cancels), name="queuebit-lifeline", daemon=True).start()
    # Line by line, also where PYTHONUNBUFFERED has print() write a line and its end one after the other: a log that is
    # read between the two would have half of a line, and two threads' lines in one.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, write_through=False)  # type: ignore[union-attr]
    # Not before the lifeline is held: this is where Qiskit is imported.
    from queuebit.worker.child_loop import ChildLoop

    loop = ChildLoop(ChildEnd(socket.socket(fileno=channel)), ControlBlock(block), files)
    os.close(block)
    cancels.append(loop.cancel)
    loop.serve()


def _die_with(parent: int) -> None:
    """Have the system end this process when the service ends, as far as the system does such things."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _hold_on(lifeline: int, cancels: list[Callable[[], object]]) -> None:
    """Pass on cancel requests, and end the process, with those that it started, when the service is gone."""
    while os.read(lifeline, 1) == CANCEL:
        for cancel in cancels:
            cancel()
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
