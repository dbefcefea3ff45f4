"""The README's table of measured figures, from what the benchmarks wrote into the repository."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
_TARGETS = {
    "results.json": "bench",
    "local_jobs.json": "bench",
    "queue.json": "bench-queue",
    "parts.json": "bench-parts",
}
BEGIN, END = "<!-- measured: made from benchmarks/*.json by docs/fresh.py -->\n", "<!-- measured: end -->\n"


def with_figures(page: str) -> str:
    """Return a page with its table of figures made anew.

    Raises:
        ValueError: if the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has lost the lines {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + "\n" + "\n".join(_table()).rstrip() + "\n\n" + END + after


def _table() -> Iterator[str]:
    yield "| | queuebit | beside | | |"
    yield "|---|---:|---|---:|---:|"
    documents = {name: json.loads((BENCHMARKS / name).read_text()) for name in _TARGETS if (BENCHMARKS / name).exists()}
    for document in documents.values():
        for row in document["rows"]:
            ratio = "" if row["ratio"] is None else f"**{_figure(row['ratio'])}x**"
            theirs = "" if row["theirs"] is None else _with_unit(row["theirs"], row["unit"])
            ours = _with_unit(row["ours"], row["unit"])
            yield f"| {row['work']} | {ours} | {row['peer'] or ''} | {theirs} | {ratio} |"
    yield ""
    yield from _machines(documents)


def _with_unit(value: float, unit: str) -> str:
    return f"{_figure(value)} {unit}".rstrip()


def _figure(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"


def _machines(documents: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each machine, with the targets that were run on it."""
    targets: dict[str, list[str]] = {}
    dates: dict[str, str] = {}
    for name, document in documents.items():
        machine = _machine(document["machine"])
        targets.setdefault(machine, []).append(f"`{_TARGETS[name]}`")
        dates.setdefault(machine, document["machine"]["date"][:10])
    for machine, names in targets.items():
        yield f"Measured by {' and '.join(dict.fromkeys(names))} from {dates[machine]} on: {machine}"
        yield ""


def _machine(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['simd']}, {machine['memory_gib']} GiB; "
        f"{machine['python']}, {versions}."
    )
