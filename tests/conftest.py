"""Circuits that tests of several parts share."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types


@pytest.fixture
def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


@pytest.fixture
def endless() -> QuantumCircuit:
    """A circuit that only cancelling ends."""
    circuit = QuantumCircuit(1, 1, name="endless")
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
    circuit.measure(0, 0)
    return circuit


@pytest.fixture
def failing() -> QuantumCircuit:
    """A circuit that fails when it runs, not before."""
    circuit = QuantumCircuit(1, 1, name="dividing_by_zero")
    nothing = circuit.add_var("nothing", expr.lift(0, types.Uint(4)))
    circuit.store(nothing, expr.div(expr.lift(1, types.Uint(4)), nothing))
    circuit.measure(0, 0)
    return circuit
