"""What a run costs, estimated before it begins: enough to cut a job into parts of about a second."""

from collections.abc import Iterator
from dataclasses import dataclass

from qiskit.circuit import CircuitInstruction, Clbit, ForLoopOp, QuantumCircuit, Qubit

_COLLAPSES = ("measure", "reset")


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run of a circuit takes.

    Attributes:
        seconds: about how long on one core; finite.
        is_by_shot: whether about all of it is work for single shots, so that half the shots take half the time.
    """

    seconds: float
    is_by_shot: bool = False


def num_collapses(circuit: QuantumCircuit) -> int:
    """Return at how many measurements and resets the ways of shots may part, at most.

    Measurements at the end are sampled from one state, and a qubit that nothing has touched gives 0. Of a loop without
    an end, one turn counts.

    Args:
        circuit: any circuit.
    """
    idle = {*_at_the_end(circuit), *_of_untouched(circuit)}
    return sum(_num_collapses(item) for position, item in enumerate(circuit.data) if position not in idle)


def num_instructions(circuit: QuantumCircuit, *, with_turns: bool = True) -> int:
    """Return how many instructions a circuit has, those of all branches together.

    Args:
        circuit: any circuit.
        with_turns: whether those in loops over numbers count once for each.
    """
    return sum(
        sum(num_instructions(block, with_turns=with_turns) for block in item.operation.blocks)
        * (_num_turns(item) if with_turns else 1)
        if item.is_control_flow()
        else 1
        for item in circuit.data
    )


def _num_collapses(item: CircuitInstruction) -> int:
    if not item.is_control_flow():
        return int(item.name in _COLLAPSES)
    inner = (sum(map(_num_collapses, block.data)) for block in item.operation.blocks)
    return max(inner, default=0) * _num_turns(item)


def _num_turns(item: CircuitInstruction) -> int:
    """Return how often the body of a control flow operation runs: of a loop over numbers, once for each; else 1."""
    return len(item.operation.params[0]) if isinstance(item.operation, ForLoopOp) else 1


def _at_the_end(circuit: QuantumCircuit) -> Iterator[int]:
    """Yield the positions of the measurements behind which nothing happens to their qubit and their bit."""
    busy: set[Qubit | Clbit] = set()
    for position in range(len(circuit.data) - 1, -1, -1):
        item = circuit.data[position]
        if item.name == "barrier":
            continue
        if item.is_control_flow() or item.name == "store":
            # What it needs isn't known here.
            return
        if item.name == "measure" and busy.isdisjoint((*item.qubits, *item.clbits)):
            yield position
        else:
            busy.update(item.qubits, item.clbits)


def _of_untouched(circuit: QuantumCircuit) -> Iterator[int]:
    """Yield the positions of the measurements and resets before which nothing happens to their qubit."""
    touched: set[Qubit] = set()
    for position, item in enumerate(circuit.data):
        if item.name in _COLLAPSES and touched.isdisjoint(item.qubits):
            yield position
        elif item.name != "barrier":
            touched.update(item.qubits)
