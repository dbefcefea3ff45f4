"""What the benchmarks of comparisons share: their command line, their progress, what they print and write."""

import argparse
import fnmatch
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import chart, machine, report
from benchmarks.comparison import Comparison, Row
from benchmarks.figures import shown, times
from benchmarks.timing import Pace

_QUICK = Pace(seconds=0.3, least_turns=2)

_ENDING = """
A row's figures are medians of turns: ours, the peer's, ours, the peer's. The ratio is the peer's over ours, so above 1
queuebit is faster. The results are written when all rows were measured at the full pace; with --rows or --quick they
are only printed, unless --json says where to write them.

examples:
  {program}                                  everything, a few minutes
  {program} --quick                          only the light rows, and each for a moment
  {program} --rows 'volume*' bell            some rows; quote the patterns
  {program} --rows bell --json /tmp/bell.json
"""


class DisagreementError(Exception):
    """Two simulators give different results for the same circuit, so their times can't be compared."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A benchmark of several rows.

    Attributes:
        program: how it is called.
        title: what its table shows.
        comparisons: its rows.
        results: where all rows' results belong.
        check: compares results before anything is timed, and gives a line for each comparison or raises
            :class:`DisagreementError`.
        has_chart: whether a chart is drawn beside the results.
    """

    program: str
    title: str
    comparisons: Sequence[Comparison]
    results: Path
    check: Callable[[], Iterable[str]] = field(default=tuple)
    has_chart: bool = False

    def main(self) -> int:
        """Do what the command line says.

        Returns:
            The exit code: 0, 1 if results disagree or a row failed, 130 after Ctrl-C. A missed goal is no failure.
        """
        given = self._parser().parse_args()
        if given.json and not given.json.parent.is_dir():
            self._parser().error(f"--json {given.json}: there is no folder {given.json.parent}; make it first")
        chosen = self._chosen(given.rows, quick=given.quick)
        if given.list:
            print("\n".join(f"{row.name:<28}{row.work}, against {row.peer or 'nobody'}" for row in chosen))
            return 0
        try:
            return self._run(chosen, given)
        except DisagreementError as error:
            print(f"{error}; nothing was timed", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nstopped; nothing was written", file=sys.stderr)
            return 130

    def _run(self, chosen: Sequence[Comparison], given: argparse.Namespace) -> int:
        for text in self.check():
            _tell(f"agree on {text}")
        if given.check:
            return 0
        measured = _Measured(chosen, _QUICK if given.quick else Pace())
        try:
            measured.measure_all()
        finally:
            measured.print()
        path = given.json or (None if given.rows or given.quick or measured.failures else self.results)
        if path:
            self._write(measured, path)
        return 1 if measured.failures else 0

    def _write(self, measured: "_Measured", path: Path) -> None:
        results = report.document(self.title, measured.rows, measured.busy_percent)
        path.write_text(json.dumps(results, indent=2) + "\n")
        _tell(f"wrote {path}")
        if self.has_chart:
            chart.draw(results, path.with_suffix(".png"))
            _tell(f"wrote {path.with_suffix('.png')}")

    def _chosen(self, patterns: Sequence[str] | None, *, quick: bool) -> list[Comparison]:
        if patterns is None:
            return [row for row in self.comparisons if not (quick and row.is_heavy)]
        names = [row.name for row in self.comparisons]
        for pattern in patterns:
            if not fnmatch.filter(names, pattern):
                self._parser().error(f"--rows {pattern!r} matches no row; there are: {', '.join(names)}")
        return [row for row in self.comparisons if any(fnmatch.fnmatch(row.name, pattern) for pattern in patterns)]

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=self.program,
            description=self.title,
            epilog=_ENDING.format(program=self.program),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--rows", nargs="+", metavar="NAME", help="measure these rows; * stands for anything")
        parser.add_argument("--list", action="store_true", help="print the rows' names and measure nothing")
        parser.add_argument("--quick", action="store_true", help="the light rows, unless --rows names others; noisy")
        parser.add_argument("--check", action="store_true", help="compare the results that all give, and time nothing")
        parser.add_argument(
            "--json", type=Path, metavar="PATH", help="write the results here, and the chart beside them"
        )
        return parser


class _Measured:
    """Rows as they are measured; those that fail don't hold up the others."""

    def __init__(self, comparisons: Sequence[Comparison], pace: Pace) -> None:
        self.rows: list[Row] = []
        self.failures: list[str] = []
        self.busy_percent: list[float] = []
        self._comparisons = comparisons
        self._pace = pace

    def measure_all(self) -> None:
        self._listen()
        for number, comparison in enumerate(self._comparisons, 1):
            _tell(f"[{number:>2}/{len(self._comparisons)}] {comparison.work}, {comparison.peer or 'nobody'}", end=" ")
            started = time.perf_counter()
            _tell(f"{self._measure(comparison)} ({time.perf_counter() - started:.0f} s)")
        self._listen()

    def _listen(self) -> None:
        self.busy_percent.append(machine.busy_percent())
        if self.busy_percent[-1] > machine.QUIET_PERCENT:
            _tell(f"note: others use {self.busy_percent[-1]:.0f} % of this machine, so the figures can't be relied on")

    def print(self) -> None:
        if self.rows:
            print(report.table([row.document() for row in self.rows]))
            missed = [row.comparison.name for row in self.rows if not row.is_met]
            ending = f"; missed: {', '.join(missed)}" if missed else ""
            print(f"{len(self.rows) - len(missed)} of {len(self.rows)} goals met{ending}")
        for failure in self.failures:
            print(f"not measured: {failure}", file=sys.stderr)

    def _measure(self, comparison: Comparison) -> str:
        try:
            row = comparison.measure(self._pace)
        except Exception as error:
            self.failures.append(f"{comparison.name}: {type(error).__name__}: {error}")
            return "failed"
        self.rows.append(row)
        return times(row.ratio) if row.ratio else shown(row.ours.median, comparison.unit)


def _tell(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
