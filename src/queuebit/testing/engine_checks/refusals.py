"""What `compile()` refuses, and how its errors name it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Measure, Parameter, Reset
from qiskit.circuit.classical import types

from queuebit.engines import (
    Output,
    UnboundParametersError,
    UnsupportedInstructionError,
)
from queuebit.testing.engine_checks.operators import OperatorRuns, generator, generic


class UnknownInstructionChecks(OperatorRuns):
    """An instruction with neither a matrix nor a definition."""

    def assert_refused(self, circuit: QuantumCircuit, name: str, qubits: list[int]) -> None:
        """Fail unless compiling a circuit raises an error that names an instruction and its qubits.

        Args:
            circuit: The circuit.
            name: The instruction's name.
            qubits: Its qubits' numbers in the circuit.
        """
        with pytest.raises(UnsupportedInstructionError) as raised:
            self.program(circuit)
        assert name in str(raised.value)
        assert str(qubits) in str(raised.value)

    @pytest.mark.parametrize(
        "opaque", [Gate("mystery", 2, []), Instruction("mystery", 2, 0, [])], ids=["gate", "other"]
    )
    def test_unknown_instruction_is_named_with_its_qubits(self, opaque: Instruction) -> None:
        """An unknown instruction is refused by `compile()`, with its name and its qubits."""
        circuit = QuantumCircuit(5)
        circuit.h(0)
        circuit.append(opaque, [4, 1])
        self.assert_refused(circuit, "mystery", [4, 1])

    def test_unknown_instruction_in_a_definition(self) -> None:
        """An unknown instruction within a definition is named with its qubits in the whole circuit."""
        inner = QuantumCircuit(3)
        inner.append(Gate("mystery", 2, []), [2, 0])
        circuit = QuantumCircuit(5)
        circuit.append(inner.to_gate(), [3, 1, 4])
        self.assert_refused(circuit, "mystery", [4, 3])

    def test_unknown_instruction_in_a_block(self) -> None:
        """An unknown instruction within a block is refused also where no shot would come to it."""
        circuit = QuantumCircuit(3, 1)
        with circuit.if_test((0, 1)):
            circuit.append(Gate("mystery", 2, []), [2, 1])
        self.assert_refused(circuit, "mystery", [2, 1])

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_parameter_that_is_not_finite(self, value: float) -> None:
        """A gate whose parameter is no finite number is refused by `compile()`, with its name and its qubits."""
        circuit = QuantumCircuit(3)
        circuit.rxx(value, 2, 0)
        self.assert_refused(circuit, "rxx", [2, 0])

    def test_modified_unknown_instruction(self) -> None:
        """A modifier on an unknown gate doesn't make it known."""
        circuit = QuantumCircuit(3)
        circuit.append(Gate("mystery", 2, []).inverse(annotated=True), [2, 0])
        with pytest.raises(UnsupportedInstructionError, match=re.escape("[2, 0]")):
            self.program(circuit)


class UnboundChecks(OperatorRuns):
    """Parameters and inputs without a value."""

    def test_unbound_parameters_are_named(self) -> None:
        """All parameters without a value are named, those in blocks and global phases included."""
        names = ["alpha", "beta", "gamma", "delta"]
        alpha, beta, gamma, delta = map(Parameter, names)
        circuit = QuantumCircuit(2, 1, global_phase=gamma)
        circuit.rx(alpha + 2 * beta, 0)
        with circuit.if_test((0, 1)):
            circuit.rz(delta, 1)
        with pytest.raises(UnboundParametersError) as raised:
            self.program(circuit)
        assert all(name in str(raised.value) for name in names)

    def test_bound_parameters_are_not_named(self) -> None:
        """A parameter that has been given a value is none of them."""
        known, unknown = Parameter("known"), Parameter("unknown")
        circuit = QuantumCircuit(1)
        circuit.rx(known, 0)
        circuit.rz(unknown, 0)
        with pytest.raises(UnboundParametersError, match="unknown") as raised:
            self.program(circuit.assign_parameters({known: 0.5}))
        assert not re.search(r"\bknown", str(raised.value))

    def test_bound_parameters_are_used(self) -> None:
        """A circuit whose parameters have values runs with them."""
        angle = Parameter("angle")
        circuit = QuantumCircuit(2, global_phase=angle)
        circuit.rx(angle, 0)
        circuit.crz(2 * angle, 0, 1)
        self.assert_unitary(circuit.assign_parameters({angle: 0.7}))

    def test_loop_parameter_is_bound(self) -> None:
        """The Parameter of a loop needs no value, another one in the loop does."""
        circuit = QuantumCircuit(1)
        other = Parameter("other")
        with circuit.for_loop(range(2), Parameter("looped")) as looped:
            circuit.rx(looped + other, 0)
        with pytest.raises(UnboundParametersError, match="other") as raised:
            self.program(circuit)
        assert "looped" not in str(raised.value)

    def test_input_variables_are_named(self) -> None:
        """Input variables of a circuit have no value, and are named."""
        circuit = QuantumCircuit(1, 1)
        circuit.add_input("voltage", types.Float())
        circuit.add_input("enabled", types.Bool())
        with pytest.raises(UnboundParametersError) as raised:
            self.program(circuit)
        assert "voltage" in str(raised.value)
        assert "enabled" in str(raised.value)


class OutputChecks(OperatorRuns):
    """Circuits that don't have the wanted output."""

    def test_measurement_at_the_end_of_a_statevector_run(self) -> None:
        """A circuit that ends with a measurement has no final state, and is refused by `compile()`."""
        circuit = generic(2, generator("final"))
        circuit.measure_all()
        with pytest.raises(UnsupportedInstructionError, match="measure"):
            self.program(circuit, Output.STATEVECTOR)

    def test_measurement_in_mid_circuit_of_a_statevector_run(self) -> None:
        """A circuit that goes on after its measurements has a final state."""
        circuit = QuantumCircuit(1, 1)
        circuit.x(0)
        circuit.measure(0, 0)
        circuit.x(0)
        assert np.abs(self.statevector(circuit) - [1, 0]).max() < 1e-12

    def test_reset_at_the_end_of_a_statevector_run(self) -> None:
        """A reset at the end leaves a state."""
        circuit = QuantumCircuit(1)
        circuit.x(0)
        circuit.reset(0)
        assert np.abs(self.statevector(circuit) - [1, 0]).max() < 1e-12

    @pytest.mark.parametrize("what", ["measure", "reset"])
    @pytest.mark.parametrize("place", ["end", "middle", "block", "definition"])
    def test_unitary_run_has_no_measurement(self, what: str, place: str) -> None:
        """A circuit with a measurement or a reset anywhere has no matrix, and is refused by `compile()`."""
        instruction, clbits = (Reset(), []) if what == "reset" else (Measure(), [0])
        circuit = QuantumCircuit(2, 1)
        circuit.h([0, 1])
        if place == "block":
            with circuit.if_test((0, 1)):
                circuit.append(instruction, [1], clbits)
        elif place == "definition":
            inner = QuantumCircuit(2, 1)
            inner.append(instruction, [1], clbits)
            circuit.append(inner.to_instruction(), [0, 1], [0])
        else:
            circuit.append(instruction, [1], clbits)
        if place == "middle":
            circuit.h([0, 1])
        with pytest.raises(UnsupportedInstructionError, match=what):
            self.program(circuit, Output.UNITARY)
