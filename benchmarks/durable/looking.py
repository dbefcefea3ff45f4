"""How soon the command line answers where nothing has to be run, beside a Python that imports what runs circuits."""

import os
import subprocess
import sys

from benchmarks.circuits import bell, measured
from benchmarks.durable.served import fresh_folder
from benchmarks.timing import Measure, timed
from queuebit import JobQueue

VERBS = (("jobs",), ("statistics",), ("doctor",), ("show", "{job}"), ("cancel", "{job}"))


def looking() -> tuple[Measure, Measure]:
    """Return the time of a verb that only looks, each in turn, in a process of its own, and of importing Qiskit."""
    path = fresh_folder() / "queue.db"
    with JobQueue(path, start_worker=False) as queue:
        job_id = queue.get_backend().run(measured(bell())).job_id()
    commands = [[word.format(job=job_id) for word in verb] for verb in VERBS]
    environment = os.environ | {"QUEUEBIT_STORE": str(path)}

    def look() -> None:
        for words in commands:
            _ended(["-m", "queuebit", *words], environment)

    whole = timed(look)
    return lambda: whole() / len(commands), _importing("import qiskit")


def helping() -> tuple[Measure, Measure]:
    """Return the time of ``queuebit --help``, and of importing Qiskit."""
    return timed(lambda: _ended(["-m", "queuebit", "--help"], dict(os.environ))), _importing("import qiskit")


def _importing(program: str) -> Measure:
    return timed(lambda: _ended(["-c", program], dict(os.environ)))


def _ended(arguments: list[str], environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=True)
