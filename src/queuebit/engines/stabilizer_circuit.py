"""From a ``QuantumCircuit`` to circuits that Stim runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import stim
from qiskit.circuit import (
    BoxOp,
    BreakLoopOp,
    CircuitInstruction,
    Clbit,
    ContinueLoopOp,
    ControlFlowOp,
    ForLoopOp,
    IfElseOp,
    Measure,
    Operation,
    Parameter,
    QuantumCircuit,
    Qubit,
    Reset,
    Store,
)
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Clifford

from queuebit.engines.clifford_gates import WIDEST_QUBITS, StimGates, gates_of_unitary, standard_gate
from queuebit.engines.exceptions import EngineError, EngineLimitError
from queuebit.engines.lowering import lower, require_bound
from queuebit.engines.operations import unitary_or_definition
from queuebit.engines.parities import FALSE, TRUE, NoParityError, Parity, parity_of
from queuebit.engines.stabilizer_writer import StabilizerWriter

_NO_EFFECT = frozenset({"barrier", "delay"})

_ONLY_PAULIS = "only X, Y and Z can depend on measurements"

# Loops are written out. A longer circuit would take minutes to read.
_MOST_LINES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilizerCircuit:
    """A circuit for Stim, as :class:`StabilizerWriter` writes it.

    Attributes:
        name: the circuit's name.
        num_qubits: its width.
        num_clbits: size of its classical memory in bits.
        num_instructions: the progress of a whole run.
        writes_memory: whether something writes to the classical memory.
        parts: what to run, one after another. None of them takes long.
        num_sources: how many random bits a shot needs, at the beginning of the record.
        num_measurements: how many measurements follow them there.
        measured: for each classical bit that is measured, the number of its last measurement.
        seconds: about how long the simulation of one sample takes, at most.
    """

    name: str
    num_qubits: int
    num_clbits: int
    num_instructions: int
    writes_memory: bool
    parts: tuple[stim.Circuit, ...]
    num_sources: int
    num_measurements: int
    measured: Mapping[int, int]
    seconds: float


def stabilizer_circuit(source: QuantumCircuit) -> StabilizerCircuit:
    """Translate a circuit.

    It may have Clifford gates, also in definitions; measurements and resets anywhere; Pauli gates in an ``if`` whose
    condition is a parity of measured bits; any such instruction in an ``if`` whose condition depends on no
    measurement; ``for`` loops without ``break`` and ``continue``, and boxes.

    Args:
        source: any circuit; it isn't changed.

    Raises:
        EngineLimitError: if there is anything else in it, naming that.
        UnsupportedInstructionError: if a block that never runs has an instruction that nothing is known of.
        UnboundParametersError: if parameters or input variables have no value.
    """
    require_bound(source)
    try:
        return _Translation(source).translate()
    except _RefusalError as refusal:
        raise EngineLimitError(f"circuit {source.name!r} has {refusal}") from refusal
    except EngineLimitError as error:
        raise EngineLimitError(f"circuit {source.name!r}: {error.message}") from error


class _RefusalError(Exception):
    """An instruction can't be translated.

    Attributes:
        position: where in the circuit's data it is, or the instruction that it is in.
    """

    def __init__(self, item: CircuitInstruction, scope: "_Scope", reason: str) -> None:
        qubits = [scope.qubits[bit] for bit in item.qubits]
        super().__init__(f"{item.name!r} on qubits {qubits}", reason)
        self.position = 0

    def __str__(self) -> str:
        what, reason = self.args
        return f"{what} (circuit.data[{self.position}]): {reason}"


class _Scope(NamedTuple):
    """What the bits of a block are in the whole circuit, and the condition under which it runs."""

    qubits: Mapping[Qubit, int]
    clbits: Mapping[Clbit, int]
    condition: Parity = TRUE

    def inside(self, block: QuantumCircuit, item: CircuitInstruction, condition: Parity | None = None) -> "_Scope":
        """Return the scope of a block that ``item`` brings, whose bits stand for the item's in order."""
        return _Scope(
            qubits={inner: self.qubits[outer] for inner, outer in zip(block.qubits, item.qubits, strict=False)},
            clbits={inner: self.clbits[outer] for inner, outer in zip(block.clbits, item.clbits, strict=False)},
            condition=self.condition if condition is None else condition,
        )


