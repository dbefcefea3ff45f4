"""Run one circuit in a fresh process and tell the time and the memory, as JSON.

``python -m benchmarks.one_run qft 26 --threads 1`` does it here; :func:`in_fresh_process` does that for others.
"""

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from qiskit import QuantumCircuit

import queuebit
from benchmarks.circuits import measured, qft, volume
from benchmarks.figures import significant
from benchmarks.timing import Pace, in_turns, timed

ROOT = Path(__file__).parent.parent

CIRCUITS = ("volume", "qft")

# Deeper ones take longer and tell nothing more of how time and memory grow.
VOLUME_DEPTH = 10


@dataclass(frozen=True, kw_only=True)
class OneRun:
    """What running one circuit took.

    Attributes:
        circuit: its name.
        num_qubits: its width.
        num_gates: its size.
        threads: how many it was run with; None for as many as queuebit chooses.
        ms: the median time of a whole run, in milliseconds.
        peak_bytes: how much the memory of the process grew above what it was after the import.
    """

    circuit: str
    num_qubits: int
    num_gates: int
    threads: int | None
    ms: float
    peak_bytes: int


def in_fresh_process(circuit: str, num_qubits: int, *, threads: int | None = None, seconds: float = 0.0) -> OneRun:
    """Run a circuit in a process of its own.

    Args:
        circuit: one of :data:`CIRCUITS`.
        num_qubits: its width.
        threads: how many to run it with; None for as many as queuebit chooses.
        seconds: for how long to repeat the run, for its time; it is run at least once.

    Raises:
        RuntimeError: with what the process said, if it failed.
    """
    options = ["--seconds", str(seconds), *(["--threads", str(threads)] if threads else [])]
    command = [sys.executable, "-m", "benchmarks.one_run", circuit, str(num_qubits), *options]
    return OneRun(**json.loads(output_of(command)))


def output_of(command: list[str]) -> str:
    """Run a Python process and return what it prints.

    Raises:
        RuntimeError: with what it said, if it failed.
    """
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with code {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def peak_bytes() -> int:
    """Return the largest memory that this process had so far.

    Linux keeps it for the process alone; what ``getrusage`` tells there begins with the parent's.
    """
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * int(fields["VmHWM"].split()[0])
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest


def run_here(circuit: QuantumCircuit, *, threads: int | None, seconds: float) -> tuple[float, int]:
    """Run a circuit in this process, which should have done nothing else, and return its time and peak memory."""
    backend = queuebit.get_backend()
    options = {"threads": threads} if threads else {}
    before_bytes = psutil.Process().memory_info().rss
    samples = in_turns(
        [timed(lambda: backend.run(circuit, shots=1024, **options).result())],
        Pace(seconds=seconds, least_turns=1, warm_up=bool(seconds)),
    )
    return samples[0].median, peak_bytes() - before_bytes


def main() -> None:
    """Run the circuit that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one_run", description=__doc__.splitlines()[0])
    parser.add_argument("circuit", choices=CIRCUITS, help=f"volume is {VOLUME_DEPTH} layers deep at most")
    parser.add_argument("num_qubits", type=int)
    parser.add_argument("--threads", type=int, help="how many to run with; by default as many as queuebit chooses")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to repeat it, for the time; default once")
    given = parser.parse_args()
    n = given.num_qubits
    circuit = measured(qft(n) if given.circuit == "qft" else volume(n, depth=min(n, VOLUME_DEPTH)))
    ms, grown_bytes = run_here(circuit, threads=given.threads, seconds=given.seconds)
    found = OneRun(
        circuit=given.circuit,
        num_qubits=n,
        num_gates=circuit.size() - n,
        threads=given.threads,
        ms=significant(ms),
        peak_bytes=grown_bytes,
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
