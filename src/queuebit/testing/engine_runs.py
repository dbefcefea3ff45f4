"""The engine that an author gives to the contract, and the ways in which checks run circuits on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from queuebit.engines import Control, Engine, EngineLimitError, Outcome, Output, Program

SEED = 20260721
"""The seed of checks for which any seed will do."""

TOLERANCE = 1e-12
"""How far an amplitude or a matrix element may be from the exact one."""


class EngineRuns:
    """The engine that is checked.

    Attributes:
        deviations: Names of checks that the engine is known to fail, each with the reason.
        patience_s: Seconds that a check waits for what should happen at once. An engine that holds the contract
            never needs them; a loaded machine may need some.
        deviation_patience_s: The same for a check that is declared to fail.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    patience_s: float = 20.0
    deviation_patience_s: ClassVar[float] = 0.1

    def make_engine(self) -> Engine:
        """Return the engine to check.

        Raises:
            NotImplementedError: The author has not overridden it.
        """
        raise NotImplementedError(f"{type(self).__name__} makes no engine: override make_engine()")

    def program(self, circuit: QuantumCircuit, output: Output = Output.COUNTS) -> Program:
        """Return the compiled circuit.

        A circuit that the engine says it can't take has to be refused with that reason, and the check ends.

        Args:
            circuit: The circuit.
            output: What the program's runs compute.
        """
        engine = self.make_engine()
        reason = engine.unsupported(circuit, output=output)
        if reason is None:
            return engine.compile(circuit, output=output)
        with pytest.raises(EngineLimitError) as refused:
            engine.compile(circuit, output=output)
        assert str(refused.value) == reason
        pytest.skip(f"refused, as the engine says: {reason}")

    def outcome(
        self,
        circuit: QuantumCircuit,
        output: Output = Output.COUNTS,
        *,
        shots: int = 1,
        seed: int = SEED,
        **options: Any,
    ) -> Outcome:
        """Compile and run a circuit.

        Args:
            circuit: The circuit.
            output: What the run computes.
            shots: Number of shots.
            seed: The seed.
            **options: More arguments of `Program.run()`.
        """
        return self.program(circuit, output).run(shots, seed, Control(), **options)

    def statevector(self, circuit: QuantumCircuit, **options: Any) -> NDArray[np.complex128]:
        """Return the final state of a circuit.

        Args:
            circuit: The circuit.
            **options: More arguments of `outcome()`.
        """
        state = self.outcome(circuit, Output.STATEVECTOR, **options).statevector
        assert state is not None, "a run for STATEVECTOR has no statevector"
        return state

    def unitary(self, circuit: QuantumCircuit, **options: Any) -> NDArray[np.complex128]:
        """Return the matrix of a circuit.

        Args:
            circuit: The circuit.
            **options: More arguments of `outcome()`.
        """
        unitary = self.outcome(circuit, Output.UNITARY, **options).unitary
        assert unitary is not None, "a run for UNITARY has no unitary"
        return unitary

    def memory(self, circuit: QuantumCircuit, *, shots: int = 1, **options: Any) -> list[int]:
        """Return what the classical memory holds at the end of each shot.

        Args:
            circuit: The circuit.
            shots: Number of shots.
            **options: More arguments of `outcome()`.
        """
        outcome = self.outcome(circuit, shots=shots, **options)
        return [outcome.memory_values[position] for position in outcome.memory_index.tolist()]

    def assert_ends_with(self, circuit: QuantumCircuit, memory: int) -> None:
        """Fail unless the classical memory always holds this at the end.

        Args:
            circuit: The circuit.
            memory: What it has to hold; clbit 0 is the least significant bit.
        """
        contents = self.memory(circuit, shots=8)
        width = circuit.num_clbits
        assert [f"{content:0{width}b}" for content in contents] == [f"{memory:0{width}b}"] * 8
