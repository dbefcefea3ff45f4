"""The goals: whole runs, states and unitaries by queuebit and by its peers. Run it with ``make bench``."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from qiskit import QuantumCircuit

import queuebit
from benchmarks.agreement import check
from benchmarks.circuits import bell, ghz, ladder, measured, qft, teleportation, volume
from benchmarks.comparison import Comparison
from benchmarks.goals import at_least_times, at_most, at_most_above
from benchmarks.one_run import in_fresh_process, output_of
from benchmarks.simulators import jobs, program, qsim, qulacs
from benchmarks.suite import Suite
from benchmarks.timing import ONCE, Measure, Pace

SHOTS = 1024
MANY_SHOTS = 100_000

# Below this many qubits a row takes no longer than a few seconds.
_HEAVY_QUBITS = 20

_IMPORTS = ("import queuebit; queuebit.get_backend()", "import qiskit")
_IMPORT_TIMER = "import time; began = time.perf_counter(); {}; print(1e3 * (time.perf_counter() - began))"


def main() -> int:
    """Measure what the command line says, and return the exit code."""
    suite = Suite(
        program="python -m benchmarks.peers",
        title="queuebit beside its peers: the same circuits, whole calls, in the same run",
        comparisons=tuple(goals()),
        results=Path(__file__).with_name("results.json"),
        check=check,
        has_chart=True,
    )
    return suite.main()


def goals() -> Iterator[Comparison]:
    """Return all rows, in the order of the table."""
    yield from _small_rows()
    yield from _wide_rows()
    yield from _qsim_rows()
    yield from _qulacs_rows()
    yield from _special_rows()
    yield from _basic_simulator_rows()
    yield from _footprint_rows()


def _small_rows() -> Iterator[Comparison]:
    yield _against_aer("bell", "Bell", bell, 5)
    # By default Aer keeps no shots and queuebit does: the same work is asked of both.
    for name, text, memory in (("", "", False), ("-memory", ", each shot kept", True)):
        work = f"Bell, 100,000 shots{text}"
        yield _against_aer(f"bell-100000{name}", work, bell, 40, shots=MANY_SHOTS, memory=memory)


def _wide_rows() -> Iterator[Comparison]:
    for n, goal in ((5, 12), (10, 14), (15, 12), (20, 7)):
        yield _against_aer(f"volume-{n}", f"quantum volume {n}", partial(volume, n), goal, is_heavy=n >= _HEAVY_QUBITS)
    for n, goal in ((10, 12), (20, 5), (24, 4)):
        yield _against_aer(f"qft-{n}", f"QFT {n}", partial(qft, n), goal, is_heavy=n >= _HEAVY_QUBITS)
    yield _against_aer("ladder-20", "RY-RZ-CX ladder 20", partial(ladder, 20), 8, is_heavy=True)


def _qsim_rows() -> Iterator[Comparison]:
    work = {"volume": ("quantum volume 20", volume), "qft": ("QFT 20", qft), "ladder": ("RY-RZ-CX ladder 20", ladder)}
    for precision, goal in (("double", 1), ("single", 1.5)):
        for name, (text, circuit) in work.items():
            yield Comparison(
                name=f"{name}-20-qsim-{precision}",
                work=f"{text}, ours in {precision}",
                peer="qsim, in single",
                goal=at_least_times(goal),
                prepare=partial(_beside_qsim, partial(circuit, 20), precision),
                is_heavy=True,
            )


def _qulacs_rows() -> Iterator[Comparison]:
    for n in (5, 10):
        yield Comparison(
            name=f"volume-{n}-qulacs",
            work=f"quantum volume {n}, compiled, state only",
            peer="qulacs, optimised",
            goal=at_least_times(1),
            prepare=partial(_beside_qulacs, partial(volume, n)),
        )


def _special_rows() -> Iterator[Comparison]:
    yield Comparison(
        name="teleportation",
        work="teleportation with if_test, 100,000 shots",
        peer="Aer",
        goal=at_least_times(300),
        prepare=lambda: _whole_runs(jobs.AER, teleportation(), shots=MANY_SHOTS),
        is_heavy=True,
    )
    yield _against_aer("ghz-1000", "GHZ 1000", partial(ghz, 1000), 2000, is_heavy=True)
    yield Comparison(
        name="unitary-8",
        work="unitary of quantum volume 8",
        peer="Aer",
        goal=at_least_times(8),
        prepare=partial(_unitaries, partial(volume, 8)),
    )
    yield Comparison(
        name="circuits-1000",
        work="1,000 different circuits of quantum volume 5 in one run",
        peer="Aer",
        goal=at_least_times(8),
        prepare=lambda: _whole_runs(jobs.AER, [measured(volume(5, seed=seed)) for seed in range(1000)], shots=SHOTS),
        is_heavy=True,
    )


def _basic_simulator_rows() -> Iterator[Comparison]:
    """Rows on Qiskit's own simulator; it can't do the wide ones in reasonable time."""
    work = {"bell": ("Bell", bell)} | {f"volume-{n}": (f"quantum volume {n}", partial(volume, n)) for n in (5, 10, 15)}
    for name, (text, circuit) in work.items():
        yield Comparison(
            name=f"{name}-basic",
            work=text,
            peer="Qiskit BasicSimulator",
            goal=at_least_times(1),
            prepare=partial(_beside_basic_simulator, circuit),
        )


def _footprint_rows() -> Iterator[Comparison]:
    yield Comparison(
        name="memory-qft-26",
        work="memory of QFT 26 above the import",
        peer="the state alone",
        goal=at_most(1.15, "GiB"),
        prepare=lambda: (lambda: in_fresh_process("qft", 26).peak_bytes / 2**30, lambda: 16 * 2**26 / 2**30),
        unit="GiB",
        is_heavy=True,
        pace=ONCE,
    )
    yield Comparison(
        name="import",
        work="import queuebit and build the default backend",
        peer="import qiskit",
        goal=at_most_above(50, "ms"),
        prepare=lambda: [partial(_import_ms, statement) for statement in _IMPORTS],
        is_heavy=True,
        pace=Pace(least_turns=9),
    )


def _against_aer(
    name: str,
    work: str,
    circuit: Callable[[], QuantumCircuit],
    goal: float,
    *,
    is_heavy: bool = False,
    **options: object,
) -> Comparison:
    return Comparison(
        name=name,
        work=work,
        peer="Aer",
        goal=at_least_times(goal),
        prepare=lambda: _whole_runs(jobs.AER, measured(circuit()), **{"shots": SHOTS, **options}),
        is_heavy=is_heavy,
    )


def _whole_runs(
    peer: object, circuits: QuantumCircuit | Sequence[QuantumCircuit], **options: object
) -> tuple[Measure, Measure]:
    return jobs.whole_run(jobs.QUEUEBIT, circuits, **options), jobs.whole_run(peer, circuits, **options)


def _beside_basic_simulator(circuit: Callable[[], QuantumCircuit]) -> tuple[Measure, Measure]:
    return _whole_runs(jobs.BASIC_SIMULATOR, measured(circuit()), shots=SHOTS)


def _beside_qsim(circuit: Callable[[], QuantumCircuit], precision: str) -> tuple[Measure, Measure]:
    chosen = {} if precision == "double" else {"precision": precision}
    ready = measured(circuit())
    return jobs.whole_run(jobs.QUEUEBIT, ready, shots=SHOTS, **chosen), qsim.sampling(ready, SHOTS)


def _beside_qulacs(circuit: Callable[[], QuantumCircuit]) -> tuple[Measure, Measure]:
    return program.state_run(circuit()), qulacs.update(circuit())


def _unitaries(circuit: Callable[[], QuantumCircuit]) -> tuple[Measure, Measure]:
    ours = jobs.whole_run(queuebit.BasicAer.get_backend("unitary_simulator"), circuit())
    return ours, jobs.whole_run(jobs.AER_UNITARY, jobs.with_saved(circuit(), "unitary"))


def _import_ms(statement: str) -> float:
    return float(output_of([sys.executable, "-c", _IMPORT_TIMER.format(statement)]))


if __name__ == "__main__":
    sys.exit(main())
