"""The reference engine: NumPy, short, and complete. Every other engine must agree with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit

from queuebit.engines.control import Control
from queuebit.engines.engine import Engine, Outcome, Output, Program
from queuebit.engines.expressions import ClassicalState
from queuebit.engines.instructions import (
    EnterLoop,
    FlatCircuit,
    GlobalPhase,
    Instruction,
    Jump,
    JumpUnless,
    Measure,
    NextIteration,
    Reset,
    Store,
    Switch,
    Unitary,
)
from queuebit.engines.lowering import lower, require_output
from queuebit.engines.memory import require_bytes
from queuebit.engines.random import uniforms
from queuebit.engines.sampling import BasisStateSampler, MemorySamples

# The state, the copy that puts a gate's qubits first, and the product.
_STATES_AT_ONCE = 3

_AMPLITUDE_BYTES = 16

# Per shot: its number, its random number, where its outcome stands, twice, and the outcome when all are distinct.
_SHOT_BYTES = 120

# Shots that are drawn for between two looks at the cancel flag: about 5 ms.
_SHOTS_AT_ONCE = 2**14


class ReferenceEngine(Engine):
    """Simulates the whole statevector or unitary with NumPy, a gate at a time."""

    name = "reference"

    def compile(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> "ReferenceProgram":
        """See :meth:`Engine.compile`."""
        flat = lower(circuit)
        require_output(flat, output)
        return ReferenceProgram(flat, output)


class ReferenceProgram(Program):
    """A flat circuit for the reference engine."""

    def __init__(self, flat: FlatCircuit, output: Output) -> None:
        self.num_qubits = flat.num_qubits
        self.num_clbits = flat.num_clbits
        self.num_instructions = flat.num_instructions
        self.writes_memory = flat.writes_memory
        self.output = output
        self._flat = flat

    def memory_bytes(self, shots: int) -> int:
        """See :meth:`Program.memory_bytes`."""
        num_axes = self.num_qubits * (2 if self.output is Output.UNITARY else 1)
        return (_AMPLITUDE_BYTES * _STATES_AT_ONCE << num_axes) + _SHOT_BYTES * shots

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
        control.raise_if_cancelled()
        require_bytes(
            self.memory_bytes(shots), f"circuit {self._flat.name!r} ({self.num_qubits} qubits, {shots} shots)"
        )
        dimensions = 2 if self.output is Output.UNITARY else 1
        state = _initial_state(self.num_qubits, dimensions, initial_state)
        samples = MemorySamples(self.num_clbits, first_shot, shots)
        run = _Run(self._flat, control, samples, seed=seed, circuit_index=circuit_index)
        last = run.all_branches(_Branch(state, np.arange(first_shot, first_shot + shots)))
        values, index = samples.collect()
        final = np.ascontiguousarray(last.state).reshape([2**self.num_qubits] * dimensions)
        return Outcome(
            memory_values=values,
            memory_index=index,
            statevector=final if self.output is Output.STATEVECTOR else None,
            unitary=final if self.output is Output.UNITARY else None,
            metadata={"engine": ReferenceEngine.name},
        )


def _initial_state(num_qubits: int, dimensions: int, given: NDArray[np.complex128] | None) -> NDArray[np.complex128]:
    """Return the state as a tensor with an axis for each qubit, and one for the columns of a unitary."""
    size = 2**num_qubits
    shape = (2,) * num_qubits + (size,) * (dimensions - 1)
    if given is not None:
        return np.array(given, dtype=complex).reshape(shape)
    if dimensions == 2:
        return np.eye(size, dtype=complex).reshape(shape)
    state = np.zeros(size, dtype=complex)
    state[0] = 1
    return state.reshape(shape)


@dataclass(slots=True)
class _Branch:
    """Shots that have seen the same outcomes so far: one state, one classical memory, one place in the program."""

    state: NDArray[np.complex128]
    shots: NDArray[np.int64]
    classical: ClassicalState = field(default_factory=ClassicalState)
    position: int = 0
    draws: int = 0
    progress: int = 0
    loops: dict[int, int] = field(default_factory=dict)

    def split_off(self, shots: NDArray[np.int64]) -> "_Branch":
        """Return a branch for some of the shots that is otherwise the same."""
        require_bytes(self.state.nbytes, "a further branch of the run")
        return replace(
            self,
            state=self.state.copy(),
            shots=shots,
            classical=self.classical.copy(),
            loops=dict(self.loops),
        )


class _Run:
    """One run of a program: follows a branch to its end, then the ones that split off it."""

    def __init__(
        self, flat: FlatCircuit, control: Control, samples: MemorySamples, *, seed: int, circuit_index: int
    ) -> None:
        self._samples = samples
        self._flat = flat
        self._num_qubits = flat.num_qubits
        self._control = control
        self._seed = seed
        self._circuit_index = circuit_index
        self._postponed = flat.final_measurements
        self._measured_qubits, self._target_clbits = _postponed_bits(flat)
        self._total_shots = samples.num_shots
        self._done_before = control.done
        self._shot_instructions = 0
        self._pending: list[_Branch] = []

    def all_branches(self, first: _Branch) -> _Branch:
        """Run everything; returns the branch that has the last shot."""
        last_shot = first.shots[-1]
        last = first
        self._pending.append(first)
        while self._pending:
            branch = self._pending.pop()
            self._follow(branch)
            self._finish(branch)
            if branch.shots[-1] == last_shot:
                last = branch
        return last

    def _follow(self, branch: _Branch) -> None:
        steps = self._flat.steps
        while branch.position < len(steps):
            self._control.raise_if_cancelled()
            step = steps[branch.position]
            postponed = branch.position in self._postponed
            branch.position += 1
            if not postponed:
                self._do(step.instruction, branch)
            self._advance(branch, min(max(branch.progress, step.start) + 1, step.limit))

    def _finish(self, branch: _Branch) -> None:
        sampler = BasisStateSampler(branch.state, self._measured_qubits) if self._measured_qubits else None
        for shots in self._portions(branch.shots):
            if sampler is None:
                outcomes = np.zeros(len(shots), dtype=np.int64)
            else:
                outcomes = sampler.sample(uniforms(self._seed, self._circuit_index, shots, branch.draws))
            self._samples.add(shots, branch.classical.memory, outcomes, self._target_clbits)
        self._advance(branch, self._flat.num_instructions)

    def _portions(self, shots: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Cut shots into portions; looks at the cancel flag before each."""
        for start in range(0, len(shots), _SHOTS_AT_ONCE):
            self._control.raise_if_cancelled()
            yield shots[start : start + _SHOTS_AT_ONCE]

    def _advance(self, branch: _Branch, progress: int) -> None:
        """Count a branch's progress by its share of the shots."""
        self._shot_instructions += (progress - branch.progress) * len(branch.shots)
        branch.progress = progress
        self._control.done = self._done_before + self._shot_instructions // self._total_shots

    def _numbers(self, branch: _Branch) -> NDArray[np.float64]:
        portions = [
            uniforms(self._seed, self._circuit_index, shots, branch.draws) for shots in self._portions(branch.shots)
        ]
        branch.draws += 1
        return np.concatenate(portions)

    def _do(self, instruction: Instruction, branch: _Branch) -> None:
        match instruction:
            case Unitary():
                branch.state = _applied(instruction, branch.state, self._num_qubits)
            case GlobalPhase(angle_rad):
                branch.state *= np.exp(1j * angle_rad)
            case Measure(qubit, clbit):
                for part, outcome in self._measured(branch, qubit):
                    part.classical.memory = part.classical.memory & ~(1 << clbit) | outcome << clbit
            case Reset(qubit):
                for part, outcome in self._measured(branch, qubit):
                    if outcome:
                        part.state = np.flip(part.state, axis=self._num_qubits - 1 - qubit)
            case Store(assign):
                assign(branch.classical)
            case Jump(target):
                branch.position = target.position
            case JumpUnless(condition, target):
                if not condition(branch.classical):
                    branch.position = target.position
            case Switch(value, targets, default):
                branch.position = targets.get(int(value(branch.classical)), default).position
            case EnterLoop(loop):
                branch.loops[loop] = 0
            case NextIteration():
                _next_iteration(instruction, branch)

    def _measured(self, branch: _Branch, qubit: int) -> list[tuple[_Branch, int]]:
        """Measure a qubit: split the branch by outcome, or leave it whole when all shots agree.

        Returns:
            The branches with their outcome; the first is ``branch`` itself, the second waits for its turn. That is
            the one with more shots, so that no more branches wait at once than the binary logarithm of the shots.
        """
        axis = self._num_qubits - 1 - qubit
        weights = [float(np.linalg.norm(branch.state.take(bit, axis=axis)) ** 2) for bit in (0, 1)]
        probability_0 = weights[0] / sum(weights)
        ones = self._numbers(branch) >= probability_0
        if ones.all() or not ones.any():
            outcome = int(ones[0])
            _project(branch.state, axis, outcome, weights[outcome])
            return [(branch, outcome)]
        outcome = int(2 * np.count_nonzero(ones) < len(ones))
        agrees = ones == outcome
        other = branch.split_off(branch.shots[~agrees])
        branch.shots = branch.shots[agrees]
        _project(branch.state, axis, outcome, weights[outcome])
        _project(other.state, axis, 1 - outcome, weights[1 - outcome])
        self._pending.append(other)
        return [(branch, outcome), (other, 1 - outcome)]


