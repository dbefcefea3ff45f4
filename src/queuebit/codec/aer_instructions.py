"""Aer's instructions that save and set states, which QPY doesn't keep.

QPY makes plain instructions of them, without what Aer needs to run them, and can't write the parameters of some. So
they are taken out of a circuit, each leaving a plain instruction of its name in its place, written beside the QPY, and
put back.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from qiskit.circuit import ControlFlowOp, Instruction, QuantumCircuit

from queuebit.codec.exceptions import CodecError, NotStorableError
from queuebit.codec.json_values import checked_json, values_from_json

_AER = "qiskit_aer"
_PREFIXES = ("save_", "set_", "quantum_channel")
_MODULES = ("qiskit_aer.library.save_instructions.", "qiskit_aer.library.set_instructions.")

# The way to an instruction: its place, and in a control-flow instruction the block and the place in that, and so on.
_Way = tuple[int, ...]
_Change = Callable[[Instruction, _Way], Instruction | None]


def taken_out(circuit: QuantumCircuit, what: str) -> tuple[QuantumCircuit, list[dict[str, Any]]]:
    """Return a circuit without Aer's instructions, and those.

    Args:
        circuit: the circuit; it isn't changed.
        what: what it is, to begin an error's sentence.

    Returns:
        The circuit itself where it has none of them; else a copy, and for each of them what :func:`put_back` needs, as
        JSON.

    Raises:
        NotStorableError: if it has one that can't be kept.
    """
    found: list[dict[str, Any]] = []

    def take_out(operation: Instruction, way: _Way) -> Instruction | None:
        if not str(type(operation).__module__).startswith(_AER):  # some of Qiskit's have None
            return None
        found.append(_fields(operation, way, what))
        return Instruction(operation.name, operation.num_qubits, operation.num_clbits, [], label=operation.label)

    changed = _changed(circuit, take_out) if _may_have_some(circuit) else None
    return (circuit, []) if changed is None else (changed, found)


def put_back(circuit: QuantumCircuit, instructions: Iterable[dict[str, Any]], what: str) -> QuantumCircuit:
    """Return a circuit with Aer's instructions where :func:`taken_out` had found them.

    Args:
        circuit: the circuit.
        instructions: what it had returned.
        what: what the circuit is, to begin an error's sentence.

    Raises:
        CodecError: if Aer isn't installed, has no such instruction, or these are something else.
    """
    try:
        from qiskit_aer import library
    except ImportError as error:
        raise CodecError(f"{what} can't be read: it has instructions of Aer. Install qiskit-aer.") from error
    try:
        by_way = {tuple(fields["way"]): _instruction(fields, library) for fields in instructions}
        changed = _changed(circuit, lambda plain, way: by_way.pop(way)(plain) if way in by_way else None)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CodecError(f"{what} can't be read, its instructions of Aer are damaged: {error!r}") from error
    if by_way or changed is None:
        raise CodecError(f"{what} can't be read, it is damaged: it has no place for {len(by_way)} instructions of Aer")
    return changed


def _may_have_some(circuit: QuantumCircuit) -> bool:
    if _AER not in sys.modules:  # nobody can have made one
        return False
    names = circuit.count_ops()
    return circuit.has_control_flow_op() or any(name.startswith(_PREFIXES) for name in names)


def _fields(operation: Instruction, way: _Way, what: str) -> dict[str, Any]:
    kind = type(operation)
    if not kind.__module__.startswith(_MODULES):
        raise NotStorableError(
            f"{what} can't be stored: its instruction {operation.name!r} is a {kind.__name__} of Aer, which can't be "
            "written down. Give noise to the backend as a noise model instead."
        )
    state = {
        "label": operation.label,
        "subtype": getattr(operation, "_subtype", None),
        "params": list(operation.params),
    }
    return {"way": way, "class": kind.__name__, **checked_json(state, f"{what}, instruction {operation.name!r}")}


def _instruction(fields: dict[str, Any], library: Any) -> Callable[[Instruction], Instruction]:
    kind = getattr(library, fields["class"])
    if not issubclass(kind, Instruction):
        raise TypeError(f"Aer has no instruction {fields['class']!r}")
    state = values_from_json({name: fields[name] for name in ("label", "subtype", "params")}, "an instruction of Aer")

    def make(plain: Instruction) -> Instruction:
        made: Instruction = kind.__new__(kind)
        Instruction.__init__(
            made, plain.name, plain.num_qubits, plain.num_clbits, state["params"], label=state["label"]
        )
        if state["subtype"] is not None:
            vars(made)["_subtype"] = state["subtype"]
        return made

    return make


def _changed(circuit: QuantumCircuit, change: _Change, way: _Way = ()) -> QuantumCircuit | None:
    """Return a copy of a circuit in which instructions are changed, or None where none is."""
    changes = {
        place: new
        for place, instruction in enumerate(circuit.data)
        if (new := _new_operation(instruction.operation, change, (*way, place))) is not None
    }
    if not changes:
        return None
    copy = circuit.copy_empty_like()  # putting an instruction in another's place makes Qiskit panic in branches
    for place, instruction in enumerate(circuit.data):
        copy.append(instruction.replace(operation=changes.get(place, instruction.operation)), copy=False)
    return copy


def _new_operation(operation: Instruction, change: _Change, way: _Way) -> Instruction | None:
    if not isinstance(operation, ControlFlowOp):
        return change(operation, way)
    blocks = [_changed(block, change, (*way, number)) for number, block in enumerate(operation.blocks)]
    if all(block is None for block in blocks):
        return None
    pairs = zip(blocks, operation.blocks, strict=True)
    return operation.replace_blocks([old if new is None else new for new, old in pairs])
