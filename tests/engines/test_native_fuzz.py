"""Whatever arrays the native core is given, it refuses or runs them; it never takes the process down."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit

from queuebit.engines import Control, Output

_core = pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine

FUZZER = Path(__file__).with_name("native_fuzzer.py")
STEPS = int(os.environ.get("QUEUEBIT_FUZZ_STEPS", "600"))
GIVE_UP_S = 100


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_and_damaged_arrays_never_crash_the_process(seed):
    command = [sys.executable, str(FUZZER), str(seed), str(STEPS)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=GIVE_UP_S, check=False)
    last = ended.stdout.splitlines()[-1:]
    assert ended.returncode == 0, f"exit status {ended.returncode} at {last}:\n{ended.stderr}"
    assert int(last[0].split()[0]) > STEPS / 10, "hardly any of the programs ran"


def compiled(num_qubits, codes=(), *, num_clbits=0, params=(), operations=0, variables=(), **options):
    progress = np.arange(operations, dtype=np.int64)
    return _core.compile_circuit(
        num_qubits,
        num_clbits,
        list(variables),
        np.array(codes, dtype=np.int32),
        np.array(params, dtype=np.float64),
        progress,
        progress + 1,
        **options,
    )


def run(program, *, control=None, shots=1, first_shot=0, num_instructions=1, initial_state=None, **options):
    return program.run(
        shots,
        1,
        np.zeros(2, dtype=np.int64) if control is None else control,
        circuit_index=0,
        first_shot=first_shot,
        num_instructions=num_instructions,
        threads=1,
        memory_limit_bytes=options.get("memory_limit_bytes", 2**24),
        initial_state=initial_state,
    )


def measured_all(num_qubits, **options):
    codes = [code for qubit in range(num_qubits) for code in (_core.MEASURE, qubit, qubit)]
    return compiled(num_qubits, codes, num_clbits=num_qubits, operations=num_qubits, **options)


def test_widths_whose_bytes_are_no_64_bit_number_are_refused():
    for num_qubits in (59, 60, 2**30):
        with pytest.raises(ValueError, match="0 to 58 qubits"):
            compiled(num_qubits)
    with pytest.raises(MemoryError):
        run(compiled(58), memory_limit_bytes=2**64 - 1)


@pytest.mark.parametrize("single_precision", [False, True])
@pytest.mark.parametrize("factor", [0.0, np.nan, np.inf, 1e300])
def test_state_without_a_norm_is_sampled_within_its_outcomes(factor, single_precision):
    num_qubits, shots = 14, 40_000
    state = np.full(2**num_qubits, factor, dtype=complex)
    program = measured_all(num_qubits, single_precision=single_precision)
    _, values, _, index, _, _ = run(program, shots=shots, initial_state=state)
    assert values.max() < 2**num_qubits
    assert index.max() < len(values)


def test_loop_that_has_counted_beyond_the_end_of_another_ends():
    loop = 0
    to_five = (_core.NEXT_ITERATION, loop, 3, 0, 1, 5, 0, 1, 0, 5, 0)
    two_values = (_core.NEXT_ITERATION, loop, 5, 1, 0, 0, 2, 7, 0, 8, 0)
    codes = (_core.ENTER_LOOP, loop, *to_five, _core.JUMP, 1, *two_values, _core.JUMP, 3)
    run(compiled(1, codes, operations=5, variables=["x"]))


def test_loop_values_wrap_around():
    codes = (_core.NEXT_ITERATION, 0, 2, 1, 0, 1, -1, 2**31 - 1, -1, 2**31 - 1, 5, 0, _core.JUMP, 0)
    run(compiled(1, codes, operations=2, variables=["x"]))


@pytest.mark.parametrize(
    "control",
    [
        None,
        [0, 0],
        np.zeros(2, dtype=np.int32),
        np.zeros(2),
        np.zeros(1, dtype=np.int64),
        np.zeros((2, 2), dtype=np.int64),
        np.zeros(4, dtype=np.int64)[::2],
        np.frombuffer(bytes(16), dtype=np.int64),
        np.frombuffer(bytearray(17), dtype=np.uint8)[1:].view(np.int64),
        np.array([0, -1]),
    ],
    ids=["none", "list", "int32", "float", "short", "matrix", "strided", "readonly", "unaligned", "negative"],
)
def test_control_that_could_not_be_watched_is_refused(control):
    # A converted one would be a copy.
    program = compiled(1)
    with pytest.raises((TypeError, ValueError)):
        program.run(
            1,
            1,
            control,
            circuit_index=0,
            first_shot=0,
            num_instructions=0,
            threads=1,
            memory_limit_bytes=2**20,
            initial_state=None,
        )


def unaligned(array):
    memory = bytearray(array.nbytes + 1)
    memory[1:] = array.tobytes()
    return np.frombuffer(memory, dtype=np.uint8)[1:].view(array.dtype)


@pytest.mark.parametrize("which", range(4), ids=["codes", "params", "progress_start", "progress_limit"])
def test_unaligned_array_is_refused(which):
    progress = np.arange(1, dtype=np.int64)
    arrays = [np.array([_core.gate_codes()["rx"][0], 0], dtype=np.int32), np.array([0.5]), progress, progress + 1]
    _core.compile_circuit(1, 0, [], *arrays)
    arrays[which] = unaligned(arrays[which])
    with pytest.raises(ValueError, match="aligned"):
        _core.compile_circuit(1, 0, [], *arrays)


def test_unaligned_initial_state_is_refused_by_the_core_and_taken_by_the_engine():
    state = np.array([0.6, 0.8j])
    with pytest.raises(ValueError, match="aligned"):
        run(compiled(1), initial_state=unaligned(state))
    program = StatevectorEngine().compile(QuantumCircuit(1), output=Output.STATEVECTOR)
    np.testing.assert_array_equal(program.run(1, 1, Control(), initial_state=unaligned(state)).statevector, state)


@pytest.mark.parametrize(
    "state", [b"state", "state", object(), np.zeros((2, 1), complex), np.zeros(1, complex), np.zeros(4, complex), []]
)
def test_initial_state_that_is_none_is_refused(state):
    with pytest.raises((TypeError, ValueError)):
        run(compiled(1), initial_state=state)


def test_shot_numbers_beyond_64_bits_are_refused():
    with pytest.raises(ValueError, match="first_shot"):
        run(measured_all(1), shots=2, first_shot=2**63 - 2)
    run(measured_all(1), shots=2, first_shot=2**63 - 3)


@pytest.mark.parametrize("num_instructions", [-1, 2**53 + 1])
def test_progress_that_no_double_counts_is_refused(num_instructions):
    with pytest.raises(ValueError, match="num_instructions"):
        run(measured_all(1), num_instructions=num_instructions)
