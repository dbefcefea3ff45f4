"""One order for what Qiskit writes into QPY in an order of chance.

Qiskit's writer keeps a circuit's own operations, and the registers of its layout, in hash maps whose order differs from
call to call, and numbers an operation's own operations as they come up in them. Here each circuit's operations are
numbered and sorted by their first use, and the registers by their names. Nothing else is touched; what is read back is
the same circuit.

The format is that of `QPY 18 <https://docs.quantum.ibm.com/api/qiskit/qpy>`_, which doesn't change any more.
"""

from typing import Any

from queuebit.codec.qpy_format import (
    ANNOTATION,
    BIT_SIZE,
    CIRCUIT,
    CIRCUIT_TYPE,
    CONDITION_KIND,
    COUNT,
    EXPRESSION_CONDITION,
    FILE,
    HAS_ANNOTATIONS,
    INDEX,
    INSTRUCTION,
    LAYOUT,
    LAYOUT_BIT,
    OFFSET,
    OPERATION,
    OPERATION_COUNT,
    PARAMETER,
    PAULI_EVOLUTION,
    REGISTER,
    UINT_WIDTH_SIZE,
    VARIABLE,
    VECTOR,
    VECTOR_COUNT,
    Reader,
)


def in_one_order(qpy: bytes) -> bytes:
    """Return QPY with all that has an order of chance in one order.

    Args:
        qpy: one circuit in QPY 18, as Qiskit's ``dump`` writes it.

    Raises:
        ValueError: if it isn't.
        struct.error: likewise.
    """
    reader = Reader(qpy)
    reader.unpack(FILE)
    (offset,) = reader.unpack(OFFSET)
    if offset != reader.at:
        raise ValueError(f"a circuit is expected at {reader.at}, not at {offset}")
    return qpy[:offset] + _circuit(qpy[offset:])


def has_own_operations(qpy: bytes) -> bool:
    """Return whether a circuit in QPY 18 has operations that aren't Qiskit's."""
    reader = Reader(qpy)
    reader.at = FILE.size + OFFSET.size
    _skip_head(reader)
    return bool(reader.unpack(OPERATION_COUNT)[0])


def _circuit(data: bytes) -> bytes:
    reader = Reader(data)
    num_instructions = _skip_head(reader)
    head = data[: reader.at]
    operations = _Operations(reader)
    instructions = _instructions(reader, num_instructions, operations)
    layout = _layout(reader)
    _require_end(reader)
    return b"".join([head, operations.table(), *instructions, layout])


def _require_end(reader: Reader) -> None:
    if reader.at != len(reader.data):
        raise ValueError(f"{len(reader.data)} bytes are there, {reader.at} are wanted")


class _Operations:
    """A circuit's own operations: the table of them, and new names by which the first that is used is the first."""

    def __init__(self, reader: Reader) -> None:
        self._found: dict[bytes, tuple[tuple[Any, ...], bytes, bytes]] = {}
        self._new_names: dict[bytes, bytes] = {}
        for _ in range(reader.unpack(OPERATION_COUNT)[0]):
            fields = reader.unpack(OPERATION)
            name = reader.take(fields[0])
            self._found[name] = (fields, reader.take(fields[5]), reader.take(fields[8]))

    def new_name(self, name: bytes) -> bytes:
        """Return what an instruction's operation is called from now on; Qiskit's own ones keep their names."""
        if name not in self._found:
            return name
        if name not in self._new_names:
            self._new_names[name] = name.rpartition(b"_")[0] + b"_%d" % len(self._new_names)
        return self._new_names[name]

    def table(self) -> bytes:
        """Return the table, when all instructions have been asked for."""
        entries: list[bytes] = []
        while len(entries) < len(self._new_names):  # an operation's base may be the first to use another one
            entries.append(self._entry(list(self._new_names)[len(entries)]))
        if len(entries) != len(self._found):
            raise ValueError(f"{len(self._found) - len(entries)} operations are never used")
        return b"".join([OPERATION_COUNT.pack(len(entries)), *entries])

    def _entry(self, name: bytes) -> bytes:
        (_, kind, qubits, clbits, has_definition, _, controls, state, _), definition, base = self._found[name]
        if has_definition and kind != PAULI_EVOLUTION:
            definition = _circuit(definition)
        if base:
            base = _base_instruction(base, self)
        new_name = self._new_names[name]
        sizes = (len(new_name), kind, qubits, clbits, has_definition, len(definition), controls, state, len(base))
        return b"".join([OPERATION.pack(*sizes), new_name, definition, base])


