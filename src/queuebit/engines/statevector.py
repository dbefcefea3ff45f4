"""The native engine: the whole statevector or unitary, in C++ with the machine's widest registers and all its cores."""

import math
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit

try:
    from queuebit import _core
except ImportError as error:
    raise ImportError(
        "the native core was not built when queuebit was installed; install it again with a C++ compiler"
    ) from error
from queuebit.engines.control import Control
from queuebit.engines.cost import RunCost, num_collapses, num_instructions
from queuebit.engines.encoding import EncodedCircuit, encode_flat, encode_plain
from queuebit.engines.engine import Engine, Outcome, Output, Program
from queuebit.engines.exceptions import (
    ClassicalValueError,
    EngineLimitError,
    InsufficientMemoryError,
    RunCancelledError,
)
from queuebit.engines.lowering import lower, require_bound, require_output
from queuebit.engines.memory import available_bytes, format_bytes, require_bytes
from queuebit.engines.reference import ReferenceEngine
from queuebit.providers.local_executor import available_cores

_OUTPUT_CODES = {Output.COUNTS: 0, Output.STATEVECTOR: 1, Output.UNITARY: 2}

# Measured; on a machine without wide registers it is more. Of few gates a pass, reading and writing the state takes the
# time, of many, computing.
_SECONDS_PER_AMPLITUDE_AND_PASS = 1e-9
_SECONDS_PER_AMPLITUDE_AND_OPERATION = 0.2e-9
_SECONDS_PER_SHOT = 20e-9

# A standard gate has a parameter or two; a matrix has many more, and is as much work as so many gates for each.
_PARAMS_OF_GATE = 4
_OPERATIONS_PER_PARAM = 0.35

# Per shot: its number, its random number, its outcome's place in the core and in the answer.
_SHOT_BYTES = 64

# Where the free memory is asked for before a run; below, the question takes longer than the run.
_LARGE_BYTES = 64 * 2**20

# Sizes of wider states don't fit into the core's 64-bit numbers. No machine holds them, which the reference engine
# says.
_MOST_QUBITS = 50


