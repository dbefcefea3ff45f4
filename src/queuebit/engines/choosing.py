"""Which engine runs a circuit: chosen by the circuit, or given.

The rule, for counts: a circuit that the Clifford engine takes goes there when it has at least 16 qubits, or when it has
at least 16 measurements and resets more than qubits. Everything else goes to the native engine, or to the reference
engine where no compiler built that.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from qiskit.circuit import QuantumCircuit

from queuebit.engines import get_engine
from queuebit.engines.engine import Engine, Output, Program
from queuebit.engines.exceptions import EngineError, EngineLimitError
from queuebit.engines.memory import require_bytes
from queuebit.engines.reference import ReferenceEngine, ReferenceProgram

# Measured with 1024 shots, against the native engine on two cores. On a GHZ state the Clifford engine takes 0.45 ms for
# 16 qubits and 0.47 ms for 20; the native engine 0.05 ms for 10, 0.5 ms for 14, 7 ms for 16 and 51 ms for 20.
_FEWEST_QUBITS = 16

# Each measurement in mid-circuit may double the branches that the native engine follows. Measured on a qubit that is
# thrown and reset: 10 times, 0.8 ms against the Clifford engine's 0.7 ms; 20 times, 9 ms against 1.2 ms. Measurements
# at the end don't branch, and are about as many as the qubits.
_FEWEST_COLLAPSES = 16

MAX_THREADS = 1024
"""The most threads that can be asked for; more than any machine that this runs on has use for."""


class Method(StrEnum):
    """How to simulate: as it is best for the circuit, or with one of the engines."""

    AUTOMATIC = "automatic"
    STATEVECTOR = "statevector"
    CLIFFORD = "clifford"
    REFERENCE = "reference"


class Precision(StrEnum):
    """What an amplitude is: a pair of 64-bit floating point numbers, or of 32-bit ones."""

    DOUBLE = "double"
    SINGLE = "single"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a user may say about how circuits are simulated.

    Attributes:
        method: which engine.
        precision: of amplitudes.
        threads: how many a run may use, 1 to :data:`MAX_THREADS`; None for ``usual_threads``.
        usual_threads: how many it may use where nothing was said, by an engine that can be told; None for the cores
            that other runs leave. It is no wish of the user's, so choices that differ in it are equal.
    """

    method: Method = Method.AUTOMATIC
    precision: Precision = Precision.DOUBLE
    threads: int | None = None
    usual_threads: int | None = field(default=None, compare=False)


def compile_chosen(
    circuit: QuantumCircuit, choice: Choice, *, output: Output = Output.COUNTS, initial_state: bool = False
) -> Program:
    """Compile a circuit with the engine that is chosen for it.

    Args:
        circuit: any circuit without unbound parameters.
        choice: what was said about the engine.
        output: what the program's runs shall compute.
        initial_state: whether runs shall begin with another state than all qubits 0.

    Raises:
        EngineError: if the chosen engine can't take the circuit or isn't there, or what was said doesn't fit together;
            and whatever :meth:`Engine.compile` raises.
    """
    match choice.method:
        case Method.CLIFFORD:
            return _clifford(circuit, choice, output, initial_state)
        case Method.REFERENCE:
            _require_defaults(choice, "the method is 'reference'")
            return ReferenceEngine().compile(circuit, output=output)
        case Method.AUTOMATIC if _may_be_clifford(circuit, choice, output) and not initial_state:
            try:
                return get_engine("clifford").compile(circuit, output=output)
            except EngineLimitError:
                pass
    return _general(circuit, choice, output)


def general_engine(choice: Choice) -> Engine:
    """Return the engine for circuits of any kind, which holds their whole state.

    Args:
        choice: what was said about the engine; a method other than STATEVECTOR and REFERENCE doesn't matter.

    Raises:
        EngineError: if the choice needs the native engine, and it isn't there.
    """
    if choice.method is Method.REFERENCE:
        return ReferenceEngine()
    try:
        get_engine("statevector")
    except EngineError as error:
        if choice.method is Method.STATEVECTOR:
            raise EngineError(f"method 'statevector': {error.message}; leave the method out") from error
        _require_defaults(choice, error.message)
        return ReferenceEngine()
    return _native_engine(choice.precision is Precision.SINGLE, choice.threads or choice.usual_threads)


@lru_cache(maxsize=64)
def _native_engine(single_precision: bool, threads: int | None) -> Engine:
    from queuebit.engines.statevector import StatevectorEngine  # which isn't there without the core

    return StatevectorEngine(single_precision=single_precision, threads=threads)


def _may_be_clifford(circuit: QuantumCircuit, choice: Choice, output: Output) -> bool:
    """Return whether the Clifford engine is faster for such a circuit, if it takes it. This costs nearly nothing."""
    if output is not Output.COUNTS or choice.precision is Precision.SINGLE:
        return False
    num_qubits: int = circuit.num_qubits
    if num_qubits >= _FEWEST_QUBITS:
        return True
    if len(circuit.data) < _FEWEST_COLLAPSES:
        return False
    operations = circuit.count_ops()
    collapses: int = operations.get("measure", 0) + operations.get("reset", 0)
    return collapses >= num_qubits + _FEWEST_COLLAPSES


def _clifford(circuit: QuantumCircuit, choice: Choice, output: Output, initial_state: bool) -> Program:
    if choice.precision is Precision.SINGLE:
        raise EngineLimitError("method 'clifford' is exact and has no precision; leave precision 'single' out")
    if initial_state:
        raise EngineLimitError(
            "method 'clifford' begins with all qubits 0; leave the initial state out, or use method 'statevector'"
        )
    try:
        return get_engine("clifford").compile(circuit, output=output)
    except EngineLimitError as error:
        raise EngineLimitError(
            f"method 'clifford': {error.message}; leave the method out, or use 'statevector'"
        ) from error


def _general(circuit: QuantumCircuit, choice: Choice, output: Output) -> Program:
    program = general_engine(choice).compile(circuit, output=output)
    if choice != Choice() and isinstance(program, ReferenceProgram):
        # The native engine left it to the reference engine, because it is too wide for any memory, or:
        require_bytes(program.memory_bytes(1), f"circuit {circuit.name!r} of {circuit.num_qubits} qubits")
        reason = f"circuit {circuit.name!r} has classical integers of more than 64 bits"
        if choice.method is Method.STATEVECTOR:
            raise EngineLimitError(f"method 'statevector': {reason}; leave the method out, or use 'reference'")
        _require_defaults(choice, f"{reason}, which only the reference engine has")
    return program


def _require_defaults(choice: Choice, why: str) -> None:
    """Refuse what the reference engine can't do: another precision, a number of threads."""
    if choice.precision is not Precision.DOUBLE:
        raise EngineLimitError(
            f"{why}, and the reference engine has double precision alone; "
            f"leave precision {choice.precision.value!r} out"
        )
    if choice.threads is not None:
        raise EngineLimitError(
            f"{why}, and the reference engine leaves threads to NumPy; leave threads {choice.threads} out"
        )
