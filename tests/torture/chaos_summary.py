"""What came of a chaos run, as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from queuebit.store import JobRecord


def markdown(
    jobs: Sequence[JobRecord],
    *,
    head: str,
    num_deleted: int,
    counts: Mapping[str, Counter[str]],
    looked_at: Counter[str],
    violations: Sequence[str],
) -> str:
    """Return a summary.

    Args:
        jobs: the jobs that are there; the first tag of each is its kind.
        head: how it begins.
        num_deleted: how many more there were.
        counts: what was done how often, by what it is.
        looked_at: how much was checked.
        violations: what was found to be wrong.
    """
    return "\n".join(
        [
            f"{head}, {len(jobs)} jobs, {num_deleted} more were deleted.\n",
            *_jobs(jobs),
            *(line for what, numbers in counts.items() for line in _numbers(what, numbers)),
            *_numbers("checked", looked_at),
            f"Violations: {len(violations)}\n",
            *([f"- {violation}" for violation in violations] or ["None."]),
        ]
    )


def _jobs(jobs: Iterable[JobRecord]) -> list[str]:
    ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
    attempts: Counter[str] = Counter()
    for job in jobs:
        kind = job.tags[0]
        ends[kind][str(job.error["type"]) if job.error else str(job.state)] += 1
        attempts[kind] = max(attempts[kind], job.attempt)
    columns = sorted({end for by_end in ends.values() for end in by_end})
    rows = [[kind, *(by_end[end] for end in columns), attempts[kind]] for kind, by_end in sorted(ends.items())]
    return _table(["jobs", *columns, "most attempts"], rows)


def _numbers(what: str, numbers: Counter[str]) -> list[str]:
    return _table([what, "number"], [[name, number] for name, number in sorted(numbers.items()) if number])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines] + [""]
