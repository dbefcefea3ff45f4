"""Submit all circuits of this folder to a fresh queue, watch them live, and find them again in other processes.

The jobs are on disk before run() returns. A worker, which the queue starts by itself in the background, runs them:
this program, the one that watches and the one that shows a result are three processes, and none of them simulates.

Expect nine ids; the list of jobs while it changes, until all are DONE (a live table on a terminal, else a line for
each new status); the outcomes of each job; and the result of grover.qasm as the command line shows it, with 101 far
ahead.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from qiskit import QuantumCircuit, qasm2, qasm3

import queuebit

EXAMPLES = Path(__file__).resolve().parent


def circuit_in(file: Path) -> QuantumCircuit:
    """Return the circuit in an OpenQASM file, named after the file."""
    language = qasm3 if "OPENQASM 3" in file.read_text() else qasm2
    circuit = language.load(file)
    circuit.name = file.stem
    return circuit


def ladder(qubits: int = 20, layers: int = 250) -> QuantumCircuit:
    """Return a circuit that takes some seconds, so that there is something to watch."""
    circuit = QuantumCircuit(qubits, name="ladder")
    for _ in range(layers):
        circuit.rx(0.3, range(qubits))
        circuit.cx(range(qubits - 1), range(1, qubits))
    circuit.measure_all()
    return circuit


def command_line(*arguments: str) -> None:
    """Run a command of queuebit in another process, on the queue that QUEUEBIT_STORE names."""
    print(f"\n$ queuebit {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "queuebit", *arguments], check=True)


def main(path: Path) -> None:
    """Submit, watch, and show."""
    os.environ["QUEUEBIT_STORE"] = str(path)
    with queuebit.JobQueue() as queue:
        backend = queue.get_backend("basic_simulator")
        circuits = [ladder(), *map(circuit_in, sorted(EXAMPLES.glob("*.qasm")))]
        started = time.perf_counter()
        prepared = [backend.prepare(circuit, name=circuit.name, seed_simulator=7) for circuit in circuits]
        jobs = queue.run_many(prepared)
        print(f"{len(jobs)} jobs on disk after {1000 * (time.perf_counter() - started):.0f} ms:")
        for job in jobs:
            print(f"  {job.job_id()}  {job.name}")
    # From here on only the file knows the jobs.
    command_line("jobs", "--oldest-first", "--watch", "--until-done")
    with queuebit.connect(path) as queue:
        print("\nThe most frequent outcomes:")
        for job in queue.jobs(limit=None, descending=False):
            counts = job.result().get_counts()
            first = sorted(counts, key=counts.__getitem__, reverse=True)[:4]
            print(f"  {job.name}: {', '.join(f'{outcome} {counts[outcome]}x' for outcome in first)}")
        grover = queue.jobs(name="grover")[0].job_id()
    command_line("result", grover[:8])


if __name__ == "__main__":
    # The worker ends by itself when the queue's file is gone.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        main(Path(folder) / "demo.db")
