"""Circuits as the flat arrays that the native core reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Clbit, Measure, QuantumCircuit, Qubit, Reset
from qiskit.circuit.classical import expr, types

from queuebit import _core
from queuebit.codec.qiskit_functions import circuit_reading_functions
from queuebit.engines import instructions as flat
from queuebit.engines.exceptions import EngineLimitError
from queuebit.engines.expression_encoding import encode_assignment, encode_expression, wide_codes

_GATE_CODES: Mapping[str, tuple[int, int, int]] = _core.gate_codes()
_NO_EFFECT = frozenset({"barrier", "delay"})


@dataclass(frozen=True, slots=True)
class EncodedCircuit:
    """What the core compiles.

    Attributes:
        num_qubits: width of the circuit.
        num_clbits: size of its classical memory in bits.
        num_instructions: the progress of a whole run.
        codes: instruction codes and their qubits, bits, targets and expressions, in order.
        params: the gates' parameters, matrices and floating point constants, in order.
        progress_start: for each instruction, the progress with which the circuit's instruction that it is a part of
            begins.
        progress_limit: for each instruction, the most progress that it reaches.
        writes_memory: whether something writes to the classical memory.
        has_measurements: whether something measures or resets a qubit.
        variable_names: the classical variables, in the order of their numbers.
    """

    num_qubits: int
    num_clbits: int
    num_instructions: int
    codes: NDArray[np.int32]
    params: NDArray[np.float64]
    progress_start: NDArray[np.int64]
    progress_limit: NDArray[np.int64]
    writes_memory: bool
    has_measurements: bool
    variable_names: list[str]


def encode_plain(circuit: QuantumCircuit) -> EncodedCircuit | None:
    """Encode a circuit of standard gates, measurements and resets, fast; None if there is anything else in it.

    Args:
        circuit: a circuit without unbound parameters.
    """
    functions = circuit_reading_functions()
    if functions is None:
        return encode_plain_in_python(circuit)
    read = _core.read_circuit(circuit._data, float(circuit.global_phase), functions)  # noqa: SLF001  # as Qiskit says
    return read and EncodedCircuit(circuit.num_qubits, circuit.num_clbits, len(circuit.data), *read, [])


def encode_plain_in_python(circuit: QuantumCircuit) -> EncodedCircuit | None:
    """Do what :func:`encode_plain` does, where Qiskit has no C functions for it."""
    qubits: dict[Qubit, int] = {bit: index for index, bit in enumerate(circuit.qubits)}
    clbits: dict[Clbit, int] = {bit: index for index, bit in enumerate(circuit.clbits)}
    codes: list[int] = []
    params: list[float] = []
    starts: list[int] = []
    writes_memory = has_measurements = False
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
            codes.extend(qubits[bit] for bit in item.qubits)
            params.extend(item.params)
        elif name in _NO_EFFECT:
            continue
        elif name == "measure" and isinstance(item.operation, Measure):
            codes += (_core.MEASURE, qubits[item.qubits[0]], clbits[item.clbits[0]])
            writes_memory = has_measurements = True
        elif name == "reset" and isinstance(item.operation, Reset):
            codes += (_core.RESET, qubits[item.qubits[0]])
            has_measurements = True
        else:
            return None
        starts.append(index)
    start = np.array(starts, dtype=np.int64)
    encoded = EncodedCircuit(
        circuit.num_qubits,
        circuit.num_clbits,
        len(circuit.data),
        np.array(codes, dtype=np.int32),
        np.array(params, dtype=np.float64),
        start,
        start + 1,
        writes_memory,
        has_measurements,
        [],
    )
    # The slow way names the instruction with such a parameter.
    return encoded if np.isfinite(encoded.params).all() else None


def encode_flat(circuit: flat.FlatCircuit) -> EncodedCircuit:
    """Encode any lowered circuit.

    Args:
        circuit: its flat form.

    Raises:
        EngineLimitError: if an expression has integers of more than 64 bits.
    """
    encoding = _Encoding()
    for step in circuit.steps:
        _encode_instruction(step.instruction, encoding)
    return EncodedCircuit(
        circuit.num_qubits,
        circuit.num_clbits,
        circuit.num_instructions,
        np.array(encoding.codes, dtype=np.int32),
        np.array(encoding.params, dtype=np.float64),
        np.array([step.start for step in circuit.steps], dtype=np.int64),
        np.array([step.limit for step in circuit.steps], dtype=np.int64),
        circuit.writes_memory,
        any(isinstance(step.instruction, (flat.Measure, flat.Reset)) for step in circuit.steps),
        [variable.name for variable in encoding.variables],
    )


@dataclass(slots=True)
class _Encoding:
    """The arrays as they grow, and the numbers of the variables so far."""

    codes: list[int] = field(default_factory=list)
    params: list[float] = field(default_factory=list)
    variables: dict[expr.Var, int] = field(default_factory=dict)

    def variable(self, variable: expr.Var) -> int:
        """Return the number of a variable, a new one if it has none yet."""
        if isinstance(variable.type, types.Uint) and variable.type.width > _core.INTEGER_BITS:
            raise EngineLimitError(
                f"variable {variable.name!r} has {variable.type.width} bits, the native engine has integers of 64"
            )
        return self.variables.setdefault(variable, len(self.variables))


def _encode_instruction(instruction: flat.Instruction, encoding: _Encoding) -> None:
    codes = encoding.codes
    match instruction:
        case flat.Unitary():
            _encode_unitary(instruction, encoding)
        case flat.GlobalPhase(angle_rad):
            codes.append(_GATE_CODES["global_phase"][0])
            encoding.params.append(angle_rad)
        case flat.Measure(qubit, clbit):
            codes += (_core.MEASURE, qubit, clbit)
        case flat.Reset(qubit):
            codes += (_core.RESET, qubit)
        case flat.Store(assign):
            codes.append(_core.STORE)
            encode_assignment(assign, encoding)
        case flat.Jump(target):
            codes += (_core.JUMP, target.position)
        case flat.JumpUnless(condition, target):
            codes.append(_core.JUMP_UNLESS)
            encode_expression(condition, encoding)
            codes.append(target.position)
        case flat.Switch(value, targets, default):
            codes.append(_core.SWITCH)
            encode_expression(value, encoding)
            codes += (default.position, len(targets))
            for case, target in targets.items():
                codes += (*wide_codes(case), target.position)
        case flat.EnterLoop(loop):
            codes += (_core.ENTER_LOOP, loop)
        case flat.NextIteration():
            _encode_next_iteration(instruction, encoding)


def _encode_unitary(unitary: flat.Unitary, encoding: _Encoding) -> None:
    codes = encoding.codes
    codes += (_core.MATRIX, len(unitary.qubits), len(unitary.controls), *unitary.qubits, *unitary.controls)
    codes += (unitary.control_state >> i & 1 for i in range(len(unitary.controls)))
    encoding.params += np.ascontiguousarray(unitary.matrix, dtype=np.complex128).view(np.float64).ravel().tolist()


def _encode_next_iteration(instruction: flat.NextIteration, encoding: _Encoding) -> None:
    codes, values = encoding.codes, instruction.values
    codes += (_core.NEXT_ITERATION, instruction.loop, instruction.end.position)
    if instruction.variable is None:
        codes.append(0)
    else:
        codes += (1, encoding.variable(instruction.variable))
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
