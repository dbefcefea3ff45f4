"""Where the bottleneck sits with 10 to 10,000 workers and a thousand to ten million jobs: a simulation.

What the service does for a job is measured here first: claims, commits, messages, its own thoughts, a worker's time
for a Bell pair, Dask's for a task. The service is then simulated with those times, event by event, and by a few
formulas where that would take too long; both are compared where both run, and with real runs of two workers.
Run it with ``make scale``, or ``python -m benchmarks.scale``.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.at_scale import measuring_dask
from benchmarks.at_scale.closed_form import estimate
from benchmarks.at_scale.measuring_executor import processes
from benchmarks.at_scale.measuring_flow import flow_times
from benchmarks.at_scale.measuring_store import StoreMeasures
from benchmarks.at_scale.real_runs import FACTOR, Check, checks
from benchmarks.at_scale.service_times import Load, Outlook, ServiceTimes
from benchmarks.at_scale.simulation import simulate
from benchmarks.figures import shown, significant
from queuebit.providers.local_executor import available_cores

RESULTS = Path(__file__).with_name("scale.json")

WORKERS = (10, 100, 1_000, 10_000)
JOBS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CIRCUIT_S = (0.001, 0.01, 1.0, 60.0)
CIRCUITS = (1, 10, 100, 1_000)

# How many circuits a job should have is shown for these many workers and circuits.
_SHARED_WORKERS, _SHARED_CIRCUITS = 100, 100_000

_STARTED = time.perf_counter()

BOTH_RUN = tuple(
    Load(num_workers=num_workers, num_jobs=num_jobs, circuit_s=circuit_s, num_circuits=num_circuits)
    for num_workers, num_jobs, circuit_s, num_circuits in (
        (10, 3_000, 0.001, 1),
        (10, 3_000, 0.01, 1),
        (10, 500, 1.0, 1),
        (10, 100, 60.0, 1),
        (100, 3_000, 0.001, 1),
        (100, 3_000, 0.01, 1),
        (100, 2_000, 1.0, 1),
        (100, 200, 60.0, 1),
        (1_000, 3_000, 0.01, 1),
        (1_000, 3_000, 1.0, 1),
        (100, 200, 0.01, 100),
    )
)
"""Sizes at which the formulas are compared with the simulation."""

FORMULAS_FACTOR = 2.0
"""By how much the formulas may differ from the simulation, either way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A load, simulated event by event and by formulas."""

    simulated: Outlook
    estimated: Outlook

    @property
    def ratio(self) -> float:
        """The formulas' time over the simulation's."""
        return self.estimated.whole_s / self.simulated.whole_s


def main() -> int:
    """Measure and simulate, and return the exit code; a prediction that is off is no failure."""
    given = _arguments()
    busy_percent = [machine.busy_percent()]
    try:
        of_store, by_transport = _measured()
        times = by_transport[-1]
        compared = [Comparison(simulated=simulate(load, times), estimated=estimate(load, times)) for load in BOTH_RUN]
        _tell("simulated the service event by event")
        real = [] if given.quick else list(_real(by_transport))
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)
        return 130
    busy_percent.append(machine.busy_percent())
    outlooks = [estimate(load, times) for load in loads()]
    print("\n".join(_lines(outlooks, compared, real, times)))
    path = given.json or (None if given.quick else RESULTS)
    if path is not None:
        results = _document(of_store, by_transport, outlooks, compared, real, busy_percent)
        path.write_text(json.dumps(results, indent=1) + "\n")
        _tell(f"wrote {path}")
    return 0


def loads() -> Iterator[Load]:
    """Return all loads of the table: jobs of one circuit, then the same circuits in larger jobs."""
    for circuit_s in CIRCUIT_S:
        for num_workers in WORKERS:
            for num_jobs in JOBS:
                yield Load(num_workers=num_workers, num_jobs=num_jobs, circuit_s=circuit_s)
    for circuit_s in CIRCUIT_S[:2]:
        for num_circuits in CIRCUITS[1:]:
            yield Load(
                num_workers=_SHARED_WORKERS,
                num_jobs=_SHARED_CIRCUITS // num_circuits,
                circuit_s=circuit_s,
                num_circuits=num_circuits,
            )


def _measured() -> tuple[StoreMeasures, list[ServiceTimes]]:
    """Return what the store takes, and all times for each way to workers, the one that is simulated last."""
    of_store, flow, children = StoreMeasures(), flow_times(), processes()
    transports = [children]
    _tell("measured the store, the service and its children")
    if measuring_dask.is_installed():
        transports.append(measuring_dask.dask(children))
        _tell("measured Dask")
    else:
        _tell(
            "Dask isn't installed (pip install 'queuebit[dask]'): simulated are workers that are the service's children"
        )
    return of_store, [ServiceTimes(store=of_store.times, flow=flow, transport=each) for each in transports]


def _real(by_transport: Iterable[ServiceTimes]) -> Iterator[Check]:
    for times in by_transport:
        yield from checks(times, cores=available_cores())
        _tell(f"ran real jobs through {times.transport.name}")


def _document(
    of_store: StoreMeasures,
    by_transport: Sequence[ServiceTimes],
    outlooks: Sequence[Outlook],
    compared: Sequence[Comparison],
    real: Sequence[Check],
    busy_percent: Sequence[float],
) -> dict[str, Any]:
    return {
        "title": "queuebit at scale, simulated with measured times",
        "machine": {**machine.describe(), "others_use_percent": list(busy_percent)},
        "measured": {
            "claim_s_by_jobs": {size: significant(taken_s) for size, taken_s in of_store.claim_s.items()},
            "finish_s_by_jobs": {size: significant(taken_s) for size, taken_s in of_store.finish_s.items()},
            "fsync_s": significant(of_store.fsync_s),
            "times": [_significant(asdict(times)) for times in by_transport],
        },
        "transport": by_transport[-1].transport.name,
        "rows": [_row(outlook) for outlook in outlooks],
        "formulas_beside_simulation": [
            {
                **_row(each.simulated),
                "estimated_s": significant(each.estimated.whole_s),
                "ratio": significant(each.ratio),
            }
            for each in compared
        ],
        "predicted_beside_real": [
            {
                **_significant(asdict(each)),
                "ratio": significant(each.ratio),
                "ratios": [significant(ratio) for ratio in each.ratios],
            }
            for each in real
        ],
    }


def _row(outlook: Outlook) -> dict[str, Any]:
    load = outlook.load
    return {
        "workers": load.num_workers,
        "jobs": load.num_jobs,
        "circuits_per_job": load.num_circuits,
        "circuit_s": load.circuit_s,
        "whole_s": significant(outlook.whole_s),
        "jobs_per_s": significant(outlook.jobs_per_s),
        "utilisation": significant(outlook.utilisation),
        "bottleneck": outlook.bottleneck.value,
        "shares": {resource.value: significant(share) for resource, share in outlook.shares.items()},
    }


def _significant(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _significant(value)
        if isinstance(value, dict)
        else significant(value)
        if isinstance(value, float)
        else value
        for name, value in values.items()
    }


def _lines(
    outlooks: Sequence[Outlook], compared: Sequence[Comparison], real: Sequence[Check], times: ServiceTimes
) -> Iterator[str]:
    yield f"{times.store}\n{times.flow}\n{times.transport}\n"
    yield f"{'workers':>8}{'jobs':>12}{'circuits':>10}{'each':>9}{'jobs/s':>12}{'used':>8}  bottleneck"
    for each in outlooks:
        yield _line(each)
    yield f"\nthe formulas beside the simulation, {times.transport.name} (within a factor of {FORMULAS_FACTOR:g}?)"
    for compare in compared:
        is_close = 1 / FORMULAS_FACTOR <= compare.ratio <= FORMULAS_FACTOR
        yield f"{_line(compare.simulated)}, formulas {shown(compare.ratio)}x  {'yes' if is_close else 'NO'}"
    if real:
        yield f"\nthe simulation beside real runs (within a factor of {FACTOR:g}?)"
    for check in real:
        found = f"{check.predicted_s:.2f} s predicted, {check.real_s:.2f} s real, {shown(check.ratio)}x"
        found += f" ({shown(min(check.ratios))} to {shown(max(check.ratios))})"
        found += f" on {check.cores:.1f} cores  {'yes' if check.holds else 'NO'}"
        yield f"{check.work:<36}{check.transport:<11}{found}"


def _line(outlook: Outlook) -> str:
    load = outlook.load
    figures = f"{load.num_workers:>8,}{load.num_jobs:>12,}{load.num_circuits:>10,}{_each(load.circuit_s):>9}"
    return f"{figures}{shown(outlook.jobs_per_s):>12}{100 * outlook.utilisation:>6.0f} %  {outlook.bottleneck.value}"


def _each(seconds: float) -> str:
    return f"{1e3 * seconds:g} ms" if seconds < 1 else f"{seconds:g} s"


def _tell(text: str) -> None:
    print(f"[{time.perf_counter() - _STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="no real runs, and nothing is written unless --json says where"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the results here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
