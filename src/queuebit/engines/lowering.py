"""From a ``QuantumCircuit`` to its flat form: control flow to jumps, definitions and blocks expanded in place."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qiskit import circuit
from qiskit.circuit import (
    CASE_DEFAULT,
    BoxOp,
    BreakLoopOp,
    CircuitInstruction,
    ClassicalRegister,
    Clbit,
    ContinueLoopOp,
    ControlFlowOp,
    ForLoopOp,
    IfElseOp,
    Operation,
    Parameter,
    QuantumCircuit,
    Qubit,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit.classical import expr

from queuebit.engines.engine import Output
from queuebit.engines.exceptions import EngineError, UnboundParametersError, UnsupportedInstructionError
from queuebit.engines.expressions import Expression, compile_assignment, compile_expression
from queuebit.engines.instructions import (
    EnterLoop,
    FlatCircuit,
    GlobalPhase,
    Instruction,
    Jump,
    JumpUnless,
    Label,
    Measure,
    NextIteration,
    Reset,
    Step,
    Store,
    Switch,
    Unitary,
    targets_of,
)
from queuebit.engines.operations import NotUnitaryError, unitary_or_definition

# A loop over a legacy Parameter is written out. More steps than this are a mistake, or a case for a loop variable.
_MOST_STEPS = 5_000_000

# No instruction counts more in the progress: nested loops of any length must add up to what a 64-bit counter holds.
_LARGEST_SIZE = 2**40


def lower(source: QuantumCircuit) -> FlatCircuit:
    """Return the flat form of a circuit.

    Args:
        source: any circuit; it isn't changed.

    Raises:
        UnsupportedInstructionError: if an instruction has neither a matrix nor a definition.
        UnboundParametersError: if parameters or input variables have no value.
    """
    require_bound(source)
    lowering = _Lowering(source)
    lowering.lower()
    instructions = [step.instruction for step in lowering.steps]
    return FlatCircuit(
        name=source.name,
        num_qubits=source.num_qubits,
        num_clbits=source.num_clbits,
        num_instructions=lowering.progress,
        steps=tuple(lowering.steps),
        final_measurements=_final_measurements(instructions),
    )


def require_output(flat: FlatCircuit, output: Output) -> None:
    """Refuse a circuit that doesn't have the wanted output.

    Args:
        flat: the lowered circuit.
        output: what a run shall compute.

    Raises:
        UnsupportedInstructionError: for a measurement at the end with STATEVECTOR, and any measurement or reset with
            UNITARY.
    """
    for position, step in enumerate(flat.steps):
        instruction = step.instruction
        if output is Output.STATEVECTOR and position in flat.final_measurements:
            raise UnsupportedInstructionError(
                f"circuit {flat.name!r} measures at its end, so its final state would be random; "
                "take its measurements away (circuit.remove_final_measurements(), or the measure lines of a file), "
                "or use a backend that returns counts"
            )
        if output is Output.UNITARY and isinstance(instruction, (Measure, Reset)):
            raise UnsupportedInstructionError(
                f"circuit {flat.name!r} has a {type(instruction).__name__.lower()} on qubit {instruction.qubit}, "
                "so it has no unitary; take it away, or use a backend that returns counts"
            )


def require_bound(source: QuantumCircuit) -> None:
    """Refuse a circuit that has no values for its parameters or inputs.

    Args:
        source: any circuit.

    Raises:
        UnboundParametersError: naming them.
    """
    if source.parameters:
        names = ", ".join(parameter.name for parameter in source.parameters)
        raise UnboundParametersError(
            f"circuit {source.name!r} has parameters without a value: {names}. "
            "Give them values with circuit.assign_parameters(...) before running."
        )
    if source.num_input_vars:
        names = ", ".join(variable.name for variable in source.iter_input_vars())
        raise UnboundParametersError(
            f"circuit {source.name!r} has input variables without a value: {names}. "
            "Declare them with a value, circuit.add_var(name, value), instead of add_input."
        )


def _final_measurements(instructions: Sequence[Instruction]) -> frozenset[int]:
    """Find the measurements that can wait until the end: nothing after them touches their qubit or needs their bit.

    Only those behind the last place that something jumps to: the ones before may be left out, or repeated.
    """
    final: set[int] = set()
    busy_qubits: set[int] = set()
    busy_clbits: set[int] = set()
    last_target = max((label.position for item in instructions for label in targets_of(item)), default=0)
    for position in range(len(instructions) - 1, last_target - 1, -1):
        match instructions[position]:
            case Measure(qubit, clbit) if qubit not in busy_qubits and clbit not in busy_clbits:
                final.add(position)
            case Measure(qubit, clbit):
                busy_qubits.add(qubit)
                busy_clbits.add(clbit)  # an earlier measurement into the same bit must not come after this one
            case Reset(qubit):
                busy_qubits.add(qubit)
            case Unitary(_, qubits, controls):
                busy_qubits.update(qubits, controls)
            case GlobalPhase():
                continue
            case _:
                # A store may read or overwrite what was measured before.
                break
    return frozenset(final)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the bits of a block are in the whole circuit, and where the loop around it goes on."""

    qubits: Mapping[Qubit, int]
    clbits: Mapping[Clbit, int]
    next_iteration: Label | None = None
    loop_end: Label | None = None

    def inside(self, block: QuantumCircuit, item: CircuitInstruction) -> "_Scope":
        """Return the scope of a block that ``item`` brings, whose bits stand for the item's in order.

        A definition may have fewer bits than its instruction: some of Qiskit's leave ancilla qubits alone.
        """
        return replace(
            self,
            qubits={inner: self.qubits[outer] for inner, outer in zip(block.qubits, item.qubits, strict=False)},
            clbits={inner: self.clbits[outer] for inner, outer in zip(block.clbits, item.clbits, strict=False)},
        )


