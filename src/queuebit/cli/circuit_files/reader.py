"""The circuits of all files of a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qiskit.circuit import QuantumCircuit

from queuebit.cli.bad_input import BadInputError, Place
from queuebit.cli.circuit_files import openqasm2, openqasm3, qpy
from queuebit.cli.circuit_files.content import STANDARD_INPUT, Content, decode, read_content
from queuebit.cli.circuit_files.source import Source, header_of

_VERSIONS = (2, 3)
_NO_HEADER = (
    "The file doesn't begin with an OPENQASM line, so it was read as OpenQASM {version}. "
    "If it is OpenQASM {other}, put OPENQASM {other}.0; at its top."
)


@dataclass(frozen=True)
class CircuitInFile:
    """A circuit and where it came from.

    Attributes:
        file: the file as the user named it, or ``<stdin>``.
        circuit: the circuit; its name is the file's for OpenQASM, its own for QPY.
    """

    file: str
    circuit: QuantumCircuit


def read_circuits(files: Sequence[str], on_file: Callable[[str], object] = lambda file: None) -> list[CircuitInFile]:
    """Read the circuits of files, in order.

    Args:
        files: paths, or ``-`` for standard input.
        on_file: called with each file before it is read.

    Raises:
        BadInputError: if a file can't be read, isn't right, or has parameters without a value.
    """
    if list(files).count(STANDARD_INPUT) > 1:
        raise BadInputError("'-' is given twice, but standard input can be read once", cure="Give '-' once.")
    circuits = []
    for file in files:
        on_file(file)
        content = read_content(file)
        circuits += [CircuitInFile(content.label, circuit) for circuit in circuits_of(content)]
    return circuits


def circuits_of(content: Content) -> list[QuantumCircuit]:
    """Return the circuits in a file, whatever its format.

    Args:
        content: the file.

    Raises:
        BadInputError: if it isn't right, or has parameters without a value.
    """
    if content.data.startswith(qpy.MAGIC):
        circuits = qpy.load(content)
        for circuit in circuits:
            _require_bound(circuit, content.place)
        return circuits
    source = _source_of(content)
    circuit = _load(source)
    circuit.name = content.name
    _require_bound(circuit, content.place, source)
    return [circuit]


def _source_of(content: Content) -> Source:
    text = decode(content.data, content.label)
    header = header_of(text)
    if header is None:
        # OpenQASM 3 may leave the line out, OpenQASM 2 may not; but this file is of OpenQASM 2 only.
        version = 2 if '"qelib1.inc"' in text else 3
    else:
        version = header.major
        if version not in _VERSIONS:
            place = Place(file=content.label, line=text.count("\n", 0, header.start) + 1, column=1)
            message = f"{header.text.rstrip(';')} is a version that queuebit doesn't read"
            raise BadInputError(message, cure="Give OpenQASM 2.0 or OpenQASM 3.0.", place=place)
    return Source(content, text, version, has_header=header is not None)


def _load(source: Source) -> QuantumCircuit:
    try:
        return openqasm2.load(source) if source.version == 2 else openqasm3.load(source)
    except BadInputError as error:
        if source.has_header:
            raise
        note = _NO_HEADER.format(version=source.version, other=5 - source.version)
        raise BadInputError(error.message, cure=f"{error.cure}\n{note}", place=error.place) from error


def _require_bound(circuit: QuantumCircuit, place: Place, source: Source | None = None) -> None:
    names = sorted({parameter.name for parameter in circuit.parameters} | {v.name for v in circuit.iter_input_vars()})
    if not names:
        return
    if source is not None:
        place = openqasm3.input_place(source, names[0])
        cure = "Write its value in place of the input declaration, as in: const float theta = pi / 4;"
    else:
        cure = "Give values in Python before saving: circuit.assign_parameters({...})."
    listed = ", ".join(map(repr, names))
    message = f"circuit {circuit.name!r} has {'an input' if len(names) == 1 else 'inputs'} without a value: {listed}"
    raise BadInputError(message, cure=cure, place=place)
