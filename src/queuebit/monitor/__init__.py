"""Watching a job: a live line in a terminal or a notebook, one line per status change in a log."""

import math
import numbers
import sys
import traceback
from typing import Protocol, TextIO

from queuebit.monitor.lines import LineDisplay
from queuebit.monitor.notebook import NotebookDisplay, in_notebook
from queuebit.monitor.snapshot import Snapshot, one_line
from queuebit.monitor.terminal import TerminalDisplay, live_console
from queuebit.monitor.watching import Watchable, snapshots

__all__ = ["job_monitor"]

# Longer intervals say nothing more, and the platform's sleep has a limit.
_A_DAY_S = 86_400.0


class Display(Protocol):
    """Where a job's snapshots are shown."""

    def show(self, snapshot: Snapshot) -> None:
        """Show how the job is now; the last one that isn't final is followed by :meth:`close`."""

    def close(self, last_line: str) -> None:
        """Leave ``last_line`` in place of everything that was live."""


def job_monitor(job: Watchable, interval: float | None = None, output: TextIO | None = None) -> None:
    """Watch a job until it is final: its status, elapsed time, progress and place in the queue.

    On a terminal that is one live line; in a notebook a live display that needs no widgets; anywhere else,
    such as in a log file, a plain line for each new status. The last line says how the job ended, and why if
    it failed. Ctrl-C stops the watching, not the job.

    Args:
        job: any job: of this package, of Qiskit, or of anybody whose jobs have ``status()`` and ``job_id()``.
            Its ``progress()``, ``queue_position()`` and ``error_message()`` are shown if it has them.
        interval: seconds between two queries of the status. By default the first gaps are of 50 ms; while
            nothing changes they grow to at most 5 s, but not if querying is quick. A job that can tell of its
            changes is shown at once when it changes, whatever the interval.
        output: text stream to write to; by default standard output, or in a notebook the cell.

    Raises:
        TypeError: if ``job`` has no ``status()`` or ``job_id()``, or ``interval`` isn't a number.
        ValueError: if ``interval`` isn't finite and greater than 0.
        KeyboardInterrupt: on Ctrl-C, after the live line is closed; the job goes on (in this process: as
            long as something holds it).
        Exception: whatever the methods of ``job`` raise, after the live line is closed.
    """
    job_id = _checked_job_id(job)
    interval_s = _checked_interval(interval)
    display = _display(output)
    last: Snapshot | None = None
    try:
        for last in snapshots(job, job_id, interval_s):
            if not last.final:
                display.show(last)
    except KeyboardInterrupt as interrupt:
        goes_on = last is None or not last.final
        display.close(_last_seen(job_id, last) + (", no longer watched; the job goes on." if goes_on else ""))
        # The interrupt's traceback lives on at the prompt: it must not hold a job that nobody else holds.
        traceback.clear_frames(interrupt.__traceback__)
        del job
        raise
    except BaseException as error:
        cause = one_line("".join(traceback.format_exception_only(error)))
        display.close(f"{_last_seen(job_id, last)}, no longer watched: {cause}")
        raise
    display.close(_last_seen(job_id, last))


def _display(output: TextIO | None) -> Display:
    """Choose what fits where the output goes."""
    stream = sys.stdout if output is None else output
    if stream is sys.stdout and in_notebook():
        return NotebookDisplay()
    console = live_console(stream)
    return LineDisplay(stream) if console is None else TerminalDisplay(console)


def _last_seen(job_id: str, last: Snapshot | None) -> str:
    return f"Job {job_id}" if last is None else last.line()


def _checked_job_id(job: Watchable) -> str:
    for name in ("status", "job_id"):
        if not callable(getattr(job, name, None)):
            raise TypeError(
                f"job_monitor() watches a job, which has the methods status() and job_id(); got {job!r} "
                f"of type {type(job).__name__}, which has no {name}()"
            )
    return one_line(job.job_id())


def _checked_interval(interval: float | None) -> float | None:
    if interval is None:
        return None
    if not isinstance(interval, numbers.Real) or isinstance(interval, bool):
        raise TypeError(f"interval must be a number of seconds or None, got {interval!r}")
    if not 0 < interval < math.inf:
        raise ValueError(f"interval must be finite and greater than 0 seconds, got {interval!r}")
    return float(min(interval, _A_DAY_S))
