"""Circuits that tests of several parts share."""

import gc
import os
import sys

import pytest
from hypothesis import settings
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types

# Tests start hundreds of processes, each of which would compile the sources anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"

# Tests whose number of examples isn't their own try a part of them; `make torture` tries all.
settings.register_profile("part", max_examples=30)
if not IS_WHOLE:
    settings.load_profile("part")


def pytest_collection_finish() -> None:
    """Leave what is imported and collected out of each later search for garbage: Qiskit makes that half a second."""
    gc.collect()
    gc.freeze()


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
