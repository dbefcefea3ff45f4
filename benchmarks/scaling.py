"""How time and memory grow with the width of a circuit, for one thread and for all cores.

Quantum volume circuits (10 layers at the most) and quantum Fourier transforms, 1024 shots, whole runs. Each is run in
a fresh process; the memory is what the process grew by above what it was after the import.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine, scaling_chart
from benchmarks.figures import shown
from benchmarks.one_run import CIRCUITS, OneRun, in_fresh_process
from queuebit.providers.local_executor import available_cores

RESULTS = Path(__file__).with_name("scaling.json")
LEAST_QUBITS, MOST_QUBITS = 2, 26

# For how long a run is repeated; wide ones take longer and are run twice.
_SECONDS = 0.5

_ENDING = """
examples:
  python -m benchmarks.scaling                     all widths from 2 to 26, a few minutes
  python -m benchmarks.scaling --most-qubits 16 --step 4 --json /tmp/scaling.json
"""


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    given = _arguments()
    busy_percent = machine.busy_percent()
    try:
        runs = _measure(range(LEAST_QUBITS, given.most_qubits + 1, given.step), sorted({1, available_cores()}))
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)
        return 130
    print(table(runs))
    results = {
        "machine": {**machine.describe(), "others_use_percent": [busy_percent]},
        "runs": [asdict(run) for run in runs],
    }
    given.json.write_text(json.dumps(results, indent=2) + "\n")
    scaling_chart.draw(results, given.json.with_suffix(".png"))
    print(f"wrote {given.json} and {given.json.with_suffix('.png')}", file=sys.stderr)
    return 0


def table(runs: Sequence[OneRun]) -> str:
    """Return the runs as a table: a line for each width, columns for each circuit and number of threads."""
    kinds = list(dict.fromkeys((run.circuit, run.threads) for run in runs))
    found = {(run.circuit, run.threads, run.num_qubits): run for run in runs}
    headings = [f"{circuit}, {threads} thread{'s'[: threads != 1]}" for circuit, threads in kinds]
    lines = [
        f"{width:>6}" + "".join(_cells(found[*kind, width]) for kind in kinds)
        for width in dict.fromkeys(run.num_qubits for run in runs)
    ]
    return "\n".join([f"{'qubits':>6}" + "".join(f"{heading:>28}" for heading in headings), *lines])


def _cells(run: OneRun) -> str:
    return f"{shown(run.ms, 'ms'):>15}{shown(run.peak_bytes / 2**20, 'MiB'):>13}"


def _measure(widths: Iterable[int], threads: Iterable[int]) -> list[OneRun]:
    runs = []
    for width in widths:
        began = time.perf_counter()
        for circuit in CIRCUITS:
            runs += [in_fresh_process(circuit, width, threads=number, seconds=_SECONDS) for number in threads]
        print(f"{width} qubits measured ({time.perf_counter() - began:.0f} s)", file=sys.stderr, flush=True)
    return runs


def _arguments() -> Any:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling",
        description=__doc__,
        epilog=_ENDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--most-qubits", type=int, default=MOST_QUBITS, help="the widest circuit, default %(default)s")
    parser.add_argument("--step", type=int, default=1, help="from one width to the next, default %(default)s")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where to write; the chart is drawn beside it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
