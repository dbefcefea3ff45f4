"""What doesn't fit into the memory."""

from __future__ import annotations

import re

import pytest
from qiskit import QuantumCircuit

from queuebit.engines import (
    Control,
    InsufficientMemoryError,
    Output,
)
from queuebit.testing.engine_checks.operators import OperatorRuns

TOO_WIDE = (60, 2000)
"""Qubits whose state no machine holds, and whose number of bytes no float."""


class MemoryRefusalChecks(OperatorRuns):
    """What doesn't fit into the memory."""

    @pytest.mark.parametrize("num_qubits", TOO_WIDE)
    @pytest.mark.parametrize("output", Output)
    def test_state_that_no_machine_holds_is_refused(self, output: Output, num_qubits: int) -> None:
        """A run that can't fit is refused before it begins, with what it needs and what there is."""
        circuit = QuantumCircuit(num_qubits)
        circuit.h(range(num_qubits))
        program = self.program(circuit, output)
        control = Control()
        with pytest.raises(InsufficientMemoryError) as raised:
            program.run(1, 1, control)
        assert len(re.findall(r"\d+(?:\.\d+)? (?:bytes|[KMGTPEZY]iB)", str(raised.value))) == 2, str(raised.value)
        assert isinstance(raised.value, MemoryError)
        assert control.done == 0

    def test_memory_grows_with_the_state(self) -> None:
        """The estimate grows with the qubits at least as the state does, and holds at least the state."""
        for output, bytes_of in (
            (Output.COUNTS, 16 * 2**20),
            (Output.STATEVECTOR, 16 * 2**20),
            (Output.UNITARY, 16 * 4**20),
        ):
            estimates = [self.program(QuantumCircuit(width), output).memory_bytes(1) for width in (20, 21, 40)]
            assert estimates[0] >= bytes_of
            assert estimates[0] < estimates[1] < estimates[2]

    def test_memory_grows_with_the_shots(self) -> None:
        """The estimate grows with the shots, by at least the eight bytes of an index each."""
        circuit = QuantumCircuit(2)
        circuit.measure_all()
        program = self.program(circuit)
        assert program.memory_bytes(10**9) - program.memory_bytes(1) >= 8 * (10**9 - 1)

    def test_too_many_shots_are_refused(self) -> None:
        """A run whose shots alone can't fit is refused before it begins."""
        circuit = QuantumCircuit(1)
        circuit.measure_all()
        with pytest.raises(InsufficientMemoryError):
            self.program(circuit).run(10**15, 1, Control())
