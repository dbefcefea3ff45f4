"""A native run needs the memory that it said it would, half of it in single precision, and gives all of it back."""

import gc
import os
import re
from pathlib import Path

import numpy as np
import psutil
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types

from queuebit.engines import ClassicalValueError, Control, InsufficientMemoryError, Output, RunCancelledError, memory
from queuebit.testing.patience import eventually, in_background

_core = pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine

MIB = 2**20
SINGLE = pytest.mark.parametrize("single", [False, True], ids=["double", "single"])
UNTRUE_MEMORY = pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizers keep memory")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_THE_PEAK = "5"


def resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def peak_bytes(run) -> int:
    """Return by how much memory the process was larger at the most, while something ran, than before."""
    if not os.access(CLEAR_REFS, os.W_OK):
        pytest.skip("this system doesn't measure the peak anew")
    gc.collect()
    before = resident_bytes()
    CLEAR_REFS.write_text(RESET_THE_PEAK)
    run()
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024 - before


def dense(num_qubits: int, *, measured: bool = False) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    circuit.h(range(num_qubits))
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
        circuit.ry(0.3, qubit)
    if measured:
        circuit.measure_all()
    return circuit


@pytest.mark.parametrize("num_qubits", [10, 20, 30])
def test_single_precision_is_estimated_at_half_the_memory(num_qubits):
    double, single = (
        StatevectorEngine(single_precision=single).compile(dense(num_qubits, measured=True)) for single in (False, True)
    )
    shots = double.memory_bytes(1001) - double.memory_bytes(1)
    assert double.memory_bytes(1) - shots // 1000 == 16 * 2**num_qubits
    assert single.memory_bytes(1) - shots // 1000 == 8 * 2**num_qubits


@UNTRUE_MEMORY
def test_single_precision_takes_half_the_memory():
    program, single = (
        StatevectorEngine(single_precision=single).compile(dense(22, measured=True)) for single in (False, True)
    )
    assert 63 * MIB < peak_bytes(lambda: program.run(100, 1, Control())) < 72 * MIB
    assert 31 * MIB < peak_bytes(lambda: single.run(100, 1, Control())) < 36 * MIB


@UNTRUE_MEMORY
@SINGLE
@pytest.mark.parametrize(
    ("output", "num_qubits", "shots"),
    [
        (Output.COUNTS, 22, 1000),
        (Output.COUNTS, 12, 1_000_000),
        (Output.COUNTS, 21, 1_000_000),
        (Output.STATEVECTOR, 21, 1),
        (Output.UNITARY, 10, 1),
    ],
)
def test_run_takes_no_more_memory_than_was_estimated(output, num_qubits, shots, single):
    circuit = dense(num_qubits, measured=output is Output.COUNTS)
    program = StatevectorEngine(single_precision=single).compile(circuit, output=output)
    taken = peak_bytes(lambda: program.run(shots, 1, Control()))
    assert taken < program.memory_bytes(shots) + 4 * MIB, f"took {taken / MIB:.1f} MiB"


def splitting(num_qubits: int, splits: int) -> QuantumCircuit:
    """Return a circuit whose shots split in halves, again and again."""
    circuit = QuantumCircuit(num_qubits, splits)
    for split in range(splits):
        circuit.h(0)
        circuit.measure(0, split)
    circuit.h(range(num_qubits))
    return circuit


@pytest.fixture
def leave_free(monkeypatch, tmp_path):
    """Return a function that puts this process in a container that leaves so many bytes free."""
    folder = tmp_path / "container"
    folder.mkdir()
    monkeypatch.setattr(memory, "_CGROUPS", ((folder, "limit", "usage"),))

    def leave(size_bytes: int) -> None:
        (folder / "limit").write_text(f"{size_bytes + memory._RESERVE_BYTES}\n")
        (folder / "usage").write_text("0\n")
        (folder / "memory.stat").write_text("")

    return leave


def test_more_branches_than_the_memory_holds_are_refused(leave_free):
    leave_free(20 * MIB)
    program, control = StatevectorEngine().compile(splitting(18, 10)), Control()
    with pytest.raises(InsufficientMemoryError, match=r"branches of 4\.0 MiB each .* 20\.0 MiB are free"):
        program.run(10_000, 1, control)
    assert control.done < program.num_instructions


def test_branches_that_fit_are_run(leave_free):
    # Those with the fewest shots go on first, so no more branches wait than the shots can be halved.
    leave_free(20 * MIB)
    assert len(StatevectorEngine().compile(splitting(18, 10)).run(10, 1, Control()).memory_values) > 5
    leave_free(64 * MIB)
    assert len(StatevectorEngine().compile(splitting(18, 6)).run(3000, 1, Control()).memory_values) == 2**6


@SINGLE
def test_limit_is_exact_to_the_byte(single):
    program = StatevectorEngine(single_precision=single).compile(splitting(14, 1))._core
    assert program.state_bytes == (8 if single else 16) * 2**14

    def branches(limit_bytes):
        return program.run(
            100,
            1,
            np.zeros(2, dtype=np.int64),
            circuit_index=0,
            first_shot=0,
            num_instructions=0,
            threads=1,
            memory_limit_bytes=limit_bytes,
            initial_state=None,
        )[-1]

    assert branches(2 * program.state_bytes) == 2
    for too_small in (2 * program.state_bytes - 1, program.state_bytes, program.state_bytes - 1, 0):
        with pytest.raises(_core.OutOfMemoryError):
            branches(too_small)


def run_without_memory() -> None:
    with pytest.raises(InsufficientMemoryError):
        StatevectorEngine().compile(splitting(18, 10)).run(10_000, 1, Control())


def run_to_a_division_by_zero() -> None:
    circuit = splitting(18, 3)
    zero = circuit.add_var("zero", expr.lift(0, types.Uint(8)))
    circuit.store(zero, expr.div(expr.lift(1, types.Uint(8)), zero))
    with pytest.raises(ClassicalValueError):
        StatevectorEngine().compile(circuit).run(1000, 1, Control())


def run_and_cancel() -> None:
    circuit = splitting(18, 4)
    with circuit.for_loop(range(10**9)):
        circuit.ry(0.1, 0)
    program, control = StatevectorEngine().compile(circuit), Control()
    run = in_background(lambda: program.run(1000, 1, control))
    assert eventually(60, lambda: control.done > circuit.num_clbits)
    control.cancel()
    with pytest.raises(RunCancelledError):
        run.result(20)


def run_to_the_end() -> None:
    StatevectorEngine().compile(splitting(18, 1), output=Output.STATEVECTOR).run(1000, 1, Control())


@UNTRUE_MEMORY
@pytest.mark.parametrize("run", [run_without_memory, run_to_a_division_by_zero, run_and_cancel, run_to_the_end])
def test_no_memory_is_kept_however_a_run_ends(run, leave_free):
    leave_free(20 * MIB)
    run()
    gc.collect()
    before = resident_bytes()
    for _ in range(10):
        run()
    gc.collect()
    # One of the states that a run makes is 4 MiB.
    assert eventually(60, lambda: resident_bytes() - before < 20 * MIB), (resident_bytes() - before) / MIB
