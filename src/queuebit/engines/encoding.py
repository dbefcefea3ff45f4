"""Circuits as the flat arrays that the native core reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Clbit, Measure, QuantumCircuit, Qubit, Reset
from qiskit.circuit.classical import expr, types

from queuebit import _core
from queuebit.engines import instructions as flat
from queuebit.engines.exceptions import EngineLimitError
from queuebit.engines.expression_encoding import encode_assignment, encode_expression, wide_codes

_GATE_CODES: Mapping[str, tuple[int, int, int]] = _core.gate_codes()
_NO_EFFECT = frozenset({"barrier", "delay"})


@dataclass(slots=True)
class EncodedCircuit:
    """What the core compiles.

    Attributes:
        num_qubits: width of the circuit.
        num_clbits: size of its classical memory in bits.
        num_instructions: the progress of a whole run.
        writes_memory: whether something writes to the classical memory.
        has_measurements: whether something measures or resets a qubit.
        codes: instruction codes and their qubits, bits, targets and expressions, in order.
        params: the gates' parameters, matrices and floating point constants, in order.
        progress_start: for each instruction, the progress with which the circuit's instruction that it is a part of
            begins.
        progress_limit: for each instruction, the most progress that it reaches.
        variables: the classical variables, in the order of their numbers.
    """

    num_qubits: int
    num_clbits: int
    num_instructions: int
    writes_memory: bool = False
    has_measurements: bool = False
    codes: list[int] = field(default_factory=list)
    params: list[float] = field(default_factory=list)
    progress_start: list[int] = field(default_factory=list)
    progress_limit: list[int] = field(default_factory=list)
    variables: dict[expr.Var, int] = field(default_factory=dict)

    def arrays(self) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """Return codes, params, and the start and limit of the progress as arrays."""
        return (
            np.array(self.codes, dtype=np.int32),
            np.array(self.params, dtype=np.float64),
            np.array(self.progress_start, dtype=np.int64),
            np.array(self.progress_limit, dtype=np.int64),
        )

    def variable(self, variable: expr.Var) -> int:
        """Return the number of a variable, a new one if it has none yet."""
        if isinstance(variable.type, types.Uint) and variable.type.width > _core.INTEGER_BITS:
            raise EngineLimitError(
                f"variable {variable.name!r} has {variable.type.width} bits, the native engine has integers of 64"
            )
        return self.variables.setdefault(variable, len(self.variables))


def encode_plain(circuit: QuantumCircuit) -> EncodedCircuit | None:
    """Encode a circuit of standard gates, measurements and resets, fast; None if there is anything else in it.

    Args:
        circuit: a circuit without unbound parameters.
    """
    encoded = EncodedCircuit(circuit.num_qubits, circuit.num_clbits, len(circuit.data))
    qubits: dict[Qubit, int] = {bit: index for index, bit in enumerate(circuit.qubits)}
    clbits: dict[Clbit, int] = {bit: index for index, bit in enumerate(circuit.clbits)}
    codes, params, starts = encoded.codes, encoded.params, encoded.progress_start
    if circuit.global_phase:
        starts.append(0)
        codes.append(_GATE_CODES["global_phase"][0])
        params.append(float(circuit.global_phase))
    for index, item in enumerate(circuit.data):
        name = item.name
        if item.is_standard_gate():
            gate = _GATE_CODES.get(name)
            if gate is None:
                return None
            codes.append(gate[0])
            for bit in item.qubits:
                codes.append(qubits[bit])
            if gate[2]:
                params.extend(item.params)
        elif name in _NO_EFFECT:
            continue
        elif name == "measure" and isinstance(item.operation, Measure):
            codes += (_core.MEASURE, qubits[item.qubits[0]], clbits[item.clbits[0]])
            encoded.writes_memory = encoded.has_measurements = True
        elif name == "reset" and isinstance(item.operation, Reset):
            codes += (_core.RESET, qubits[item.qubits[0]])
            encoded.has_measurements = True
        else:
            return None
        starts.append(index)
    encoded.progress_limit = [start + 1 for start in starts]
    # The slow way names the instruction with such a parameter.
    return encoded if np.isfinite(params).all() else None


def encode_flat(circuit: flat.FlatCircuit) -> EncodedCircuit:
    """Encode any lowered circuit.

    Args:
        circuit: its flat form.

    Raises:
        EngineLimitError: if an expression has integers of more than 64 bits.
    """
    encoded = EncodedCircuit(
        circuit.num_qubits, circuit.num_clbits, circuit.num_instructions, writes_memory=circuit.writes_memory
    )
    for step in circuit.steps:
        _encode_instruction(step.instruction, encoded)
        encoded.progress_start.append(step.start)
        encoded.progress_limit.append(step.limit)
    return encoded


def _encode_instruction(instruction: flat.Instruction, encoded: EncodedCircuit) -> None:
    codes = encoded.codes
    match instruction:
        case flat.Unitary():
            _encode_unitary(instruction, encoded)
        case flat.GlobalPhase(angle_rad):
            codes.append(_GATE_CODES["global_phase"][0])
            encoded.params.append(angle_rad)
        case flat.Measure(qubit, clbit):
            codes += (_core.MEASURE, qubit, clbit)
        case flat.Reset(qubit):
            codes += (_core.RESET, qubit)
        case flat.Store(assign):
            codes.append(_core.STORE)
            encode_assignment(assign, encoded)
        case flat.Jump(target):
            codes += (_core.JUMP, target.position)
        case flat.JumpUnless(condition, target):
            codes.append(_core.JUMP_UNLESS)
            encode_expression(condition, encoded)
            codes.append(target.position)
        case flat.Switch(value, targets, default):
            codes.append(_core.SWITCH)
            encode_expression(value, encoded)
            codes += (default.position, len(targets))
            for case, target in targets.items():
                codes += (*wide_codes(case), target.position)
        case flat.EnterLoop(loop):
            codes += (_core.ENTER_LOOP, loop)
        case flat.NextIteration():
            _encode_next_iteration(instruction, encoded)


def _encode_unitary(unitary: flat.Unitary, encoded: EncodedCircuit) -> None:
    codes = encoded.codes
    codes += (_core.MATRIX, len(unitary.qubits), len(unitary.controls), *unitary.qubits, *unitary.controls)
    codes += (unitary.control_state >> i & 1 for i in range(len(unitary.controls)))
    encoded.params += np.ascontiguousarray(unitary.matrix, dtype=np.complex128).view(np.float64).ravel().tolist()


def _encode_next_iteration(instruction: flat.NextIteration, encoded: EncodedCircuit) -> None:
    codes, values = encoded.codes, instruction.values
    codes += (_core.NEXT_ITERATION, instruction.loop, instruction.end.position)
    if instruction.variable is None:
        codes.append(0)
    else:
        codes += (1, encoded.variable(instruction.variable))
        mask = (1 << instruction.variable.type.width) - 1
        if any(value & mask != value for value in (*values[:1], *values[-1:])) or not isinstance(values, range):
            values = [value & mask for value in values]
    if isinstance(values, range):
        codes.append(1)
        for number in (values.start, values.step, len(values)):
            codes += wide_codes(number)
    else:
        codes += (0, len(values))
        for number in values:
            codes += wide_codes(number)
