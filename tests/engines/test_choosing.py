"""Which engine runs which circuit, and which wishes are refused."""

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types

from queuebit import engines
from queuebit.engines import (
    Control,
    EngineError,
    EngineLimitError,
    InsufficientMemoryError,
    Output,
    Program,
    UnboundParametersError,
    UnsupportedInstructionError,
    choosing,
    get_engine,
)
from queuebit.engines.choosing import Choice, Method, Precision, compile_chosen, general_engine
from queuebit.engines.reference import ReferenceEngine

SINGLE = Choice(precision=Precision.SINGLE)
NATIVE = {info.name: info.available for info in engines.list_engines()}["statevector"]

# What runs circuits of any kind here.
GENERAL = "statevector" if NATIVE else "reference"

needs_core = pytest.mark.skipif(not NATIVE, reason="no native core was built here")


@pytest.fixture
def no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where there was no compiler."""
    monkeypatch.setitem(engines._ENGINES, "statevector", ("queuebit.engines.there_is_no_core:Engine", "native"))


def engine_of(program: Program) -> str:
    return str(program.run(1, 1, Control()).metadata["engine"])


def chosen(circuit: QuantumCircuit, output: Output = Output.COUNTS, initial_state: bool = False) -> str:
    program = compile_chosen(circuit, Choice(), output=output, initial_state=initial_state)
    return type(program).__name__.removesuffix("Program").lower()


def ghz(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, name="ghz")
    circuit.h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def thrown_again(times: int, gate: Callable[[QuantumCircuit], object] = lambda circuit: circuit.h(0)) -> QuantumCircuit:
    circuit = QuantumCircuit(1, times)
    for number in range(times):
        gate(circuit)
        circuit.measure(0, number)
        circuit.reset(0)
    return circuit


def with_wide_integers() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1, name="big_numbers")
    wide = circuit.add_var("wide", expr.lift(1, types.Uint(100)))
    with circuit.if_test(expr.equal(wide, expr.lift(1, types.Uint(100)))):
        circuit.x(0)
    circuit.measure(0, 0)
    return circuit


# By the circuit


@pytest.mark.parametrize(("num_qubits", "engine"), [(2, GENERAL), (15, GENERAL), (16, "clifford"), (500, "clifford")])
def test_wide_clifford_circuits_go_to_the_clifford_engine(num_qubits: int, engine: str) -> None:
    assert chosen(ghz(num_qubits)) == engine


@pytest.mark.parametrize(("times", "engine"), [(3, GENERAL), (8, GENERAL), (9, "clifford"), (50, "clifford")])
def test_clifford_circuits_that_branch_often_go_to_the_clifford_engine(times: int, engine: str) -> None:
    assert chosen(thrown_again(times)) == engine


def test_what_is_no_clifford_circuit_goes_to_the_general_engine() -> None:
    wide = ghz(16)
    wide.t(3)
    assert chosen(wide) == GENERAL
    assert chosen(thrown_again(30, lambda circuit: circuit.ry(0.1, 0))) == GENERAL


@pytest.mark.parametrize("output", [Output.STATEVECTOR, Output.UNITARY])
def test_states_go_to_the_general_engine(output: Output) -> None:
    circuit = ghz(16).remove_final_measurements(inplace=False)
    assert chosen(circuit, output) == GENERAL


def test_a_run_from_an_initial_state_goes_to_the_general_engine() -> None:
    assert chosen(ghz(16), initial_state=True) == GENERAL


@needs_core
def test_a_run_in_single_precision_goes_to_the_native_engine() -> None:
    assert engine_of(compile_chosen(ghz(16), SINGLE)) == "statevector"


@needs_core
def test_circuits_with_wide_integers_go_to_the_reference_engine() -> None:
    assert engine_of(compile_chosen(with_wide_integers(), Choice())) == "reference"


def test_threads_that_nobody_has_asked_for_hinder_no_engine() -> None:
    for method in Method:
        compile_chosen(ghz(3), Choice(method=method, usual_threads=2))
    assert engine_of(compile_chosen(with_wide_integers(), Choice(usual_threads=2))) == "reference"


@needs_core
def test_usual_threads_are_those_of_a_run_that_doesnt_say(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int | None] = []

    def make(single_precision: bool, threads: int | None) -> engines.Engine:
        made.append(threads)
        return get_engine("statevector")

    monkeypatch.setattr(choosing, "_native_engine", make)
    for threads in (None, 3):
        compile_chosen(ghz(3), Choice(threads=threads, usual_threads=2))
    assert made == [2, 3]


def test_small_circuits_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at a circuit takes longer than running a small one."""

    def look(*_: object) -> None:
        raise AssertionError("the circuit was looked into")

    monkeypatch.setattr("queuebit.engines.clifford._translated", look)
    compile_chosen(ghz(5), Choice())
    monkeypatch.setattr(QuantumCircuit, "count_ops", look)
    compile_chosen(ghz(3), Choice())


def test_all_choices_agree() -> None:
    circuit = ghz(6)
    for method in Method:
        if method is Method.STATEVECTOR and not NATIVE:
            continue
        counts = compile_chosen(circuit, Choice(method=method)).run(2000, 1, Control()).counts()
        assert counts.keys() == {0, 63}
        assert abs(counts[0] - 1000) < 5 * np.sqrt(500)


