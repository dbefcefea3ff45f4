"""How a watched job was when it was last asked, and how people read that."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

# Names, because the statuses of other people's jobs may be their own enum's, or strings.
FINAL_NAMES = frozenset({"DONE", "CANCELLED", "ERROR"})


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """How a job was when it was last asked.

    Attributes:
        job_id: the job's id.
        status: the name of its status, such as ``"RUNNING"``.
        since: monotonic time in seconds from which the job's time counts: its submission, or, if the job
            doesn't know that, the beginning of the watching.
        took_s: seconds from then to the end; None while the job isn't final, or when nobody knows.
        queue_position: place in the queue, or None.
        done: units of work finished, or None if the job doesn't know.
        total: units of work in all, or None.
        error: why the job failed, or None.
    """

    job_id: str
    status: str
    since: float
    took_s: float | None = None
    queue_position: int | None = None
    done: float | None = None
    total: float | None = None
    error: str | None = None

    @property
    def final(self) -> bool:
        """Whether the status can't change any more."""
        return self.status in FINAL_NAMES

    @property
    def fraction(self) -> float | None:
        """The part of the work that is done, from 0 to 1; None when that isn't known or says nothing."""
        if self.done is None or self.total is None or self.total <= 1:
            return None
        if self.done <= 0 and self.status != "RUNNING":
            return None
        return min(max(self.done / self.total, 0.0), 1.0)

    def elapsed(self) -> str:
        """Return the job's time as text, up to now or to its end; empty when it isn't known."""
        if self.final:
            return "" if self.took_s is None else duration(self.took_s)
        return duration(time.monotonic() - self.since)

    def facts(self) -> Iterator[str]:
        """Yield what a live display says beside the status: how much, where in the queue, how long."""
        if self.fraction is not None:
            yield f"{int(100 * self.fraction):3} %"
        if self.queue_position is not None:
            yield f"position {self.queue_position} in the queue"
        yield self.elapsed()

    def line(self) -> str:
        """Return the snapshot as one line of text."""
        line = f"Job {self.job_id}: {self.status}"
        if self.queue_position is not None:
            line += f", position {self.queue_position} in the queue"
        if elapsed := self.elapsed():
            line += f" after {elapsed}"
        return f"{line}: {self.error}" if self.error else line


def duration(seconds: float) -> str:
    """Return ``seconds`` as people read it.

    >>> [duration(seconds) for seconds in (0.4217, 7.46, 59.97, 125, 3725)]
    ['0.42 s', '7.5 s', '1:00', '2:05', '1:02:05']
    """
    if seconds < 0.995:
        return f"{max(seconds, 0.0):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, secs = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def one_line(text: object) -> str:
    """Return ``text`` as a single line without control characters, fit for a terminal and a log."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
