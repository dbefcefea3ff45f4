"""OpenQASM 2 programs."""

import re
from typing import NoReturn

from qiskit import qasm2
from qiskit.circuit import QuantumCircuit
from qiskit.qasm2 import QASM2ParseError

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files.quiet import quiet_native
from queuebit.cli.circuit_files.source import Source

_MESSAGE = re.compile(r"<input>:(?P<line>\d+),(?P<column>\d+): (?P<text>.*)", re.DOTALL)
_GATE_DEFINITION = re.compile(r'//[^\n]*|"[^"\n]*"|\bgate\s+(?P<name>[A-Za-z_]\w*)')
_BEFORE_DEFINITION = re.compile(r"cannot use non-builtin custom instruction ('\w+') before definition")

_CURES = (
    ("is already defined", "Rename one of the two, or remove the second definition."),
    ("not defined", "Check the spelling, or define it above this line."),
    ("out-of-range", "Use an index below the register's size, or declare a larger register."),
    ("duplicate qubits", "A gate needs different qubits."),
    ("broadcast", "Give registers of the same size."),
    ("parameter, but got", "Give the gate its number of parameters."),
    ("parameters, but got", "Give the gate its number of parameters."),
    ("non-ASCII", "OpenQASM 2 allows other characters than ASCII in comments only."),
    ("can only handle OpenQASM 2.0", "Write OPENQASM 2.0; queuebit also reads OpenQASM 3."),
    ("first statement", "Move the OPENQASM line to the top of the file, and keep only one."),
    ("needed ';'", "End the statement before this mark with a semicolon."),
    ("end-of-file", "The file stops within a statement: complete it."),
)
_OTHER_CURE = "Correct the statement at the mark; queuebit reads OpenQASM 2.0."


def load(source: Source) -> QuantumCircuit:
    """Return the circuit of an OpenQASM 2 program.

    The gates that Qiskit's old ``qelib1.inc`` had beyond the paper's are known too, unless the program defines a gate
    of that name itself: then its own definition holds.

    Args:
        source: the program.

    Raises:
        BadInputError: if it isn't right, with line and column.
    """
    defined = {match["name"] for match in _GATE_DEFINITION.finditer(source.text)}
    known = [gate for gate in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if gate.name not in defined]
    try:
        with quiet_native():
            return qasm2.loads(
                source.text,
                include_path=(),
                custom_instructions=known,
                custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL,
            )
    except QASM2ParseError as error:
        _raise_parse_error(error, source)
    except Exception as error:
        _raise_without_place(error, source)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of PyO3, which has no module to import it from
            raise
        _raise_without_place(error, source)


def _raise_parse_error(error: QASM2ParseError, source: Source) -> NoReturn:
    match = _MESSAGE.fullmatch(error.message)
    if match is None:
        _raise_without_place(error, source)
    place = source.place(int(match["line"]), int(match["column"]) + 1)
    text = match["text"]
    if gate := _BEFORE_DEFINITION.fullmatch(text):
        text = f"{gate[1]} is not defined"
        cure = f'Write include "qelib1.inc"; above, or define gate {gate[1]}.'
    else:
        cure = next((cure for part, cure in _CURES if part in text), _OTHER_CURE)
    raise BadInputError(text, cure=cure, place=place) from error


def _raise_without_place(error: BaseException, source: Source) -> NoReturn:
    """Report what Qiskit noticed only after parsing, or stumbled over, such as a number beyond 64 bits."""
    cause = getattr(error, "message", None) or str(error)
    message = f"Qiskit can't make a circuit of this OpenQASM 2 program: {cause}"
    cure = "Look for numbers, such as sizes and angles, that are far too large."
    raise BadInputError(message, cure=cure, place=source.whole()) from error
