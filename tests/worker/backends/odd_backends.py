"""Backends that do what no backend should, each for one test of the worker. A child imports this module by its name."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData
from qiskit.transpiler import Target

_POOL = ThreadPoolExecutor(1)
_KEPT = []


class OddJob(JobV1):
    """Runs in a thread, as most providers' jobs do."""

    def __init__(self, backend, work, stop):
        super().__init__(backend, "odd")
        self._stop = stop
        self._future = _POOL.submit(work)

    def submit(self):
        pass

    def result(self):
        return self._future.result()

    def status(self):
        return JobStatus.DONE if self._future.done() else JobStatus.RUNNING

    def cancel(self):
        return self._stop()


class OddBackend(BackendV2):
    """Each circuit's name says what its run does before it gives a result, as ``word`` or ``word:argument``."""

    def __init__(self, **fields):
        super().__init__(name="odd", **fields)
        self._target = Target(num_qubits=None)
        self._asked_to_stop = threading.Event()

    @property
    def target(self):
        return self._target

    @property
    def max_circuits(self):
        return None

    @classmethod
    def _default_options(cls):
        return Options(shots=10, seed_simulator=None, label="")

    def run(self, run_input, **options):
        assert isinstance(run_input, QuantumCircuit)
        word, _, argument = run_input.name.partition(":")
        self._asked_to_stop.clear()

        def work():
            getattr(self, f"do_{word}")(argument)
            return result_of(run_input, {**self.options, **options})

        return OddJob(self, work, lambda: word in ("wait", "slow_to_stop") and not self._asked_to_stop.set())

    def do_nothing(self, _):
        pass

    def do_print(self, text):
        print(text)
        sys.stderr.write("to stderr\n")
        os.write(1, b"to descriptor 1\n")
        warnings.warn("a warning", UserWarning, stacklevel=1)

    def do_print_in_two(self, paths):
        """Begins a line on each stream, and ends it when it is told to."""
        reached, go_on = paths.split("|")
        print("a line", end="")
        print(" and another", end="", file=sys.stderr)
        Path(reached).touch()
        self.do_await_file(go_on)
        print(" in two")
        print(" in two", file=sys.stderr)

    def do_print_later(self, paths):
        """Has a thread print when the run is over."""
        reached, go_on = paths.split("|")

        def later():
            self.do_await_file(go_on)
            print("too late")
            Path(reached).touch()

        threading.Thread(target=later, daemon=True).start()

    def do_flood(self, megabytes):
        for _ in range(int(megabytes)):
            os.write(1, b"0123456789abcdef" * 65536)
        print("the last words")

    def do_raise(self, text):
        raise ArithmeticError(text)

    def do_leave(self, code):
        raise SystemExit(int(code))

    def do_exit(self, code):
        print("about to exit", flush=True)
        os._exit(int(code))

    def do_segfault(self, _):
        ctypes.string_at(0)

    def do_signal(self, name):
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(60)

    def do_die_once(self, path):
        if not Path(path).exists():
            Path(path).touch()
            os._exit(7)

    def do_wait(self, seconds):
        """Ends early when it is asked to."""
        self._asked_to_stop.wait(float(seconds))

    def do_await_file(self, path):
        while not Path(path).exists():
            time.sleep(0.005)

    def do_ignore(self, seconds):
        """Doesn't listen, and holds the interpreter, as Aer does."""
        ctypes.CDLL(None).signal(
            int(signal.SIGTERM), ctypes.c_void_p(1)
        )  # SIG_IGN; Python's own is for the main thread
        ctypes.PyDLL(None).usleep(int(float(seconds) * 1e6))

    def do_write(self, path):
        with Path(path).open("a") as file:
            file.write(f"{os.getpid()}\n")

    def do_leak(self, megabytes):
        self.leaked = []
        for _ in range(int(megabytes)):
            self.leaked.append(b"x" * 2**20)
            time.sleep(0.0005)
        time.sleep(60)

    def do_keep(self, megabytes):
        _KEPT.append(b"x" * (int(megabytes) * 2**20))

    def do_slow_to_stop(self, seconds):
        self._asked_to_stop.wait(60)
        time.sleep(float(seconds))

    def do_fill_disk(self, times):
        """Have the next attempts to write the result fail, as they do on a full disk."""
        self._break_disk(errno.ENOSPC, int(times))

    def do_break_disk(self, number):
        self._break_disk(int(number), 1)

    def _break_disk(self, number, times):
        from queuebit.worker import child_loop

        original = child_loop.encode_result
        left = [times]

        def failing(*args):
            if left[0] == 0:
                child_loop.encode_result = original
                return original(*args)
            left[0] -= 1
            raise OSError(number, os.strerror(number))

        child_loop.encode_result = failing

    def do_start_process(self, path):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(path).write_text(str(process.pid))
        os._exit(0)

    def do_close_descriptors(self, _):
        os.closerange(3, 256)
        time.sleep(60)

    def do_scribble(self, _):
        for descriptor in range(3, 256):
            try:
                os.write(descriptor, b"this is no message at all")
            except OSError:
                continue
        time.sleep(60)


def result_of(circuit, options):
    """A result that tells what the run was given."""
    experiment = ExperimentResult(
        shots=options["shots"],
        success=True,
        status="DONE",
        data=ExperimentResultData(counts={"0x0": options["shots"]}),
        header={"name": circuit.name, "creg_sizes": [["c", 1]], "memory_slots": 1},
        metadata={
            "pid": os.getpid(),
            "threads": os.environ["OMP_NUM_THREADS"],
            "seed": options["seed_simulator"],
            "label": options["label"],
            "gates": dict(circuit.count_ops()),
        },
    )
    return Result(backend_name="odd", job_id="odd", success=True, results=[experiment])


class Unsuccessful(OddBackend):
    """Gives results that say that they are none."""

    def run(self, run_input, **options):
        result = result_of(run_input, {**self.options, **options})
        result.success = result.results[0].success = False
        result.results[0].status = "ERROR: too many qubits"
        return OddJob(self, lambda: result, lambda: False)


class NoGates(OddBackend):
    """Knows rz, sx and cx only."""

    def __init__(self, **fields):
        super().__init__(**fields)
        from qiskit.providers.fake_provider import GenericBackendV2

        self._target = GenericBackendV2(3, basis_gates=["rz", "sx", "cx"], seed=1).target


def raises(**options):
    raise LookupError(f"no key for {options}")


def leaves():
    sys.exit(3)


def returns_text():
    return "a backend"


not_callable = 5