class StatevectorEngine(Engine):
    """Simulates with the native core, in double precision, or in single when asked to."""

    name = "statevector"

    def __init__(self, *, single_precision: bool = False, threads: int | None = None, simd: str = "") -> None:
        """Create the engine.

        Args:
            single_precision: whether amplitudes are pairs of 32-bit floats instead of 64-bit ones.
            threads: how many threads a run may use, 1 or more; by default the cores that other runs leave.
            simd: the instruction set to use instead of the best there is; one of ``queuebit._core.available_simd()``.
        """
        self._single_precision = single_precision
        self._threads = threads
        self._simd = simd

    def compile(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> Program:
        """See :meth:`Engine.compile`.

        A circuit whose classical expressions have integers of more than 64 bits is compiled by the reference engine,
        and so is one that is too wide for any memory.
        """
        require_bound(circuit)
        if circuit.num_qubits * (2 if output is Output.UNITARY else 1) > _MOST_QUBITS:
            return ReferenceEngine().compile(circuit, output=output)
        try:
            encoded = _encode(circuit, output)
        except EngineLimitError:
            return ReferenceEngine().compile(circuit, output=output)
        core = _core.compile_circuit(
            encoded.num_qubits,
            encoded.num_clbits,
            encoded.variable_names,
            encoded.codes,
            encoded.params,
            encoded.progress_start,
            encoded.progress_limit,
            output=_OUTPUT_CODES[output],
            single_precision=self._single_precision,
            simd=self._simd,
        )
        return StatevectorProgram(circuit.name, encoded, output, core, self._threads, _Branching.of(circuit, core))


class _Branching(NamedTuple):
    """What repeats the work of a circuit.

    Attributes:
        num_collapses: at how many places the ways of shots may part.
        repetition: how often an instruction is run, on average, for the loops that it is in.
    """

    num_collapses: int = 0
    repetition: float = 1.0

    @classmethod
    def of(cls, circuit: QuantumCircuit, core: Any) -> "_Branching":
        """Return that of a circuit."""
        if not core.branches:
            return _STRAIGHT
        once = num_instructions(circuit, with_turns=False)
        return cls(num_collapses(circuit), num_instructions(circuit) / max(1, once))


_STRAIGHT = _Branching()


def _encode(circuit: QuantumCircuit, output: Output) -> EncodedCircuit:
    encoded = encode_plain(circuit)
    if encoded is not None and (output is Output.COUNTS or not encoded.has_measurements):
        return encoded
    flat = lower(circuit)
    require_output(flat, output)
    return encode_flat(flat)


class StatevectorProgram(Program):
    """A circuit compiled by the native core."""

    def __init__(
        self,
        name: str,
        encoded: EncodedCircuit,
        output: Output,
        core: Any,
        threads: int | None,
        branching: _Branching = _STRAIGHT,
    ) -> None:
        self.num_qubits = encoded.num_qubits
        self.num_clbits = encoded.num_clbits
        self.num_instructions = encoded.num_instructions
        self.writes_memory = encoded.writes_memory
        self.output = output
        self._name = name
        self._core = core
        self._threads = threads
        self._branching = branching
        num_operations = len(encoded.progress_start)
        of_matrices = max(0, len(encoded.params) - _PARAMS_OF_GATE * num_operations)
        self._num_operations = num_operations + of_matrices * _OPERATIONS_PER_PARAM

    def memory_bytes(self, shots: int) -> int:
        """See :meth:`Program.memory_bytes`."""
        returned = 0 if self.output is Output.COUNTS else 16 << (self.num_qubits * self._dimensions)
        return int(self._core.state_bytes) + returned + _SHOT_BYTES * shots

    def estimated_seconds(self, shots: int) -> float:
        """See :meth:`Program.estimated_seconds`; how often a circuit branches isn't known."""
        if self._core.branches:
            return math.inf
        return self._seconds_once() + shots * _SECONDS_PER_SHOT

    def cost(self, shots: int) -> RunCost:
        """See :meth:`Program.cost`: where branches may outnumber the shots, each shot goes its own way."""
        branches = 2 ** min(self._branching.num_collapses, 62)
        seconds = min(shots, branches) * self._seconds_once() + shots * _SECONDS_PER_SHOT
        return RunCost(seconds, is_by_shot=branches > shots > 1)

    def _seconds_once(self) -> float:
        amplitudes = 1 << (self.num_qubits * self._dimensions)
        passing_s = int(self._core.num_passes) * _SECONDS_PER_AMPLITUDE_AND_PASS
        computing_s = self._num_operations * _SECONDS_PER_AMPLITUDE_AND_OPERATION
        return amplitudes * max(passing_s, computing_s) * self._branching.repetition

    def _memory_limit_bytes(self, shots: int) -> int:
        """Return how much memory all states of a run may use together; one for each branch, at most one a shot."""
        most = self.memory_bytes(shots) + int(self._core.state_bytes) * shots
        if most <= _LARGE_BYTES:
            return most
        require_bytes(self.memory_bytes(shots), f"circuit {self._name!r} ({self.num_qubits} qubits, {shots} shots)")
        return available_bytes()

    @property
    def _dimensions(self) -> int:
        return 2 if self.output is Output.UNITARY else 1

    def run(
        self,
        shots: int,
        seed: int,
        control: Control,
        *,
        circuit_index: int = 0,
        first_shot: int = 0,
        initial_state: NDArray[np.complex128] | None = None,
    ) -> Outcome:
        """See :meth:`Program.run`."""
        limit = self._memory_limit_bytes(shots)
        given = None if initial_state is None else np.require(initial_state, complex, ("C", "A")).ravel()
        with _RUNNING:
            threads = self._threads or _RUNNING.share()
            try:
                words, values, counts, index, state, _ = self._core.run(
                    shots,
                    seed,
                    np.frombuffer(control.buffer, dtype=np.int64),
                    circuit_index=circuit_index,
                    first_shot=first_shot,
                    num_instructions=self.num_instructions,
                    threads=threads,
                    memory_limit_bytes=limit,
                    initial_state=given,
                )
            except _core.CancelledError as error:
                raise RunCancelledError("the run was cancelled") from error
            except _core.ClassicalError as error:
                raise ClassicalValueError(str(error)) from error
            except _core.OutOfMemoryError as error:
                raise InsufficientMemoryError(
                    f"circuit {self._name!r} splits into more branches of {format_bytes(self._core.state_bytes)} each "
                    f"than fit into memory; {format_bytes(available_bytes())} are free"
                ) from error
            except MemoryError as error:
                raise InsufficientMemoryError(
                    f"circuit {self._name!r} got no more memory from the system, of which it needs about "
                    f"{format_bytes(self.memory_bytes(shots))}; {format_bytes(available_bytes())} are free"
                ) from error
        if words == 1 and (len(values) == 1 or bool((values[1:] > values[:-1]).all())):
            memory_values, memory_index, memory_counts = tuple(values.tolist()), index, counts
        else:
            (memory_values, memory_index), memory_counts = _distinct(words, values, index), None
        size = 2**self.num_qubits
        return Outcome(
            memory_values=memory_values,
            memory_index=memory_index,
            memory_counts=memory_counts,
            statevector=state if self.output is Output.STATEVECTOR else None,
            unitary=state.reshape(size, size) if self.output is Output.UNITARY else None,
            metadata={"engine": StatevectorEngine.name},
        )


def _distinct(
    words: int, values: NDArray[np.uint64], index: NDArray[np.int64]
) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Return the contents of the classical memory ascending and each once, and for each shot the place of its own."""
    if words == 1:
        distinct, places = np.unique(values, return_inverse=True)
        return tuple(distinct.tolist()), places[index]
    numbers = [int.from_bytes(content.tobytes(), "little") for content in values.reshape(-1, words)]
    ascending = sorted(set(numbers))
    place_of = {number: place for place, number in enumerate(ascending)}
    return tuple(ascending), np.array([place_of[number] for number in numbers], dtype=np.int64)[index]


class _RunningRuns:
    """Counts the runs of this process, so that together they don't use more threads than there are cores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    def share(self) -> int:
        """Return how many threads one of the runs may use."""
        return max(1, available_cores() // self._count)


_RUNNING = _RunningRuns()
