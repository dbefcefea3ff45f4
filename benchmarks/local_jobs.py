"""Local jobs against the jobs that Qiskit and Aer give, in one run: how long users wait, and for what.

Each row is measured in turns, ours then the peer's, and told as medians and their ratio (the peer's time over ours).
Run it with ``make bench``, or ``python benchmarks/local_jobs.py --json figures.json``.
"""

import argparse
import json
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import qiskit
import qiskit_aer
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import quantum_volume
from qiskit.providers.basic_provider import BasicProvider as QiskitBasicProvider

import queuebit
from queuebit.providers import JobStatus
from queuebit.providers.basic_provider import BasicProvider

OURS = BasicProvider().get_backend("basic_simulator")
QISKIT = QiskitBasicProvider().get_backend("basic_simulator")
AER = qiskit_aer.AerSimulator()


@dataclass(frozen=True)
class Row:
    """One line of the table; times in milliseconds."""

    work: str
    peer: str
    ours_ms: float
    peer_ms: float
    goal: float

    @property
    def ratio(self) -> float:
        """The peer's time over ours."""
        return self.peer_ms / self.ours_ms


def median_ms(*actions: Callable[[], float], rounds: int) -> list[float]:
    """Time the actions in turns; each returns its own time in seconds."""
    for action in actions:
        action()
    times = [[action() for action in actions] for _ in range(rounds)]
    return [1e3 * statistics.median(column) for column in zip(*times, strict=True)]


def timed(action: Callable[[], object]) -> Callable[[], float]:
    """Return an action that tells how long it took, in seconds."""

    def run() -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return run


def bell() -> QuantumCircuit:
    """Return a Bell pair, measured."""
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def volume(num_qubits: int) -> QuantumCircuit:
    """Return a quantum volume circuit in u and cx gates, measured."""
    circuit = quantum_volume(num_qubits, seed=1)
    circuit.measure_all()
    return transpile(circuit, basis_gates=["u", "cx"], optimization_level=0)


def teleportation() -> QuantumCircuit:
    """Return a teleportation with feed-forward, verified by undoing the preparation."""
    circuit = QuantumCircuit(3, 3, name="teleportation")
    circuit.ry(1.0, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((1, 1)):
        circuit.x(2)
    with circuit.if_test((0, 1)):
        circuit.z(2)
    circuit.ry(-1.0, 2)
    circuit.measure(2, 2)
    return circuit


def whole_run(backend: object, circuit: QuantumCircuit, shots: int) -> Callable[[], float]:
    """Time ``run(...).result()``."""
    return timed(lambda: backend.run(circuit, shots=shots).result())  # type: ignore[attr-defined]


def waiting(backend: object) -> Callable[[], float]:
    """Time a wait for a job of a millisecond, with the default pause."""
    return timed(lambda: backend.run(bell(), shots=1).wait_for_final_state())  # type: ignore[attr-defined]


def longest_freeze(backend: object, circuit: QuantumCircuit) -> Callable[[], float]:
    """Measure the longest time for which another thread with a 2 ms beat stood still while the job ran."""

    def run() -> float:
        gaps: list[float] = []
        over = threading.Event()

        def tick() -> None:
            last = time.perf_counter()
            while not over.is_set():
                time.sleep(0.002)
                now = time.perf_counter()
                gaps.append(now - last)
                last = now

        ticker = threading.Thread(target=tick)
        ticker.start()
        backend.run(circuit, shots=100).result()  # type: ignore[attr-defined]
        over.set()
        ticker.join()
        return max(gaps)

    return run


def cancelling_s() -> float:
    """Return the time from ``cancel()`` of a running simulation until its thread works no more."""
    job = OURS.run(volume(18))
    while job.status() is not JobStatus.RUNNING or job.progress().done == 0:
        time.sleep(0.001)
    started = time.perf_counter()
    job.cancel()
    before = job.progress()
    followers = OURS.run([bell()] * 1), OURS.run([bell()] * 1)
    for follower in followers:
        follower.result()
    assert job.progress() == before
    return time.perf_counter() - started


def measure() -> list[Row]:
    """Measure all rows."""
    rows = []

    def compare(
        work: str, peer: str, ours: Callable[[], float], other: Callable[[], float], goal: float, n: int
    ) -> None:
        ours_ms, peer_ms = median_ms(ours, other, rounds=n)
        rows.append(Row(work, peer, ours_ms, peer_ms, goal))
        print(f"  measured {work} against {peer}", file=sys.stderr)

    compare("wait_for_final_state() of a Bell job", "Aer", waiting(OURS), waiting(AER), 500, 1)
    for name, peer in (("BasicSimulator", QISKIT), ("Aer", AER)):
        compare("Bell, 1024 shots", name, whole_run(OURS, bell(), 1024), whole_run(peer, bell(), 1024), 1, 51)
        compare("Bell, 100,000 shots", name, whole_run(OURS, bell(), 100_000), whole_run(peer, bell(), 100_000), 1, 9)
    for n, rounds in ((5, 21), (10, 9), (15, 3)):
        compare(
            f"quantum volume {n}, 1024 shots",
            "BasicSimulator",
            whole_run(OURS, volume(n), 1024),
            whole_run(QISKIT, volume(n), 1024),
            1,
            rounds,
        )
    circuit = teleportation()
    compare(
        "teleportation with if_test, 100,000 shots",
        "Aer",
        whole_run(OURS, circuit, 100_000),
        whole_run(AER, circuit, 100_000),
        10,
        3,
    )
    compare(
        "longest freeze of another thread, quantum volume 18",
        "Aer",
        longest_freeze(OURS, volume(18)),
        longest_freeze(AER, volume(18)),
        5,
        1,
    )
    return rows


def main() -> None:
    """Measure, print the table, write the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    rows = measure()
    cancel_ms = 1e3 * statistics.median(cancelling_s() for _ in range(5))
    print(f"{'work':<46}{'peer':<16}{'ours ms':>10}{'peer ms':>10}{'ratio':>8}{'goal':>7}")
    for row in rows:
        print(f"{row.work:<46}{row.peer:<16}{row.ours_ms:>10.2f}{row.peer_ms:>10.2f}{row.ratio:>8.1f}{row.goal:>7.0f}")
    print(f"cancel() of a running 18-qubit simulation, until its thread does the next job: {cancel_ms:.0f} ms")
    if arguments.json:
        figures = {
            "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
            "versions": {
                "queuebit": queuebit.__version__,
                "qiskit": qiskit.__version__,
                "aer": qiskit_aer.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
            "cancel_ms": cancel_ms,
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