def _base_instruction(data: bytes, operations: _Operations) -> bytes:
    reader = Reader(data)
    base = _instruction(reader, operations, has_bits=False)
    _require_end(reader)
    return data if base is None else base


def _instructions(reader: Reader, number: int, operations: _Operations) -> list[bytes]:
    """Return instructions in pieces: those that change, and what lies between."""
    pieces, unchanged_from = [], reader.at
    for _ in range(number):
        start = reader.at
        changed = _instruction(reader, operations)
        if changed is not None:
            pieces += [reader.data[unchanged_from:start], changed]
            unchanged_from = reader.at
    return [*pieces, reader.data[unchanged_from : reader.at]]


def _instruction(reader: Reader, operations: _Operations, *, has_bits: bool = True) -> bytes | None:
    """Go past an instruction; return it if it changes. Most don't, and this is where the time goes."""
    data, start = reader.data, reader.at
    name_size, label, num_parameters, qubits, clbits, extras, register, *rest = INSTRUCTION.unpack_from(data, start)
    name_at = start + INSTRUCTION.size
    name_end = name_at + name_size
    at = name_end + label + register
    if extras & CONDITION_KIND == EXPRESSION_CONDITION:
        at += PARAMETER.size + PARAMETER.unpack_from(data, at)[1]
    if has_bits:
        at += BIT_SIZE * (qubits + clbits)
    parameters_at, has_circuits = at, False
    for _ in range(num_parameters):
        kind, size = PARAMETER.unpack_from(data, at)
        has_circuits |= kind == CIRCUIT_TYPE
        at += PARAMETER.size + size
    parameters_end = at
    if extras & HAS_ANNOTATIONS:
        at = _annotations_end(data, at)
    reader.at = at
    name = operations.new_name(data[name_at:name_end])
    if not has_circuits and name == data[name_at:name_end]:
        return None
    head = INSTRUCTION.pack(len(name), label, num_parameters, qubits, clbits, extras, register, *rest)
    parameters = _parameters(data[parameters_at:parameters_end])
    return b"".join([head, name, data[name_end:parameters_at], parameters, data[parameters_end:at]])


def _annotations_end(data: bytes, at: int) -> int:
    (number,) = COUNT.unpack_from(data, at)
    at += COUNT.size
    for _ in range(number):
        at += ANNOTATION.size + ANNOTATION.unpack_from(data, at)[1]
    return at


def _parameters(data: bytes) -> bytes:
    reader, parameters = Reader(data), []
    while reader.at < len(data):
        kind, size = reader.unpack(PARAMETER)
        value = reader.take(size)
        if kind == CIRCUIT_TYPE:
            value = _circuit(value)
        parameters.append(PARAMETER.pack(kind, len(value)) + value)
    return b"".join(parameters)


def _skip_head(reader: Reader) -> int:
    """Skip what lies before a circuit's own operations; return how many instructions it has."""
    name, _, phase, _, _, metadata, registers, instructions, variables = reader.unpack(CIRCUIT)
    reader.take(name + phase + metadata)
    for _ in range(registers):
        _register(reader)
    for _ in range(variables):
        _, _, size, kind = reader.unpack(VARIABLE)
        reader.take(size + (UINT_WIDTH_SIZE if kind == b"u" else 0))
    for _ in range(reader.unpack(COUNT)[0]):
        reader.take(sum(reader.unpack(ANNOTATION)))
    for _ in range(reader.unpack(VECTOR_COUNT)[0]):
        reader.take(reader.unpack(VECTOR)[0])
    return int(instructions)


def _register(reader: Reader) -> tuple[bytes, bytes]:
    """Return a register's name and all of it."""
    start = reader.at
    _, _, size, name_size, _, is_contiguous = reader.unpack(REGISTER)
    name = reader.take(name_size)
    reader.take(INDEX.size * (1 if is_contiguous else size))
    return name, reader.data[start : reader.at]


def _layout(reader: Reader) -> bytes:
    fields = reader.unpack(LAYOUT)
    _, initial, inputs, final, registers, _ = fields
    in_order = sorted(_register(reader) for _ in range(registers))
    start = reader.at
    for _ in range(max(initial, 0)):
        _, name_size = reader.unpack(LAYOUT_BIT)
        reader.take(max(name_size, 0))
    reader.take(INDEX.size * (max(inputs, 0) + max(final, 0)))
    return b"".join([LAYOUT.pack(*fields), *(register for _, register in in_order), reader.data[start : reader.at]])
