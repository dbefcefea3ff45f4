"""Circuits of standard gates, measurements, resets and barriers, read from QPY by the native core.

Those are nearly all that is run by the thousand, and reading one takes a good part of the time to simulate it.
Everything else is for Qiskit's own reader, and so is whatever looks wrong: it says best what is.
"""

import json
import struct
from collections.abc import Mapping
from functools import cache
from typing import Any

from qiskit.circuit import ClassicalRegister, Clbit, QuantumCircuit, QuantumRegister, Qubit
from qiskit.circuit.exceptions import CircuitError

from queuebit.codec.qiskit_functions import circuit_appending_functions, standard_gates
from queuebit.codec.qpy_format import (
    CIRCUIT,
    CIRCUIT_TYPE,
    COUNT,
    ENCODINGS,
    FILE,
    INDEX,
    LAYOUT,
    MAGIC,
    OFFSET,
    OPERATION_COUNT,
    QPY_VERSION,
    REGISTER,
    VECTOR_COUNT,
    Reader,
)

# A damaged number of bits must not have as many made before something else is found wrong.
_MOST_BITS = 4096

_NO_LAYOUT = LAYOUT.pack(False, -1, -1, -1, 0, 0)

_PHASE = struct.Struct("!d")
_REAL = b"f"

_REGISTERS = {b"q": QuantumRegister, b"c": ClassicalRegister}
_BITS = {b"q": Qubit, b"c": Clbit}


def plain_circuit(qpy: bytes, metadata_decoder: type[json.JSONDecoder]) -> QuantumCircuit | None:
    """Return the circuit in QPY, equal to the one that Qiskit's reader returns.

    Args:
        qpy: one circuit, as Qiskit's ``dump`` writes it.
        metadata_decoder: reads its metadata.

    Returns:
        The circuit; None if there is anything in it that isn't read here, or if it isn't a circuit in QPY 18.
    """
    core = _core_reader()
    if core is None:
        return None
    try:
        return _read(Reader(qpy), core, metadata_decoder)
    except (ValueError, RecursionError, struct.error, CircuitError):
        return None


@cache
def _core_reader() -> Any:
    """Return the native core's reader; None where nobody compiled it, or where Qiskit has no C functions for it."""
    functions = circuit_appending_functions()
    try:
        from queuebit._core import QpyReader
    except ImportError:
        return None
    return functions and QpyReader(standard_gates(), functions)


def _read(reader: Reader, core: Any, metadata_decoder: type[json.JSONDecoder]) -> QuantumCircuit | None:
    magic, version, _, _, _, number, encoding, kind = reader.unpack(FILE)
    (offset,) = reader.unpack(OFFSET)
    is_known = (magic, version, number, kind, offset) == (MAGIC, QPY_VERSION, 1, CIRCUIT_TYPE, reader.at)
    if not is_known or encoding not in ENCODINGS:
        return None
    name_size, phase_kind, phase_size, num_qubits, num_clbits, metadata_size, *numbers = reader.unpack(CIRCUIT)
    num_registers, num_instructions, num_vars = numbers
    if phase_kind != _REAL or phase_size != _PHASE.size or num_vars or max(num_qubits, num_clbits) > _MOST_BITS:
        return None
    name = reader.take(name_size).decode()
    (phase,) = reader.unpack(_PHASE)
    metadata = json.loads(reader.take(metadata_size), cls=metadata_decoder)
    bits = _bits(reader, num_registers, {b"q": num_qubits, b"c": num_clbits})
    # Annotations, vectors of parameters, and operations that aren't Qiskit's.
    if bits is None or any(reader.unpack(count)[0] for count in (COUNT, VECTOR_COUNT, OPERATION_COUNT)):
        return None
    circuit = QuantumCircuit(*bits, name=name, global_phase=phase, metadata=metadata)
    end = core.append(circuit._data, reader.data, reader.at, num_instructions)  # noqa: SLF001  # as Qiskit says
    return circuit if end is not None and reader.data[end:] == _NO_LAYOUT else None


def _bits(reader: Reader, num_registers: int, widths: Mapping[bytes, int]) -> list[Any] | None:
    """Return a circuit's registers and, between these, lists of bits in none; None if that isn't how its bits lie."""
    found, bits = dict.fromkeys(widths, 0), []
    for _ in range(num_registers):
        head = reader.take(REGISTER.size)
        kind, _, size, name_size, _, _ = REGISTER.unpack(head)
        if head != REGISTER.pack(kind, True, size, name_size, True, True):
            # It doesn't own its bits, or isn't the circuit's, or they lie here and there.
            return None
        name = reader.take(name_size).decode()
        (first,) = reader.unpack(INDEX)
        if kind not in widths or not found[kind] <= first <= first + size <= widths[kind]:
            return None
        bits += [_loose(kind, first - found[kind]), _REGISTERS[kind](size, name)]
        found[kind] = first + size
    return [*bits, *(_loose(kind, width - found[kind]) for kind, width in widths.items())]


def _loose(kind: bytes, number: int) -> list[Any]:
    return [_BITS[kind]() for _ in range(number)]
