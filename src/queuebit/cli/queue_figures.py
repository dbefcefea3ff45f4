"""A queue in figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from queuebit.cli.figures import plural
from queuebit.cli.printable import printable
from queuebit.cli.queue_file import QueueFile
from queuebit.queue.times import datetime_of
from queuebit.store import JobState, WorkerRecord
from queuebit.worker.liveness import is_alive


@dataclass(frozen=True)
class QueueFigures:
    """A queue in figures.

    Attributes:
        path: its file.
        jobs: how many jobs are in each state.
        workers: the workers that serve it and are alive.
        database_bytes: what the file takes, with its log.
        array_bytes: what the folder of array files takes.
    """

    path: Path
    jobs: Mapping[JobState, int]
    workers: Sequence[WorkerRecord]
    database_bytes: int
    array_bytes: int

    @classmethod
    def of(cls, queue: QueueFile) -> Self:
        """Return the figures of a queue.

        Args:
            queue: the queue.
        """
        return cls(
            path=queue.path,
            jobs=queue.store.statistics(),
            workers=[worker for worker in queue.store.workers() if is_alive(worker)],
            database_bytes=sum(_size(Path(f"{queue.path}{end}")) for end in ("", "-wal")),
            array_bytes=sum(_size(file) for file in queue.store.files.iterdir()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as they stand in a JSON document."""
        return {
            "jobs": {state.name: self.jobs.get(state, 0) for state in JobState},
            "workers": [
                {"worker_id": worker.worker_id, "pid": worker.pid, "started": _started(worker)}
                for worker in self.workers
            ],
            "database_bytes": self.database_bytes,
            "array_bytes": self.array_bytes,
        }

    def show(self) -> None:
        """Print the figures."""
        from rich.table import Table
        from rich.text import Text

        from queuebit.cli.consoles import output_console

        lines = Table.grid(padding=(0, 2))
        lines.add_column(style="column", no_wrap=True)
        lines.add_column(overflow="fold")
        lines.add_row("queue", printable(str(self.path)))
        for state in JobState:
            lines.add_row(state.name, f"{self.jobs.get(state, 0):,}")
        for worker in self.workers:
            lines.add_row("worker", f"{worker.worker_id[:8]}, process {worker.pid}, since {_started(worker)}")
        if not self.workers:
            lines.add_row("worker", Text("none; one is started when a job is submitted or waited for", "fact"))
        lines.add_row("on disk", f"{_mib(self.database_bytes)}, and {_mib(self.array_bytes)} of arrays")
        lines.add_row("", plural(sum(self.jobs.values()), "job"))
        output_console().print(lines)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # deleted, or never there
        return 0


def _started(worker: WorkerRecord) -> str:
    return datetime_of(worker.started_us).astimezone().isoformat(timespec="seconds")


def _mib(number: int) -> str:
    return f"{number / 2**20:,.1f} MiB"