class _Translation:
    """Walks a circuit and writes it for Stim."""

    def __init__(self, source: QuantumCircuit) -> None:
        self._source = source
        self._writer = StabilizerWriter(source.num_qubits)
        self._num_instructions = len(source.data)
        self._writes_memory = False
        self._is_known = False  # whether all instructions are ones that something is known of
        self._measured: dict[int, int] = {}

    def translate(self) -> StabilizerCircuit:
        source, writer = self._source, self._writer
        qubits = {bit: index for index, bit in enumerate(source.qubits)}
        clbits = {bit: index for index, bit in enumerate(source.clbits)}
        self._block(source, _Scope(qubits, clbits))
        return StabilizerCircuit(
            name=source.name,
            num_qubits=source.num_qubits,
            num_clbits=source.num_clbits,
            num_instructions=self._num_instructions,
            writes_memory=self._writes_memory or bool(self._measured),
            parts=writer.finish(),
            num_sources=writer.num_sources,
            num_measurements=writer.num_measurements,
            measured=self._measured,
            seconds=writer.seconds,
        )

    def _block(self, block: QuantumCircuit, scope: _Scope) -> None:
        if not math.isfinite(block.global_phase):
            raise EngineLimitError(f"its global phase is {block.global_phase}")
        always = scope.condition == TRUE
        qubit_of, write = scope.qubits.__getitem__, self._writer.gates
        for position, item in enumerate(block.data):
            try:
                # Most instructions are gates. Whatever is done for one of them counts.
                known = always and item.is_standard_gate()
                gates = standard_gate(item.name, tuple(item.params)) if known else None
                if gates is not None:
                    write(gates, tuple(map(qubit_of, item.qubits)))
                elif item.name not in _NO_EFFECT:
                    self._other(item, scope)
            except _RefusalError as refusal:
                refusal.position = position  # that of the outermost block is the last to be set
                raise

    def _other(self, item: CircuitInstruction, scope: _Scope) -> None:
        """Translate what is no standard gate, or depends on measurements."""
        operation = item.operation
        if isinstance(operation, IfElseOp):
            self._if_else(operation, item, scope)
        elif isinstance(operation, BoxOp):
            self._block(operation.body, scope.inside(operation.body, item))
        elif isinstance(operation, (Measure, Reset, ForLoopOp)):
            self._unconditioned(operation, item, scope)
        elif isinstance(operation, (ControlFlowOp, BreakLoopOp, ContinueLoopOp, Store)):
            raise _RefusalError(item, scope, "of control flow, only if, for and box can be followed")
        else:
            self._operation(operation, item, scope)

    def _unconditioned(self, operation: Measure | Reset | ForLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        if scope.condition != TRUE:
            raise _RefusalError(item, scope, _ONLY_PAULIS)
        if isinstance(operation, ForLoopOp):
            self._for(operation, item, scope)
            return
        qubit = scope.qubits[item.qubits[0]]
        if isinstance(operation, Measure):
            self._measured[scope.clbits[item.clbits[0]]] = self._writer.measure(qubit)
        else:
            self._writer.reset(qubit)

    def _operation(self, operation: Operation, item: CircuitInstruction, scope: _Scope) -> None:
        gates, definition = _meaning(operation, item, scope)
        qubits = [scope.qubits[bit] for bit in item.qubits]
        if definition is not None:
            self._block(definition, scope.inside(definition, item))
        elif gates is None:
            raise _RefusalError(item, scope, "it is no Clifford gate")
        elif scope.condition == TRUE:
            self._writer.gates(gates, qubits)
        elif all(gate.is_pauli for gate in gates):
            self._writer.conditioned_paulis(gates, qubits, scope.condition)
        else:
            raise _RefusalError(item, scope, _ONLY_PAULIS)

    # Control flow

    def _if_else(self, operation: IfElseOp, item: CircuitInstruction, scope: _Scope) -> None:
        try:
            condition = parity_of(operation.condition, lambda clbit: self._value(scope.clbits[clbit]))
            branches = [scope.condition & condition, scope.condition & ~condition]
        except NoParityError as error:
            raise _RefusalError(item, scope, f"its condition isn't a parity of measured bits: {error}") from error
        for block, branch in zip(operation.blocks, branches, strict=False):
            if branch == FALSE:
                self._check_what_never_runs()
            else:
                self._block(block, scope.inside(block, item, branch))

    def _value(self, clbit: int) -> Parity:
        measurement = self._measured.get(clbit)
        return FALSE if measurement is None else Parity(frozenset((measurement,)))

    def _check_what_never_runs(self) -> None:
        # It runs nowhere, so it needn't be Clifford, but it must be known.
        if not self._is_known:
            self._writes_memory |= lower(self._source).writes_memory
            self._is_known = True

    def _for(self, operation: ForLoopOp, item: CircuitInstruction, scope: _Scope) -> None:
        values, parameter, body = operation.params
        if not (parameter is None or isinstance(parameter, Parameter)):
            raise _RefusalError(item, scope, "its variable is part of a classical computation")
        size = len(values) * max(1, len(body.data))
        if self._writer.num_lines + size > _MOST_LINES:
            raise _RefusalError(item, scope, f"written out, it makes more than {_MOST_LINES} instructions")
        self._num_instructions += max(0, size - 1)
        for value in values:
            block = body.assign_parameters({parameter: value}) if parameter in body.parameters else body
            self._block(block, scope.inside(block, item))


def _meaning(
    operation: Operation, item: CircuitInstruction, scope: _Scope
) -> tuple[StimGates | None, QuantumCircuit | None]:
    """Return an operation as gates, or as its definition, or as neither of them if it is no Clifford gate."""
    if item.is_standard_gate():
        return standard_gate(item.name, tuple(item.params)), None
    if isinstance(operation, Clifford):
        return None, operation.to_circuit()
    try:
        meaning = unitary_or_definition(operation, tuple(range(operation.num_qubits)))
    except EngineError as error:
        raise _RefusalError(item, scope, error.message) from error
    if isinstance(meaning, QuantumCircuit):
        return None, meaning
    gates = gates_of_unitary(meaning)
    if gates is None and operation.num_qubits > WIDEST_QUBITS and not isinstance(operation, UnitaryGate):
        # What Qiskit makes of a plain matrix takes too long, and approximates.
        return None, operation.definition
    return gates, None
