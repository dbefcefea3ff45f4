"""A native run leaves the interpreter to others, shows how far it is, and stops soon when it is told to.

Limits of time are on what a run does, so that a loaded machine breaks none of them: a wait for a core is the system's.
They are for a machine of a certain speed, and longer on a slower one.
"""

import gc
import mmap
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from qiskit import QuantumCircuit

from queuebit.engines import Control, Output, Program, RunCancelledError
from queuebit.engines.memory import available_bytes
from queuebit.providers.basic_provider import BasicProvider
from queuebit.providers.jobstatus import JobStatus
from queuebit.testing.patience import eventually, in_background

pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine

pytestmark = pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizers take their time")

MIB = 2**20
TICK_S = 0.005
LONGEST_GAP_S = 0.05
SOON_S = 0.1
"""In which a run stops."""

REFERENCE_S = 0.004
"""What the run that ``slowness`` measures takes where these limits were set."""

PATIENCE_S = 40.0
THREADS = Path("/proc/self/task")


def waits_for_a_core_s() -> dict[str, float]:
    """Return for how long each thread of this process was ready to run and had no core, where the system tells."""
    waits: dict[str, float] = {}
    for thread in THREADS.iterdir() if THREADS.exists() else ():
        with suppress(OSError):  # a thread may end meanwhile, and not each system measures this
            waits[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return waits


class Stopwatch:
    """Measures the time that passes, less what the threads of this process had to wait for a core.

    Any of them may be the one that holds the interpreter.
    """

    def __init__(self) -> None:
        self._time_s, self._waits_s = time.perf_counter(), waits_for_a_core_s()

    def lap_s(self) -> float:
        """Return the seconds since the last lap."""
        before_s, waits_before_s = self._time_s, self._waits_s
        self._time_s, self._waits_s = time.perf_counter(), waits_for_a_core_s()
        waited_s = sum(wait - waits_before_s.get(thread, 0.0) for thread, wait in self._waits_s.items())
        return self._time_s - before_s - waited_s


# Ticks until its input ends, then prints its longest gap in seconds.
OTHER_TICKER = """
import select, sys, time
longest, last, over = 0.0, time.perf_counter(), []
print("ready", flush=True)
while not over:
    over, _, _ = select.select([sys.stdin], [], [], float(sys.argv[1]))
    now = time.perf_counter()
    longest, last = max(longest, now - last), now
print(longest)
"""


class Ticker:
    """A thread that wakes every 5 ms for as long as the block runs, and needs the interpreter each time.

    Another process does so too. What holds that one up is the system.

    Attributes:
        longest_gap_s: between two ticks of the thread, less what threads waited for cores.
        usual_gap_s: the other process's longest gap.
    """

    def __enter__(self) -> "Ticker":
        self._other = subprocess.Popen(
            [sys.executable, "-c", OTHER_TICKER, str(TICK_S)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._other.stdout is not None
        assert self._other.stdout.readline() == "ready\n"
        self.longest_gap_s = 0.0
        self._ticked, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._tick)
        self._thread.start()
        assert self._ticked.wait(PATIENCE_S), "the ticker doesn't tick"
        self._started_s = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.took_s = time.perf_counter() - self._started_s
        self._over.set()
        self._thread.join()
        gap, _ = self._other.communicate(timeout=PATIENCE_S)
        self.usual_gap_s = float(gap)

    def _tick(self) -> None:
        stopwatch = Stopwatch()
        while not self._over.is_set():
            time.sleep(TICK_S)
            self.longest_gap_s = max(self.longest_gap_s, stopwatch.lap_s())
            self._ticked.set()

    def assert_kept_its_beat(self) -> None:
        longest_s = LONGEST_GAP_S * slowness()
        assert self.took_s > 2 * longest_s, f"a run of {self.took_s:.3f} s shows nothing"
        assert self.longest_gap_s < longest_s + self.usual_gap_s


@cache
def slowness() -> float:
    """Return how much longer a run takes here than where the limits were set; 1 at least."""
    program = StatevectorEngine(threads=1).compile(layers(18, 2), output=Output.STATEVECTOR)
    times_s = []
    for _ in range(5):
        before_s = time.thread_time()
        program.run(1, 1, Control())
        times_s.append(time.thread_time() - before_s)
    return max(1.0, min(times_s) / REFERENCE_S)


def layers(num_qubits: int, depth: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    for layer in range(depth):
        for qubit in range(num_qubits):
            circuit.ry(0.1 + qubit + layer, qubit)
            circuit.rz(0.2, qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    return circuit


def measured(circuit: QuantumCircuit) -> QuantumCircuit:
    return circuit.measure_all(inplace=False)


@pytest.fixture
def backend():
    return BasicProvider().get_backend("basic_simulator")


def need_memory(size_bytes: int) -> None:
    if available_bytes() < 1.5 * size_bytes:
        pytest.skip(f"{size_bytes // MIB} MiB and as much again by half are not free")


def test_other_threads_keep_their_beat_during_a_wide_run(backend):
    need_memory(256 * MIB)
    circuit = measured(layers(24, 5))
    with Ticker() as ticker:
        backend.run(circuit, shots=1024, seed_simulator=1).result()
    ticker.assert_kept_its_beat()


def splitting(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, num_qubits + 1)
    circuit.h(0)
    circuit.measure(0, num_qubits)
    circuit.h(range(num_qubits))
    return circuit


@pytest.mark.parametrize("circuit", [layers(16, 1), splitting(16)], ids=["one-branch", "two-branches"])
def test_other_threads_keep_their_beat_while_many_shots_are_drawn(circuit):
    program = StatevectorEngine().compile(measured(circuit))
    with Ticker() as ticker:
        program.run(6_000_000, 1, Control())
    ticker.assert_kept_its_beat()


def resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def test_wide_job_is_cancelled_soon_and_gives_its_memory_back(backend):
    state_bytes = 1024 * MIB
    need_memory(state_bytes)
    gc.collect()
    before = resident_bytes()
    job = backend.run(measured(layers(26, 20)), shots=10)
    assert eventually(PATIENCE_S, lambda: resident_bytes() - before > state_bytes // 2 and job.progress().done > 0)
    done = job.progress().done
    assert job.cancel()
    assert job.status() is JobStatus.CANCELLED
    assert eventually(PATIENCE_S, lambda: resident_bytes() - before < state_bytes // 20), "the memory is not given back"
    # A quarter takes seconds.
    assert job.progress().done - done < job.progress().total // 4


class BackgroundRun:
    """A run in a thread of its own, whose work is measured."""

    def __init__(self, program: Program, shots: int, **options: Any) -> None:
        self.control = Control()
        self.over = threading.Event()
        self._measured = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(program, shots, options), daemon=True)
        self._thread.start()

    def _run(self, program: Program, shots: int, options: dict[str, Any]) -> None:
        with suppress(RunCancelledError):
            program.run(shots, 1, self.control, **options)
        self._work_s = time.thread_time()
        self.over.set()
        # A thread that has ended has no clock.
        self._measured.wait()

    def work_s(self) -> float:
        """Return for how many seconds the run's thread has had a core."""
        return time.clock_gettime(time.pthread_getcpuclockid(self._thread.ident))

    def work_after_cancelling_s(self) -> float:
        """Cancel the run, and return for how many seconds of work it goes on."""
        work_before_s = self.work_s()
        self.control.cancel()
        assert self.over.wait(PATIENCE_S), "the run goes on"
        self._measured.set()
        return max(0.0, self._work_s - work_before_s)


def one_gate(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    circuit.h(0)
    return circuit


@pytest.mark.parametrize(
    ("circuit", "output"),
    [(one_gate(24), Output.STATEVECTOR), (one_gate(12), Output.UNITARY), (splitting(25), Output.COUNTS)],
    ids=["returning-a-state", "returning-a-matrix", "splitting"],
)
def test_run_is_cancelled_soon_while_it_copies_a_state(circuit, output):
    need_memory(1024 * MIB)
    program = StatevectorEngine(threads=1).compile(circuit, output=output)
    gc.collect()
    before, state_bytes = resident_bytes(), program._core.state_bytes
    run = BackgroundRun(program, 100)
    # Of the copy, a little is there.
    assert eventually(
        PATIENCE_S, lambda: resident_bytes() - before > state_bytes + state_bytes // 16 or run.over.is_set()
    )
    assert run.work_after_cancelling_s() < SOON_S * slowness()


def test_run_is_cancelled_soon_while_it_draws_its_shots():
    # So many that drawing takes long, and so few that the system finds the pages of the answer in no time.
    circuit, shots = QuantumCircuit(22), 1_500_000
    circuit.h(range(22))
    program = StatevectorEngine(threads=1).compile(measured(circuit))
    before_s = time.thread_time()
    program.run(shots, 1, Control())
    whole_s = time.thread_time() - before_s
    for share in (0.4, 0.6, 0.8):
        run = BackgroundRun(program, shots)
        assert eventually(PATIENCE_S, lambda: run.over.is_set() or run.work_s() > share * whole_s)  # noqa: B023
        assert run.work_after_cancelling_s() < SOON_S * slowness(), f"cancelled after {share:.0%} of the run"


def test_run_is_cancelled_soon_while_it_takes_its_initial_state():
    need_memory(1024 * MIB)
    state = np.full(2**25, 2.0**-12.5, dtype=complex)
    before = resident_bytes()
    run = BackgroundRun(StatevectorEngine(threads=1).compile(measured(layers(25, 1))), 1, initial_state=state)
    assert eventually(PATIENCE_S, lambda: resident_bytes() - before > 16 * MIB or run.over.is_set())
    assert run.work_after_cancelling_s() < SOON_S * slowness()


def assert_shown_well(seen: list[int], total: int) -> None:
    assert all(earlier <= later for earlier, later in pairwise(seen))
    assert seen[0] < total
    assert seen[-1] == total
    assert len(set(seen)) > 5, f"a watcher saw only {sorted(set(seen))} of {total}"


@pytest.mark.parametrize("threads", [1, 2])
def test_watching_thread_sees_the_progress_grow_to_its_total(threads):
    circuit = layers(20, 10)
    program, control = StatevectorEngine(threads=threads).compile(circuit, output=Output.STATEVECTOR), Control()
    run = in_background(lambda: program.run(1, 1, control))
    seen = [control.done]
    while not run.done():
        seen.append(control.done)
        time.sleep(1e-4)
    assert run.result().statevector is not None
    assert_shown_well([*seen, control.done], program.num_instructions)


def test_job_of_several_circuits_shows_their_progress_together(backend):
    circuits = [measured(layers(19, 10)), measured(layers(20, 5))]
    total = sum(len(circuit.data) for circuit in circuits)
    job = backend.run(circuits, shots=10, seed_simulator=1)
    seen = [job.progress()]
    while not job.done():
        seen.append(job.progress())
        time.sleep(1e-4)
    seen.append(job.progress())
    assert {progress.total for progress in seen} == {total}
    assert_shown_well([progress.done for progress in seen], total)


# Reads the two integers of a control as another program would: from a mapped file, without queuebit.
WATCHER = """
import mmap, struct, sys, time
file, total, cancel_from = open(sys.argv[1], "r+b"), int(sys.argv[2]), int(sys.argv[3])
memory, seen = mmap.mmap(file.fileno(), 16), []
print("ready", flush=True)
while True:
    cancelled, done = struct.unpack("=qq", memory[:])
    if seen[-1:] != [done]:
        seen.append(done)
    if done >= cancel_from:
        memory[:8] = struct.pack("=q", 1)
        cancelled = 1
    if cancelled or done >= total:
        print(*seen)
        break
    time.sleep(1e-4)
"""


def run_watched(folder: Path, program: Program, cancel_from: int) -> tuple[list[int], bool]:
    """Run a program while another process watches it; return what that saw, and whether the run was cancelled.

    Args:
        folder: where the shared memory is made.
        program: what to run.
        cancel_from: the progress from which on the other process cancels.
    """
    path = folder / "control"
    path.write_bytes(bytes(Control.SIZE_BYTES))
    command = [sys.executable, "-c", WATCHER, str(path), str(program.num_instructions), str(cancel_from)]
    with path.open("r+b") as file, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        control = Control(memoryview(mmap.mmap(file.fileno(), 0)))
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "ready\n"
        with suppress(RunCancelledError):
            program.run(1, 1, control)
        seen, _ = watcher.communicate(timeout=PATIENCE_S)
    assert control.done >= int(seen.split()[-1])
    return [int(number) for number in seen.split()], control.cancelled


def test_watching_process_sees_the_progress_grow_to_its_total(tmp_path):
    program = StatevectorEngine(threads=2).compile(layers(20, 10), output=Output.STATEVECTOR)
    seen, cancelled = run_watched(tmp_path, program, cancel_from=program.num_instructions + 1)
    assert not cancelled
    assert_shown_well(seen, program.num_instructions)


def test_watching_process_cancels_the_run(tmp_path):
    program = StatevectorEngine().compile(layers(20, 200), output=Output.STATEVECTOR)
    seen, cancelled = run_watched(tmp_path, program, cancel_from=program.num_instructions // 20)
    assert cancelled
    assert program.num_instructions // 20 <= seen[-1] < program.num_instructions
