"""What workers would do with the jobs of a queue, for ``queuebit worker --dry-run``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from queuebit.cli.consoles import output_console
from queuebit.cli.figures import duration, percent, plural
from queuebit.cli.job_lines import short_id, status_text, title
from queuebit.cli.printable import printable
from queuebit.cli.queue_document import print_document
from queuebit.cli.queue_file import QueueFile
from queuebit.engines.memory import format_bytes
from queuebit.queue.estimating import EstimatedJob, EstimatedPart, estimated_jobs
from queuebit.queue.placement import Bound, Load, Placed, Placement, place

# A table for people; the document has everything.
_MOST_JOBS = 20
_MOST_WORKERS = 16

_PLACES = 6


@dataclass(frozen=True)
class WorkerPlan:
    """The jobs of a queue on workers.

    Attributes:
        path: the queue's file.
        jobs: its jobs that aren't final, in the order in which their parts are handed out.
        placement: where and when the parts run, in that order.
    """

    path: Path
    jobs: Sequence[EstimatedJob]
    placement: Placement

    @classmethod
    def of(cls, queue: QueueFile, num_workers: int) -> Self:
        """Return the plan for a queue as it is now; nothing is started or written.

        Args:
            queue: the queue.
            num_workers: how many workers there would be, each with one run at a time.
        """
        jobs = estimated_jobs(queue.store)
        work = [part.work for job in jobs for part in job.parts]
        num_jobs = sum(bool(job.parts) for job in jobs)
        return cls(queue.path, jobs, place(work, num_workers, num_jobs=num_jobs))

    def print_json(self) -> None:
        """Print the plan as a JSON document; jobs, circuits, shots, parts and workers are counted from 0."""
        plan = self.placement
        print_document(
            self.path,
            jobs=[_job_entry(job, placed) for job, placed in self._with_places()],
            workers=[
                {"parts": load.num_parts, "busy_s": _rounded(load.busy_s), "memory_bytes": load.memory_bytes}
                for load in plan.loads
            ],
            work_s=_rounded(plan.work_s),
            service_s=_rounded(plan.service_s),
            whole_s=_rounded(plan.whole_s),
            bound={"name": plan.bound.value, "text": self._explanation()},
        )

    def show(self) -> None:
        """Print the plan for people."""
        summary = Text(self._summary())
        if not self.jobs:
            output_console().print(Text(f"no job waits in {printable(str(self.path))}", "fact"))
            return
        unknown = [Text(f"{short_id(job.record)}: {printable(job.reason)}", "bad") for job in self.jobs if job.reason]
        more = len(self.jobs) - _MOST_JOBS
        rest = [Text(f"and {plural(more, 'more job')}; all of them: --json", "fact")] if more > 0 else []
        parts: list[RenderableType] = [
            self._jobs_table(),
            *rest,
            *unknown[:_MOST_JOBS],
            Text(),
            self._workers_table(),
            Text(),
            summary,
        ]
        output_console().print(Group(*parts))

    def _with_places(self) -> Iterator[tuple[EstimatedJob, Sequence[Placed]]]:
        first = 0
        for job in self.jobs:
            yield job, self.placement.placed[first : first + len(job.parts)]
            first += len(job.parts)

    def _jobs_table(self) -> Table:
        table = _table("job", "status", ">parts left", ">work", ">memory", ">from", ">to", "name")
        for (job, placed), _ in zip(self._with_places(), range(_MOST_JOBS), strict=False):
            record = job.record
            known = bool(job.parts)
            table.add_row(
                short_id(record),
                status_text(record),
                f"{len(job.parts):,} of {record.num_parts:,}" if known or not job.reason else "unknown",
                duration(_seconds(job)) if known else "",
                _size(_memory(job.parts)) if known else "",
                duration(min(each.begins_s for each in placed)) if known else "",
                duration(max(each.ends_s for each in placed)) if known else "",
                title(record),
            )
        return table

    def _workers_table(self) -> Table:
        table = _table("worker", ">parts", ">busy", ">of the time", ">memory")
        for name, load in self._shown_loads():
            share = load.busy_s / self.placement.whole_s if self.placement.whole_s else 0.0
            table.add_row(
                name,
                f"{load.num_parts:,}",
                duration(load.busy_s),
                percent(share),
                _size(load.memory_bytes) if load.num_parts else "",
            )
        return table

    def _shown_loads(self) -> Iterator[tuple[str, Load]]:
        loads = self.placement.loads
        if len(loads) <= _MOST_WORKERS:
            yield from ((f"{number}", load) for number, load in enumerate(loads, 1))
            return
        by_time = sorted(loads, key=lambda load: load.busy_s)
        idle = sum(load.num_parts == 0 for load in loads)
        yield "the busiest", by_time[-1]
        yield "one in the middle", by_time[len(by_time) // 2]
        yield f"{idle:,} without work" if idle else "the least busy", by_time[0]

    def _summary(self) -> str:
        plan = self.placement
        if plan.bound is Bound.NOTHING:
            return self._explanation()
        what = f"{plural(len(plan.placed), 'part')} on {plural(len(plan.loads), 'worker')}"
        time = f"{duration(plan.work_s)} of work in about {duration(plan.whole_s)}"
        return f"{what}: {time}, {percent(plan.busy_share)} of the workers' time\n{self._explanation()}"

    def _explanation(self) -> str:
        plan = self.placement
        longest_s = max((each.ends_s - each.begins_s for each in plan.placed), default=0.0)
        return {
            Bound.NOTHING: "Nothing is left to run.",
            Bound.SERVICE: (
                f"The service is the limit: it needs about {duration(plan.service_s)} to hand out so many jobs and "
                "parts. Put more circuits into each job; more workers don't help."
            ),
            Bound.PARTS: f"There are no more parts than workers, the longest takes {duration(longest_s)}: "
            "more workers don't help.",
            Bound.LONGEST_PART: (
                f"One part is the limit, it takes {duration(longest_s)} by itself: more workers don't help."
            ),
            Bound.WORKERS: "The workers are the limit, they are busy to the end: more workers help.",
            Bound.ENDING: (
                f"Parts of up to {duration(longest_s)} end at different times, and leave some workers without work "
                "towards the end: more workers help a little."
            ),
        }[plan.bound]


def _job_entry(job: EstimatedJob, placed: Sequence[Placed]) -> dict[str, Any]:
    record = job.record
    return {
        "job_id": record.job_id,
        "name": record.name,
        "status": record.state.name,
        "backend": record.backend_name,
        "priority": record.priority,
        "num_parts": record.num_parts,
        "reason": job.reason or None,
        "work_s": _rounded(_seconds(job)) if job.parts else None,
        "memory_bytes": _memory(job.parts),
        "parts": [_part_entry(part, place) for part, place in zip(job.parts, placed, strict=True)],
    }


def _part_entry(part: EstimatedPart, placed: Placed) -> dict[str, Any]:
    first, number, shots = part.part
    return {
        "part": part.number,
        "circuits": {"first": first, "number": number},
        "shots": None if shots is None else {"first": shots.first, "number": shots.number},
        "work_s": _rounded(part.work.seconds),
        "memory_bytes": part.work.memory_bytes,
        "worker": placed.worker,
        "begins_s": _rounded(placed.begins_s),
    }


def _seconds(job: EstimatedJob) -> float:
    return sum(part.work.seconds for part in job.parts)


def _memory(parts: Sequence[EstimatedPart]) -> int | None:
    return max((part.work.memory_bytes for part in parts if part.work.memory_bytes is not None), default=None)


def _size(size_bytes: int | None) -> str:
    return "unknown" if size_bytes is None else format_bytes(size_bytes)


def _rounded(seconds: float) -> float:
    return round(seconds, _PLACES)


def _table(*headings: str) -> Table:
    """Return an empty table; columns whose heading begins with > are of figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="column")
    for heading in headings:
        is_figure = heading.startswith(">")
        table.add_column(
            heading.removeprefix(">"), justify="right" if is_figure else "left", no_wrap=True, overflow="ellipsis"
        )
    return table
