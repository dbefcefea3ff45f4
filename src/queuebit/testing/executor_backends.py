"""A backend for the checks of executors: what a circuit's name says is what its run does.

The processes of the executor import this module, so that they need pytest, as all of `queuebit.testing` does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData
from qiskit.transpiler import Target

ACTING = f"{__name__}:ActingBackend"
"""The backend's name, for assignments."""

_PIECE_BYTES = 2**20
_LOOK_S = 0.002


class ActingJob(JobV1):
    """A job in a thread, which is what most providers have."""

    def __init__(self, backend: ActingBackend, work: Callable[[], Result]) -> None:
        super().__init__(backend, "acting")
        self._future = _THREADS.submit(work)

    def submit(self) -> None:
        """Do nothing: it runs already."""

    def result(self) -> Result:
        """Wait for the result."""
        return self._future.result()

    def status(self) -> JobStatus:
        """Return whether it runs."""
        return JobStatus.DONE if self._future.done() else JobStatus.RUNNING

    def cancel(self) -> bool:
        """Ask the run to stop, which only `wait` hears."""
        self.backend().asked_to_stop.set()
        return True


class ActingBackend(BackendV2):
    """Does what a circuit's name says, `word` or `word:argument`; the result tells which process did it.

    Attributes:
        asked_to_stop: whether the run shall stop.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__(name="acting", **fields)
        self._target = Target(num_qubits=None)
        self.asked_to_stop = threading.Event()

    @property
    def target(self) -> Target:
        """A target that takes anything."""
        return self._target

    @property
    def max_circuits(self) -> None:
        """No bound."""
        return

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=10)

    def run(self, run_input: QuantumCircuit, **options: Any) -> ActingJob:
        """Do what the circuit says, in the background.

        Args:
            run_input: the circuit.
            **options: `shots`.
        """
        word, _, argument = str(run_input.name).partition(":")
        shots = options.get("shots", self.options.shots)
        self.asked_to_stop.clear()

        def work() -> Result:
            getattr(self, f"_{word}")(argument)
            return _result(str(run_input.name), shots)

        return ActingJob(self, work)

    def _nothing(self, _: str) -> None:
        pass

    def _raise(self, text: str) -> None:
        raise ArithmeticError(text)

    def _print(self, text: str) -> None:
        print(text, flush=True)

    def _print_and_wait(self, text: str) -> None:
        print(text, flush=True)
        self.asked_to_stop.wait(60.0)

    def _wait(self, seconds: str) -> None:
        self.asked_to_stop.wait(float(seconds))

    def _ignore(self, seconds: str) -> None:
        time.sleep(float(seconds))

    def _signal(self, name: str) -> None:
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(60.0)

    def _leak(self, pieces: str) -> None:
        kept = []
        for _ in range(int(pieces)):
            kept.append(b"x" * _PIECE_BYTES)
            time.sleep(0.0005)
        time.sleep(60.0)

    def _meet(self, paths: str) -> None:
        mine, theirs = map(Path, paths.split("|"))
        mine.touch()
        while not theirs.exists():
            time.sleep(_LOOK_S)

    def _stay(self, path: str) -> None:
        Path(path).write_text(str(os.getpid()), encoding="ascii")
        time.sleep(60.0)

    def _spell(self, text: str) -> None:
        for letter in text:
            sys.stdout.write(letter)
            sys.stdout.flush()
            time.sleep(_LOOK_S)


_THREADS = ThreadPoolExecutor(1)


def _result(name: str, shots: int) -> Result:
    experiment = ExperimentResult(
        shots=shots,
        success=True,
        status="DONE",
        data=ExperimentResultData(counts={"0x0": shots}),
        header={"name": name, "creg_sizes": [["c", 1]], "memory_slots": 1},
        metadata={"pid": os.getpid()},
    )
    return Result(backend_name="acting", job_id="acting", success=True, results=[experiment])
