"""The engine contract on the reference engine, without a single deviation, and what only this engine promises."""

import tracemalloc

import pytest
from qiskit import QuantumCircuit

from queuebit.engines import Control, Engine, InsufficientMemoryError
from queuebit.engines.reference import ReferenceEngine
from queuebit.testing import EngineContract


class TestReferenceEngine(EngineContract):
    def make_engine(self) -> Engine:
        return ReferenceEngine()


class CountingControl(Control):
    """Counts how often a run looks at the cancel flag."""

    looks = 0

    def raise_if_cancelled(self) -> None:
        self.looks += 1
        super().raise_if_cancelled()


@pytest.mark.parametrize("in_mid_circuit", [False, True])
def test_drawing_many_shots_looks_at_the_cancel_flag(in_mid_circuit: bool) -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    if in_mid_circuit:
        circuit.x(0)
    control = CountingControl()
    ReferenceEngine().compile(circuit).run(500_000, 1, control)
    # A portion takes milliseconds.
    assert control.looks > 500_000 / 20_000


def test_few_branches_wait_at_once() -> None:
    # Each measurement splits off a shot or two of 64. If these waited, about 45 would wait at once, not 6 at most.
    circuit = QuantumCircuit(11, 1)
    for _ in range(60):
        circuit.ry(0.28, 0)
        circuit.measure(0, 0)
        circuit.reset(0)
    program = ReferenceEngine().compile(circuit)
    state_bytes = 16 * 2**11
    tracemalloc.start()
    try:
        program.run(64, 1, Control())
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16 * state_bytes


def test_branch_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.x(0)
    program = ReferenceEngine().compile(circuit)
    monkeypatch.setattr("queuebit.engines.memory._ALWAYS_FITS_BYTES", 0)
    answers = iter([2**30, 10])
    monkeypatch.setattr("queuebit.engines.memory.available_bytes", lambda: next(answers))
    with pytest.raises(InsufficientMemoryError, match="a further branch of the run needs about 128 bytes"):
        program.run(50, 1, Control())
