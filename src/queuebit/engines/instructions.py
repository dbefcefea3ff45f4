"""The flat form of a circuit: a list of instructions with jumps, over numbered qubits and classical bits.

Control flow has become jumps, definitions and nested blocks are expanded in place. So an engine is a loop over a
list, and a branch of the run is a position in it with a state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Gate
from qiskit.circuit.classical import expr

from queuebit.engines.expressions import Assign, Expression


@dataclass(slots=True, eq=False)
class Label:
    """A place in the list to jump to; ``position`` is set when the place is reached in lowering."""

    position: int = -1


@dataclass(frozen=True, slots=True)
class Unitary:
    """A matrix on qubits, when all control qubits have the given values.

    Attributes:
        source: a gate with a ``to_matrix``, or the matrix itself; of size 2**k for k ``qubits``, where bit i of an
            index is ``qubits[i]``.
        qubits: what the matrix acts on.
        controls: control qubits, beside ``qubits``.
        control_state: bit i is the value that ``controls[i]`` must have.
    """

    source: Gate | NDArray[np.complex128]
    qubits: tuple[int, ...]
    controls: tuple[int, ...] = ()
    control_state: int = 0

    @property
    def matrix(self) -> NDArray[np.complex128]:
        """The matrix of shape ``(2**k, 2**k)``."""
        return self.source if isinstance(self.source, np.ndarray) else np.asarray(self.source.to_matrix(), complex)


@dataclass(frozen=True, slots=True)
class GlobalPhase:
    """A factor ``exp(i * angle_rad)`` on the whole state."""

    angle_rad: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurement of a qubit in the computational basis into a classical bit."""

    qubit: int
    clbit: int


@dataclass(frozen=True, slots=True)
class Reset:
    """A measurement whose outcome is thrown away, and a bit flip to 0."""

    qubit: int


@dataclass(frozen=True, slots=True)
class Store:
    """An assignment to a variable, a classical bit or a register."""

    assign: Assign


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on elsewhere."""

    target: Label


@dataclass(frozen=True, slots=True)
class JumpUnless:
    """Go on elsewhere when the condition is false."""

    condition: Expression
    target: Label


@dataclass(frozen=True, slots=True)
class Switch:
    """Go on at the label of the value, or at the default."""

    value: Expression
    targets: Mapping[int, Label]
    default: Label


@dataclass(frozen=True, slots=True)
class EnterLoop:
    """Set the counter of a ``for`` loop to its start."""

    loop: int


@dataclass(frozen=True, slots=True)
class NextIteration:
    """Take the next value of a ``for`` loop, or go on at ``end`` when there is none.

    Attributes:
        loop: the loop's number, which its counter is kept under.
        values: what the loop runs over.
        variable: the variable that gets the value, or None.
        end: behind the loop.
    """

    loop: int
    values: Sequence[int]
    variable: expr.Var | None
    end: Label


Instruction = Unitary | GlobalPhase | Measure | Reset | Store | Jump | JumpUnless | Switch | EnterLoop | NextIteration


def targets_of(instruction: Instruction) -> tuple[Label, ...]:
    """Return the places that an instruction may jump to."""
    match instruction:
        case Jump(target) | JumpUnless(_, target):
            return (target,)
        case Switch(_, targets, default):
            return (*targets.values(), default)
        case NextIteration():
            return (instruction.end,)
    return ()


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction with its share of the progress.

    Attributes:
        instruction: what to do.
        start: the progress, in instructions of the circuit, with which the circuit's own instruction that this is a
            part of begins.
        limit: the progress with which it ends.
    """

    instruction: Instruction
    start: int
    limit: int


@dataclass(frozen=True, slots=True)
class FlatCircuit:
    """A lowered circuit.

    Attributes:
        name: the circuit's name.
        num_qubits: its width.
        num_clbits: size of its classical memory in bits.
        num_instructions: the progress of a branch that has done all.
        steps: the list to run from 0 to its end.
        final_measurements: positions of measurements that nothing after them depends on: they can all be sampled
            from the final state. Nothing jumps over or behind them.
    """

    name: str
    num_qubits: int
    num_clbits: int
    num_instructions: int
    steps: tuple[Step, ...]
    final_measurements: frozenset[int]

    @property
    def writes_memory(self) -> bool:
        """Whether something writes to the classical memory."""
        return any(
            isinstance(step.instruction, Measure)
            or (isinstance(step.instruction, Store) and step.instruction.assign.writes_memory)
            for step in self.steps
        )
