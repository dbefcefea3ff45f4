"""All there is to know of a job, for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from queuebit.cli.consoles import output_console
from queuebit.cli.figures import duration, plural
from queuebit.cli.job_lines import error_line, seconds_taken, sources, status_text
from queuebit.cli.printable import printable
from queuebit.queue.times import datetime_of
from queuebit.store import EventRecord, JobRecord

# Of more, the end; --json has all.
_LOG_LINES = 20

_WORKER_CHARACTERS = 8


def print_page(job: JobRecord, events: Sequence[EventRecord], position: int | None, log: str) -> None:
    """Print all there is to know of a job.

    Args:
        job: the job.
        events: its story.
        position: its place in the queue, or None.
        log: what its runs printed.
    """
    console = output_console()
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="column", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, value in _facts(job, position):
        facts.add_row(label, value if isinstance(value, Text) else printable(value))
    console.print(facts)
    console.print()
    console.print(_story(events))
    _print_text(console, "traceback", str((job.error or {}).get("traceback") or ""))
    _print_text(console, "log", log)


def _facts(job: JobRecord, position: int | None) -> Iterator[tuple[str, str | Text]]:
    yield "job", Text(job.job_id, "outcome")
    yield "status", _status(job, position)
    if job.error is not None:
        yield "error", Text(error_line(job), "bad")
    if job.name:
        yield "name", job.name
    if job.tags:
        yield "tags", ", ".join(job.tags)
    files = ", ".join(dict.fromkeys(sources(job)))
    yield "circuits", f"{job.num_circuits:,}" + (f" from {files}" if files else "")
    if job.num_parts > 1:
        yield "parts", f"{job.num_parts:,}, which run side by side"
    yield "backend", " ".join([job.backend_name, *_assignments(job.backend_options)])
    yield "options", " ".join(_assignments(job.options)) or "the backend's"
    yield "limits", ", ".join(_limits(job))
    if job.priority:
        yield "priority", str(job.priority)
    if job.idempotency_key is not None:
        yield "key", job.idempotency_key
    metadata = {name: value for name, value in job.metadata.items() if name != "files" or not files}
    if metadata:
        yield "metadata", json.dumps(metadata)
    yield "used", _usage(job)


def _status(job: JobRecord, position: int | None) -> Text:
    text = status_text(job)
    if position is not None:
        text.append(f", number {position:,} of those that wait", "fact")
    taken = seconds_taken(job)
    if taken is not None:
        text.append(f" {'after' if job.is_final else 'for'} {duration(taken)}", "fact")
    return text


def _assignments(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in values.items()]


def _limits(job: JobRecord) -> Iterator[str]:
    limits = job.limits
    if limits.time_limit_s is not None:
        yield f"{limits.time_limit_s:g} s"
    if limits.memory_limit_bytes is not None:
        yield f"{limits.memory_limit_bytes / 2**20:,.0f} MiB"
    if limits.threads is not None:
        yield plural(limits.threads, "thread")
    yield plural(limits.max_attempts, "attempt")


def _usage(job: JobRecord) -> str:
    used = f"{plural(job.attempt, 'attempt')}, {job.cpu_s:.2f} s of processor time"
    memory = f", {job.peak_memory_bytes / 2**20:,.0f} MiB at most" if job.peak_memory_bytes else ""
    crashes = f"; its process died {plural(job.crashes, 'time')}" if job.crashes else ""
    return f"{used}{memory}{crashes}"


def _story(events: Sequence[EventRecord]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="column")
    for label in ("time", "event", "status", "attempt", "worker"):
        table.add_column(label, no_wrap=True, justify="right" if label == "attempt" else "left")
    table.add_column("reason", overflow="fold")
    for event in events:
        table.add_row(
            datetime_of(event.time_us).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            event.event.value.replace("_", " "),
            event.state.name,
            str(event.attempt or ""),
            (event.worker_id or "")[:_WORKER_CHARACTERS],
            printable(event.reason),
        )
    return table


def _print_text(console: Console, label: str, text: str) -> None:
    lines = text.rstrip("\n").split("\n")
    if lines == [""]:
        return
    console.print()
    left_out = len(lines) - _LOG_LINES
    title = f"{label}, its last {_LOG_LINES} lines of {len(lines):,}; --json has all" if left_out > 0 else label
    console.print(Text(title, "column"))
    for line in lines[-_LOG_LINES:]:
        console.print(Text(f"  {printable(line.expandtabs())}"), soft_wrap=True)
