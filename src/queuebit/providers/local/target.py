"""The target of the local simulators: every standard gate, any unitary, control flow; no coupling, no width limit."""

from functools import cache

from qiskit.circuit import (
    BoxOp,
    BreakLoopOp,
    ContinueLoopOp,
    ForLoopOp,
    IfElseOp,
    Store,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.transpiler import Target

_CONTROL_FLOW = {
    "if_else": IfElseOp,
    "switch_case": SwitchCaseOp,
    "for_loop": ForLoopOp,
    "while_loop": WhileLoopOp,
    "break_loop": BreakLoopOp,
    "continue_loop": ContinueLoopOp,
    "box": BoxOp,
    "store": Store,
}
_NON_UNITARY = {"measure", "reset"}


@cache
def simulator_target() -> Target:
    """Return the target of simulators that measure."""
    return _target(with_measurement=True)


@cache
def unitary_target() -> Target:
    """Return the target of simulators that compute a circuit's matrix: no measurement, no reset."""
    return _target(with_measurement=False)


def _target(*, with_measurement: bool) -> Target:
    # Without a number of qubits the transpiler leaves the circuit's width alone.
    target = Target(description="queuebit simulator", num_qubits=None)
    for name, instruction in get_standard_gate_name_mapping().items():
        if with_measurement or name not in _NON_UNITARY:
            target.add_instruction(instruction, properties=None, name=name)
    target.add_instruction(UnitaryGate, name="unitary")
    for name, operation in _CONTROL_FLOW.items():
        target.add_instruction(operation, name=name)
    return target
