"""A backend whose runs wait for a file, so that a test says when they end. A worker's child imports it by its name."""

import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData
from qiskit.transpiler import Target

_POOL = ThreadPoolExecutor(1)


class GatedJob(JobV1):
    def __init__(self, backend, circuit, options):
        super().__init__(backend, "gated")
        self._cancelled = threading.Event()
        self._future = _POOL.submit(self._work, circuit, options)

    def _work(self, circuit, options):
        print(f"{circuit.name} waits for its gate")
        gate = options["gate"].replace("{circuit}", circuit.name)
        while gate and not Path(gate).exists():
            if self._cancelled.wait(0.002):
                raise CancelledError
        return result_of(circuit, options, success=options["succeed"])

    def submit(self):
        pass

    def result(self):
        return self._future.result()

    def status(self):
        return JobStatus.DONE if self._future.done() else JobStatus.RUNNING

    def cancel(self):
        self._cancelled.set()
        return True


class GatedBackend(BackendV2):
    """Gives a result when the file that the option ``gate`` names is there; at once without one.

    In the file's name, ``{circuit}`` stands for the circuit's.
    """

    def __init__(self, num_qubits=3, **fields):
        super().__init__(name="gated", **fields)
        self._target = Target(num_qubits=num_qubits)

    @property
    def target(self):
        return self._target

    @property
    def max_circuits(self):
        return 1

    @classmethod
    def _default_options(cls):
        return Options(shots=10, gate="", succeed=True)

    def run(self, run_input, **options):
        assert isinstance(run_input, QuantumCircuit)
        return GatedJob(self, run_input, {**self.options, **options})

    def only_mine(self):
        return f"{self.name} of {self.num_qubits} qubits"


def only_in_the_test():
    """Makes a backend where the tests run, and none in a worker."""
    if "pytest" not in sys.modules:
        raise LookupError("there is no licence on this machine")
    return GatedBackend()


def result_of(circuit, options, *, success):
    experiment = ExperimentResult(
        shots=options["shots"],
        success=success,
        status="DONE" if success else "ERROR: the qubits are too warm",
        data=ExperimentResultData(counts={"0x0": options["shots"]}),
        header={"name": circuit.name, "creg_sizes": [["c", 1]], "memory_slots": 1},
    )
    return Result(backend_name="gated", job_id="gated", success=success, results=[experiment])