class _Lowering:
    """Walks a circuit and writes its steps."""

    def __init__(self, source: QuantumCircuit) -> None:
        self.steps: list[Step] = []
        self.progress = 0
        self._limit = 0
        self._loops = 0
        self._source = source
        self._control_flow: dict[type, Callable[[Any, CircuitInstruction, _Scope], None]] = {
            IfElseOp: self._if_else,
            SwitchCaseOp: self._switch,
            ForLoopOp: self._for,
            WhileLoopOp: self._while,
            BoxOp: self._box,
            BreakLoopOp: self._break,
            ContinueLoopOp: self._continue,
        }

    def lower(self) -> None:
        """Lower the whole circuit; each of its instructions counts in the progress by its size."""
        source = self._source
        scope = _Scope(
            qubits={bit: index for index, bit in enumerate(source.qubits)},
            clbits={bit: index for index, bit in enumerate(source.clbits)},
        )
        self._phase(source)
        for item in source.data:
            size = _size(item.operation)
            # Inside control flow progress stays below its end, which only leaving it reaches: a loop may go on.
            self._limit = self.progress + size - isinstance(item.operation, ControlFlowOp)
            self._item(item, scope)
            self.progress += size

    def _block(self, block: QuantumCircuit, scope: _Scope) -> None:
        self._phase(block)
        for item in block.data:
            self._item(item, scope)

    def _phase(self, block: QuantumCircuit) -> None:
        angle = float(block.global_phase)
        if not math.isfinite(angle):
            raise UnsupportedInstructionError(
                f"circuit {self._source.name!r} has a global phase of {angle}; give it a finite one"
            )
        if angle:
            self._emit(GlobalPhase(angle))

    def _emit(self, instruction: Instruction) -> None:
        self.steps.append(Step(instruction, self.progress, self._limit))

    def _place(self, label: Label) -> None:
        label.position = len(self.steps)

    def _item(self, item: CircuitInstruction, scope: _Scope) -> None:
        operation = item.operation
        if control_flow := self._control_flow.get(type(operation)):
            control_flow(operation, item, scope)
        elif isinstance(operation, circuit.Measure):
            self._emit(Measure(scope.qubits[item.qubits[0]], scope.clbits[item.clbits[0]]))
        elif isinstance(operation, circuit.Reset):
            self._emit(Reset(scope.qubits[item.qubits[0]]))
        elif isinstance(operation, circuit.Store):
            self._emit(Store(compile_assignment(operation.lvalue, operation.rvalue, scope.clbits)))
        elif not isinstance(operation, (circuit.Barrier, circuit.Delay)):
            self._operation(operation, item, scope)

    def _operation(self, operation: Operation, item: CircuitInstruction, scope: _Scope) -> None:
        qubits = tuple(scope.qubits[bit] for bit in item.qubits)
        if any(isinstance(value, float) and not math.isfinite(value) for value in getattr(operation, "params", ())):
            raise UnsupportedInstructionError(
                f"circuit {self._source.name!r} has the instruction {operation.name!r} on qubits {list(qubits)} with "
                f"parameters {operation.params}; give it finite ones"
            )
        try:
            meaning = unitary_or_definition(operation, qubits)
        except EngineError as error:
            kind = "a non-unitary" if isinstance(error, NotUnitaryError) else "an unknown"
            raise UnsupportedInstructionError(
                f"circuit {self._source.name!r} has {kind} instruction {operation.name!r} on qubits "
                f"{list(qubits)}: {error}"
            ) from error
        if isinstance(meaning, Unitary):
            self._emit(meaning)
        else:
            self._block(meaning, replace(scope.inside(meaning, item), next_iteration=None, loop_end=None))

    # Control flow

    def _if_else(self, operation: IfElseOp, item: CircuitInstruction, scope: _Scope) -> None:
        otherwise, end = Label(), Label()
        self._emit(JumpUnless(_condition(operation.condition, scope), otherwise))
        self._block(operation.blocks[0], scope.inside(operation.blocks[0], item))
        for block in operation.blocks[1:]:
            self._emit(Jump(end))
            self._place(otherwise)
            self._block(block, scope.inside(block, item))
        self._place(end)
        if otherwise.position < 0:
            self._place(otherwise)

    def _switch(self, operation: SwitchCaseOp, item: CircuitInstruction, scope: _Scope) -> None:
        end = Label()
        targets: dict[int, Label] = {}
        default = end
        cases = [(values, block, Label()) for values, block in operation.cases_specifier()]
        for values, _, label in cases:
            targets.update({int(value): label for value in values if value is not CASE_DEFAULT})
            if CASE_DEFAULT in values:
                default = label
        self._emit(Switch(compile_expression(_lifted(operation.target), scope.clbits), targets, default))
        for _, block, label in cases:
            self._place(label)
            self._block(block, scope.inside(block, item))
            self._emit(Jump(end))
        self._place(end)

    def _while(self, operation: WhileLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        start, end = Label(), Label()
        self._place(start)
        self._emit(JumpUnless(_condition(operation.condition, scope), end))
        (body,) = operation.blocks
        self._block(body, replace(scope.inside(body, item), next_iteration=start, loop_end=end))
        self._emit(Jump(start))
        self._place(end)

    def _for(self, operation: ForLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        values, variable, body = operation.params
        if isinstance(variable, Parameter) and variable in body.parameters:
            self._written_out_for(values, variable, body, item, scope)
            return
        start, end = Label(), Label()
        loop, self._loops = self._loops, self._loops + 1
        self._emit(EnterLoop(loop))
        self._place(start)
        self._emit(NextIteration(loop, values, variable if isinstance(variable, expr.Var) else None, end))
        self._block(body, replace(scope.inside(body, item), next_iteration=start, loop_end=end))
        self._emit(Jump(start))
        self._place(end)

    def _written_out_for(
        self,
        values: Sequence[int],
        parameter: Parameter,
        body: QuantumCircuit,
        item: CircuitInstruction,
        scope: _Scope,
    ) -> None:
        end = Label()
        for value in values:
            self._require_few_steps()
            after_this = Label()
            bound = body.assign_parameters({parameter: value})
            inner = replace(scope.inside(bound, item), next_iteration=after_this, loop_end=end)
            self._block(bound, inner)
            self._place(after_this)
        self._place(end)

    def _require_few_steps(self) -> None:
        if len(self.steps) > _MOST_STEPS:
            raise UnsupportedInstructionError(
                f"circuit {self._source.name!r} has more than {_MOST_STEPS} instructions when its loops over a "
                "Parameter are written out; loop over a variable (expr.Var) or over no parameter instead"
            )

    def _box(self, operation: BoxOp, item: CircuitInstruction, scope: _Scope) -> None:
        self._block(operation.body, scope.inside(operation.body, item))

    def _break(self, operation: BreakLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        self._emit(Jump(self._loop_label(scope.loop_end, operation)))

    def _continue(self, operation: ContinueLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        self._emit(Jump(self._loop_label(scope.next_iteration, operation)))

    def _loop_label(self, label: Label | None, operation: Operation) -> Label:
        if label is None:
            raise UnsupportedInstructionError(
                f"circuit {self._source.name!r} has {operation.name!r} outside of any loop"
            )
        return label


def _condition(condition: Any, scope: _Scope) -> Expression:
    """Compile the condition of an ``if`` or ``while``: an expression, or a bit or register with its wanted value."""
    lifted = condition if isinstance(condition, expr.Expr) else expr.lift_legacy_condition(condition)
    return compile_expression(lifted, scope.clbits)


def _lifted(target: Clbit | ClassicalRegister | expr.Expr) -> expr.Expr:
    return target if isinstance(target, expr.Expr) else expr.lift(target)


def _size(operation: Operation) -> int:
    """Return by how much an instruction of the circuit counts in the progress; a ``while`` as one iteration."""
    blocks = getattr(operation, "blocks", ())
    sizes = [sum(_size(item.operation) for item in block.data) for block in blocks]
    if isinstance(operation, ForLoopOp):
        sizes = [len(operation.params[0]) * size for size in sizes]
    return min(max([1, *sizes]), _LARGEST_SIZE)
