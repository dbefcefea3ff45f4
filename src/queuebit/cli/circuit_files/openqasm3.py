"""OpenQASM 3 programs."""

import re
from typing import NoReturn

import openqasm3
from antlr4.error.Errors import InputMismatchException, RecognitionException
from openqasm3.parser import QASM3ParsingError
from qiskit.circuit import QuantumCircuit
from qiskit_qasm3_import import ConversionError

from queuebit.cli.bad_input import BadInputError, Place
from queuebit.cli.circuit_files.openqasm3_importer import Importer
from queuebit.cli.circuit_files.quiet import quiet_python
from queuebit.cli.circuit_files.source import Source

_PARSING_MESSAGE = re.compile(r"L(?P<line>\d+):C(?P<column>\d+): (?P<text>.*)", re.DOTALL)
_CONVERSION_MESSAGE = re.compile(r"(?P<line>\d+),(?P<column>\d+): (?P<text>.*)", re.DOTALL)
_LINE_IN_MESSAGE = re.compile(r"(?<=on line )\d+")
_QUOTED_NAME = re.compile(r"(?<=')\w+(?=')")
_LINE_END = re.compile(r"\.?\s*\Z")
_UNKNOWN_NODE = re.compile(r"node of type (\w+) is not supported")
_DEFINED_TWICE = re.compile(r"Symbol ('.*') already inserted in symbol table")
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")

_SYNTAX_CURE = "Correct the statement at the mark; queuebit reads OpenQASM 3.0."
_UNSUPPORTED_CURE = (
    "queuebit's importer doesn't know this construct: write it another way, "
    "or build the circuit in Python and save it with qiskit.qpy.dump()."
)
_CURES = (
    ("supported", _UNSUPPORTED_CURE),
    ("parameter", "Give the gate its number of parameters."),
    ("gate '", 'Check the spelling, define the gate above this line, or include "stdgates.inc".'),
    ("Undefined", "Check the spelling, or declare it above this line."),
    ("already", "Rename one of the two, or remove the second definition."),
    ("index out of range", "Use an index below the register's size, or declare a larger register."),
    ("arguments does not match", "Give the gate its number of qubits."),
    ("duplicate", "A gate needs different qubits."),
    ("'break'", "Write it inside a loop."),
    ("'continue'", "Write it inside a loop."),
)
_OTHER_CURE = "Correct the statement at the mark."

# How many alternatives a syntax error lists before the list says nothing any more.
_MOST_EXPECTED = 3


def load(source: Source) -> QuantumCircuit:
    """Return the circuit of an OpenQASM 3 program.

    Args:
        source: the program.

    Raises:
        BadInputError: if it isn't right or can't be a circuit, or inputs have no value; with line and column.
    """
    program = _parse(source)
    importer = Importer()
    try:
        circuit = importer.convert(program).circuit
    except ConversionError as error:
        _raise_conversion_error(error, importer, source)
    except Exception as error:
        _raise_from_statement(error, importer, source)
    return circuit


def input_place(source: Source, name: str) -> Place:
    """Return where the program declares the input ``name``."""
    declaration = re.search(rf"\binput\b[^;]*?\b(?P<name>{re.escape(name)})\s*;", source.text)
    if declaration is None:
        return source.whole()
    start = declaration.start("name")
    return source.place(source.text.count("\n", 0, start) + 1, start - source.text.rfind("\n", 0, start))


def _parse(source: Source) -> openqasm3.ast.Program:
    try:
        with quiet_python():
            return openqasm3.parse(source.text)
    except QASM3ParsingError as error:
        raise _syntax_error(error, source) from error
    except RecursionError as error:
        message = "expressions or blocks are nested too deeply"
        raise BadInputError(message, cure="Nest less deeply.", place=source.whole()) from error


def _syntax_error(error: QASM3ParsingError, source: Source) -> BadInputError:
    if match := _PARSING_MESSAGE.fullmatch(str(error)):
        place = source.place(int(match["line"]), int(match["column"]) + 1)
        text = match["text"].replace("token recognition error at: ", "not OpenQASM 3: ")
        return BadInputError(text, cure=_cure_of(text, _SYNTAX_CURE), place=place)
    # The parser gives up with ParseCancellationException(what it recognised instead).
    recognition = error.__cause__.args[0] if error.__cause__ is not None and error.__cause__.args else None
    if not isinstance(recognition, RecognitionException) or recognition.offendingToken is None:
        return BadInputError("this isn't OpenQASM 3", cure=_SYNTAX_CURE, place=source.whole())
    token = recognition.offendingToken
    place = source.place(token.line, token.column + 1)
    return BadInputError(_unexpected(recognition), cure=_SYNTAX_CURE, place=place)


def _unexpected(recognition: RecognitionException) -> str:
    found = recognition.offendingToken.text
    found = "end of the file" if found == "<EOF>" else repr(found)
    if isinstance(recognition, InputMismatchException):
        expected = _token_names(recognition)
        if expected and len(expected) <= _MOST_EXPECTED:
            return f"expected {' or '.join(expected)} before {found}"
    return f"unexpected {found}"


def _token_names(recognition: RecognitionException) -> list[str]:
    """Return the tokens that could have stood there; the end of the file, which always can, has no positive number."""
    literal, symbolic = recognition.recognizer.literalNames, recognition.recognizer.symbolicNames
    numbers = [n for interval in recognition.getExpectedTokens().intervals or [] for n in interval if n > 0]
    names = [literal[n] if n < len(literal) else "<INVALID>" for n in numbers]
    return [symbolic[n] if name == "<INVALID>" else name for n, name in zip(numbers, names, strict=True)]


def _raise_conversion_error(error: ConversionError, importer: Importer, source: Source) -> NoReturn:
    match = _CONVERSION_MESSAGE.fullmatch(error.message)
    if match is None:
        _raise_from_statement(error, importer, source)
    place = _place(source, int(match["line"]), int(match["column"]), match["text"])
    # "Previous definition on line 7" counts in the program with its includes in place.
    text = _LINE_IN_MESSAGE.sub(lambda line: str(source.place(int(line[0]), 1).line), match["text"])
    text = _in_words(text)
    raise BadInputError(text, cure=_cure_of(text, _OTHER_CURE), place=place) from error


def _place(source: Source, line: int, column: int, text: str) -> Place:
    """Return where an error is. Of some names the parser counts the column from the start of the program."""
    start = sum(len(before) + 1 for before in source.text.split("\n")[: line - 1])
    name = _QUOTED_NAME.search(text)
    if name and not source.text.startswith(name[0], start + column) and source.text.startswith(name[0], column):
        column -= start
    return source.place(line, column + 1)


def _raise_from_statement(error: Exception, importer: Importer, source: Source) -> NoReturn:
    """Report an error that carries no position: it is the innermost statement's that was being converted."""
    text = _in_words(str(getattr(error, "message", None) or error) or type(error).__name__)
    span = None if importer.failed_at is None else importer.failed_at.span
    place = source.whole() if span is None else source.place(span.start_line, span.start_column + 1)
    raise BadInputError(text, cure=_cure_of(text, _OTHER_CURE), place=place) from error


def _cure_of(text: str, otherwise: str) -> str:
    return next((cure for part, cure in _CURES if part in text), otherwise)


def _in_words(text: str) -> str:
    """Return an importer's message without the names of its own classes."""
    text = _LINE_END.sub("", text)
    if match := _UNKNOWN_NODE.fullmatch(text):
        return f"{_CAMEL_CASE.sub(' ', match[1]).lower()}s are not supported"
    if match := _DEFINED_TWICE.match(text):
        return f"{match[1]} is already defined"
    return text
