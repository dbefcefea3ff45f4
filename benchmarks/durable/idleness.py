"""What those use who have nothing to do: a program that waits for a job, and a service without jobs."""

import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

from benchmarks.durable.served import ServedQueue, wait_until
from benchmarks.durable.sleeper import NAME
from benchmarks.one_run import ROOT
from queuebit.providers import JobStatus

# The system counts processor time in hundredths of a second: 0.1 % of this.
_WATCH_S = 10.0

# What follows from the last thing that happened, such as a child's preparation, is over by then.
_SETTLE_S = 2.0

_WAITER = """
import sys
from queuebit import JobQueue
job = JobQueue(sys.argv[1], start_worker=False).job(sys.argv[2])
print("waiting", flush=True)
job.result()
"""


def idle_service() -> float:
    """Return the percentage of a core that a service without jobs uses, with its children."""
    served = ServedQueue()
    try:
        return _percent_of_core([served.service, *served.service.children(recursive=True)])
    finally:
        served.close()


def waiting_program() -> float:
    """Return the percentage of a core that a program uses which waits for a long job's result."""
    served = ServedQueue(processes=1)
    try:
        job = served.queue.get_backend(NAME).run(served.circuit)
        wait_until(lambda: job.status() is JobStatus.RUNNING, "the run of a job that sleeps")
        command = [sys.executable, "-c", _WAITER, str(served.queue.path), job.job_id()]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as program:
            try:
                assert program.stdout is not None
                if not program.stdout.readline():
                    raise RuntimeError(f"the program that was to wait ended with code {program.wait()}")
                percent = _percent_of_core([psutil.Process(program.pid)])
                if program.poll() is not None or job.status() is not JobStatus.RUNNING:
                    raise RuntimeError(f"the wait was to last, but ended; the job is {job.status().name}")
                return percent
            finally:
                program.kill()
    finally:
        served.close()


def _percent_of_core(processes: Sequence[psutil.Process]) -> float:
    time.sleep(_SETTLE_S)
    before_s, started = _processor_s(processes), time.perf_counter()
    time.sleep(_WATCH_S)
    return 100 * (_processor_s(processes) - before_s) / (time.perf_counter() - started)


def _processor_s(processes: Sequence[psutil.Process]) -> float:
    return float(sum(times.user + times.system for times in (process.cpu_times() for process in processes)))