# By wish


@pytest.mark.parametrize(
    "method", [Method.CLIFFORD, Method.REFERENCE, pytest.param(Method.STATEVECTOR, marks=needs_core)]
)
def test_the_wanted_engine_runs(method: Method) -> None:
    assert engine_of(compile_chosen(ghz(3), Choice(method=method))) == method
    assert engine_of(compile_chosen(ghz(16), Choice(method=method))) == method


def test_what_the_clifford_engine_can_not_take_is_refused_with_the_reason_and_the_cure() -> None:
    circuit = QuantumCircuit(1, name="one")
    circuit.t(0)
    reason = r"method 'clifford': circuit 'one' has 't' on qubits \[0\] .* leave the method out, or use 'statevector'"
    with pytest.raises(EngineLimitError, match=reason):
        compile_chosen(circuit, Choice(method=Method.CLIFFORD))
    with pytest.raises(EngineLimitError, match=r"method 'clifford': .* no unitary of circuit 'ghz'"):
        compile_chosen(ghz(1), Choice(method=Method.CLIFFORD), output=Output.UNITARY)
    with pytest.raises(EngineLimitError, match="begins with all qubits 0"):
        compile_chosen(ghz(1), Choice(method=Method.CLIFFORD), initial_state=True)


def test_errors_of_the_circuit_itself_stay_what_they_are() -> None:
    circuit = QuantumCircuit(20, 1)
    circuit.rx(Parameter("angle"), 0)
    for method in (Method.AUTOMATIC, Method.CLIFFORD):
        with pytest.raises(UnboundParametersError, match="angle"):
            compile_chosen(circuit, Choice(method=method))
    with pytest.raises(UnsupportedInstructionError, match="measures at its end"):
        compile_chosen(ghz(20), Choice(), output=Output.STATEVECTOR)


@pytest.mark.parametrize("method", [Method.CLIFFORD, Method.REFERENCE])
def test_single_precision_is_refused_by_engines_that_have_none(method: Method) -> None:
    with pytest.raises(EngineLimitError, match=rf"{method}.* leave precision 'single' out"):
        compile_chosen(ghz(2), Choice(method=method, precision=Precision.SINGLE))


def test_a_number_of_threads_is_refused_by_the_reference_engine() -> None:
    with pytest.raises(EngineLimitError, match=r"reference.* leave threads 2 out"):
        compile_chosen(ghz(2), Choice(method=Method.REFERENCE, threads=2))


def test_a_number_of_threads_is_the_most_that_may_be_used() -> None:
    """The Clifford engine uses one, which is never more."""
    assert engine_of(compile_chosen(ghz(20), Choice(threads=2))) == "clifford"


@needs_core
@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (Choice(method=Method.STATEVECTOR), "method 'statevector': .* or use 'reference'"),
        (SINGLE, "leave precision 'single' out"),
        (Choice(threads=2), "leave threads 2 out"),
    ],
)
def test_wishes_that_wide_integers_rule_out_are_refused(choice: Choice, reason: str) -> None:
    with pytest.raises(EngineLimitError, match="'big_numbers' has classical integers of more than 64 bits"):
        compile_chosen(with_wide_integers(), choice)
    with pytest.raises(EngineLimitError, match=reason):
        compile_chosen(with_wide_integers(), choice)


@needs_core
def test_what_is_too_wide_for_any_memory_is_refused_as_that() -> None:
    circuit = QuantumCircuit(60, name="wide")
    circuit.t(0)
    with pytest.raises(InsufficientMemoryError, match=r"'wide' of 60 qubits needs about .*EiB.* are free"):
        compile_chosen(circuit, SINGLE)


@needs_core
def test_single_precision_and_threads_reach_the_native_engine() -> None:
    circuit = ghz(12).remove_final_measurements(inplace=False)
    needs = [
        compile_chosen(circuit, Choice(precision=precision), output=Output.COUNTS).memory_bytes(1)
        for precision in (Precision.SINGLE, Precision.DOUBLE)
    ]
    assert needs[0] < 0.6 * needs[1]
    assert general_engine(Choice(threads=3))._threads == 3  # type: ignore[attr-defined]
    assert general_engine(Choice(threads=3)) is general_engine(Choice(threads=3))


# Without a compiler


def test_the_reference_engine_serves_without_the_core(no_core: None) -> None:
    assert chosen(ghz(4)) == "reference"
    assert chosen(ghz(40)) == "clifford"
    assert isinstance(general_engine(Choice()), ReferenceEngine)


def test_what_needs_the_core_is_refused_without_it(no_core: None) -> None:
    with pytest.raises(EngineError, match=r"method 'statevector': .*there_is_no_core.*leave the method out"):
        compile_chosen(ghz(2), Choice(method=Method.STATEVECTOR))
    with pytest.raises(EngineError, match=r"there_is_no_core.*leave precision 'single' out"):
        compile_chosen(ghz(2), SINGLE)
    with pytest.raises(EngineError, match=r"there_is_no_core.*leave threads 2 out"):
        compile_chosen(ghz(2), Choice(threads=2))