def _postponed_bits(flat: FlatCircuit) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Return the qubits that are measured at the end, ascending, and for each the classical bits that it goes to."""
    source: dict[int, int] = {}
    for position in sorted(flat.final_measurements):
        measurement = flat.steps[position].instruction
        if isinstance(measurement, Measure):
            source[measurement.clbit] = measurement.qubit  # the last one into a bit holds
    qubits = tuple(sorted(set(source.values())))
    return qubits, tuple(tuple(clbit for clbit in source if source[clbit] == qubit) for qubit in qubits)


def _next_iteration(instruction: NextIteration, branch: _Branch) -> None:
    counter = branch.loops[instruction.loop]
    if counter == len(instruction.values):
        branch.position = instruction.end.position
        return
    branch.loops[instruction.loop] = counter + 1
    if instruction.variable is not None:
        # As a store would, the loop cuts the value to the width of the variable.
        mask = (1 << instruction.variable.type.width) - 1
        branch.classical.variables[instruction.variable] = instruction.values[counter] & mask


def _applied(unitary: Unitary, state: NDArray[np.complex128], num_qubits: int) -> NDArray[np.complex128]:
    """Return the state after a unitary; the given array may be changed."""
    axes = [num_qubits - 1 - qubit for qubit in reversed(unitary.qubits)]
    if not unitary.controls:
        return _multiplied(unitary.matrix, state, axes)
    # Length-1 slices pick the part of the state where the controls have their values, and keep the axes in place.
    where = [slice(None)] * state.ndim
    for i, control in enumerate(unitary.controls):
        bit = unitary.control_state >> i & 1
        where[num_qubits - 1 - control] = slice(bit, bit + 1)
    controlled = tuple(where)
    state[controlled] = _multiplied(unitary.matrix, state[controlled], axes)
    return state


def _multiplied(
    matrix: NDArray[np.complex128], state: NDArray[np.complex128], axes: list[int]
) -> NDArray[np.complex128]:
    """Return the matrix times the state along axes, the first of which is the most significant bit of a row's index."""
    front = list(range(len(axes)))
    moved = np.moveaxis(state, axes, front)
    product = matrix @ moved.reshape(len(matrix), -1)
    return np.moveaxis(product.reshape(moved.shape), front, axes)


def _project(state: NDArray[np.complex128], axis: int, outcome: int, weight: float) -> None:
    """Keep the part of the state with this outcome, at norm 1."""
    parts = np.moveaxis(state, axis, 0)
    parts[1 - outcome] = 0
    parts[outcome] /= np.sqrt(weight)
