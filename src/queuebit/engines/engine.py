"""The engine contract: a circuit is compiled to a program, a program is run to an outcome."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit

from queuebit.engines.control import Control
from queuebit.engines.cost import RunCost

# Of an engine that doesn't know better, in the order of NumPy.
_INSTRUCTION_S, _AMPLITUDE_S = 20e-6, 10e-9

MAX_SEED = 2**63 - 1
"""Largest seed; the smallest is 0."""


class Output(StrEnum):
    """What a run computes."""

    COUNTS = "counts"
    STATEVECTOR = "statevector"
    UNITARY = "unitary"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a run of one circuit gives.

    Attributes:
        memory_values: the distinct contents of the classical memory that shots ended with, ascending. Clbit 0 is the
            least significant bit. Python integers, so any number of clbits fits.
        memory_index: for each shot in order, the position of its content in ``memory_values``; shape ``(shots,)``,
            int64.
        memory_counts: how many shots ended with each of ``memory_values``, if the engine has counted them; int64.
        statevector: the final state of shape ``(2**n,)``, complex128, index bit q is qubit q; None for other outputs.
        unitary: the circuit's matrix of shape ``(2**n, 2**n)``, complex128, same order; None for other outputs.
        metadata: facts about the run, such as ``engine``; what JSON can hold.
    """

    memory_values: tuple[int, ...]
    memory_index: NDArray[np.int64]
    memory_counts: NDArray[np.int64] | None = None
    statevector: NDArray[np.complex128] | None = None
    unitary: NDArray[np.complex128] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def numbers(self) -> list[int]:
        """Return how many shots ended with each of ``memory_values``, in order."""
        numbers = self.memory_counts
        if numbers is None:
            numbers = np.bincount(self.memory_index, minlength=len(self.memory_values))
        counted: list[int] = numbers.tolist()
        return counted

    def counts(self) -> dict[int, int]:
        """Return how many shots ended with each content of the classical memory."""
        return dict(zip(self.memory_values, self.numbers(), strict=True))


class Program(ABC):
    """A circuit made ready to run, any number of times. It holds no state between runs.

    Attributes:
        num_qubits: width of the circuit.
        num_clbits: size of the classical memory in bits.
        num_instructions: by how much a whole run advances ``control.done``. In loops and branches whose path isn't
            known beforehand this is an estimate, and the counter jumps to it.
        writes_memory: whether a run can write to the classical memory: it measures, or stores to a clbit.
        output: what a run computes.
    """

    num_qubits: int
    num_clbits: int
    num_instructions: int
    writes_memory: bool
    output: Output

    @abstractmethod
    def memory_bytes(self, shots: int) -> int:
        """Return an estimate of the largest memory that a run needs at once, in bytes."""

    def estimated_seconds(self, shots: int) -> float:
        """Return about how long a run takes, in seconds; infinity when that isn't known beforehand."""
        return math.inf

    def cost(self, shots: int) -> RunCost:
        """Return an estimate of what a run costs; unlike :meth:`estimated_seconds` always a number.

        Args:
            shots: of the run.
        """
        return RunCost(self.num_instructions * (_INSTRUCTION_S + 2.0 ** min(self.num_qubits, 60) * _AMPLITUDE_S))

    @abstractmethod
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
        """Run the program.

        Each shot draws its random numbers from its own stream, keyed by seed, circuit index and shot number
        (:mod:`queuebit.engines.random`). So shots ``a..b`` of one run equal shots ``a..b`` of any other with the
        same key, however the shots are cut into runs and whatever runs them.

        Args:
            shots: number of shots, 1 or more.
            seed: 0 to :data:`MAX_SEED`.
            control: polled for cancelling at least at every instruction; its counter is advanced by
                :attr:`num_instructions` in all, never backwards.
            circuit_index: position of the circuit in its job.
            first_shot: number of the first shot.
            initial_state: the state to begin with instead of all qubits 0, of the output's shape and order (a matrix
                for UNITARY); not changed.

        Returns:
            The outcome. With STATEVECTOR and a circuit that measures, the state is that of the last shot.

        Raises:
            RunCancelledError: when ``control.cancel()`` was called; within 100 ms and the time of one gate.
            InsufficientMemoryError: if the state doesn't fit into the free memory.
            ClassicalValueError: if a classical expression has no value.
        """


class Engine(ABC):
    """A way to simulate circuits.

    Attributes:
        name: the engine's name in results and options.
    """

    name: ClassVar[str]

    def unsupported(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> str | None:
        """Return why this engine can't take a circuit that another one may take, or None if there is no such reason.

        The reason names the circuit and what in it can't be taken. Circuits that no engine takes are left to
        :meth:`compile`, which says what is wrong with them.

        Args:
            circuit: any circuit; it isn't changed.
            output: what runs shall compute.
        """
        return None

    @abstractmethod
    def compile(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> Program:
        """Check the circuit and make it ready. The circuit isn't changed, nor kept.

        Args:
            circuit: any circuit without unbound parameters.
            output: what the program's runs shall compute.

        Raises:
            UnsupportedInstructionError: if an instruction has neither a matrix nor a definition, or doesn't fit the
                output: a measurement at the end with STATEVECTOR, any measurement or reset with UNITARY.
            UnboundParametersError: if parameters or input variables have no value.
            EngineLimitError: if there is an :meth:`unsupported` reason, with that reason.
        """
