"""Run a job of many circuits on a Dask cluster: here one of two workers on this machine, elsewhere one of hundreds.

The queue is the same as ever: jobs are on disk before run() returns, and any process finds them again. Only the service
that runs them is told of a cluster, by `dask=`: "local" starts one of this machine's cores, and the address of a
scheduler, such as "tcp://10.0.0.1:8786", uses that one. docs/dask.md says how to start one on several machines, on
Slurm and on Kubernetes.

Needs `pip install 'queuebit[dask]'`. Its arguments, if any, are the cluster and the number of circuits.

Expect the job's progress, its time, and that all counts are those of a run without a cluster, bit for bit.
"""

import sys
import tempfile
import time
from pathlib import Path

from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume

import queuebit
from queuebit.queue import QueueJob

NUM_CIRCUITS = 64
NUM_QUBITS = 16
OPTIONS = {"shots": 1024, "seed_simulator": 7}


def volume(seed: int) -> QuantumCircuit:
    """Return a quantum volume circuit, another one for each seed."""
    circuit = quantum_volume(NUM_QUBITS, seed=seed)
    circuit.measure_all()
    return circuit


def follow(job: QueueJob) -> None:
    """Print how far the job is until it has ended."""
    while not job.in_final_state():
        time.sleep(0.25)
        progress = job.progress()
        print(f"  {job.status().name}: {progress.done} of {progress.total} {progress.unit}", flush=True)


def main(path: Path, cluster: str = "local", number: str = str(NUM_CIRCUITS)) -> None:
    """Submit, follow, and compare."""
    circuits = [volume(seed) for seed in range(int(number))]
    with queuebit.JobQueue(path, dask=cluster) as queue:
        started = time.perf_counter()
        job = queue.get_backend("basic_simulator").run(circuits, **OPTIONS)
        print(f"job {job.job_id()} of {len(circuits)} circuits goes to the Dask cluster {cluster!r}")
        follow(job)
        counts = job.result().get_counts()
        print(f"done after {time.perf_counter() - started:.1f} s, with the time that the cluster took to start")
    alone = queuebit.BasicProvider().get_backend("basic_simulator").run(circuits, **OPTIONS).result().get_counts()
    assert counts == alone, "the counts are other ones"
    print("the counts are those of a run without a cluster")


if __name__ == "__main__":
    # The service, and with it a cluster of this machine, ends by itself when the queue's file is gone.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        main(Path(folder) / "lab.db", *sys.argv[1:])
