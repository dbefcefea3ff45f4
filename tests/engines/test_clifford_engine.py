"""The engine contract on the Clifford engine, and what only this engine promises."""

import math
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import ClassVar

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import MCXGate, UnitaryGate
from qiskit.quantum_info import Clifford, random_clifford, random_unitary

from queuebit.engines import (
    Control,
    Engine,
    EngineLimitError,
    InsufficientMemoryError,
    Output,
    RunCancelledError,
    UnboundParametersError,
    UnsupportedInstructionError,
)
from queuebit.engines.clifford import CliffordEngine
from queuebit.engines.packed_bits import random_bits
from queuebit.engines.reference import ReferenceEngine
from queuebit.testing import EngineContract
from queuebit.testing.engine_checks.chi_square import assert_sampled_from
from queuebit.testing.patience import eventually

_BEGINS_WITH_0 = "it begins with all qubits 0, and refuses an initial state"
_NO_STATE = "it keeps a tableau, which is small, and no state"


class TestCliffordEngine(EngineContract):
    deviations: ClassVar[Mapping[str, str]] = {
        "test_initial_state_of_counts": _BEGINS_WITH_0,
        "test_initial_state_with_branches": _BEGINS_WITH_0,
        "test_initial_state_is_not_changed": _BEGINS_WITH_0,
        "test_state_that_no_machine_holds_is_refused": _NO_STATE,
        "test_memory_grows_with_the_state": _NO_STATE,
    }

    def make_engine(self) -> Engine:
        return CliffordEngine()


def outcomes(circuit: QuantumCircuit, shots: int = 1024, seed: int = 5, **options: int) -> list[int]:
    outcome = CliffordEngine().compile(circuit).run(shots, seed, Control(), **options)
    return [outcome.memory_values[position] for position in outcome.memory_index.tolist()]


def ghz(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, num_qubits, name="ghz")
    circuit.h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


# Against the reference engine

GATES: list[Callable[[QuantumCircuit, int, int, float], object]] = [
    lambda circuit, a, b, turn: circuit.h(a),
    lambda circuit, a, b, turn: circuit.s(a),
    lambda circuit, a, b, turn: circuit.sdg(a),
    lambda circuit, a, b, turn: circuit.sx(a),
    lambda circuit, a, b, turn: circuit.y(a),
    lambda circuit, a, b, turn: circuit.cx(a, b),
    lambda circuit, a, b, turn: circuit.cy(a, b),
    lambda circuit, a, b, turn: circuit.cz(a, b),
    lambda circuit, a, b, turn: circuit.swap(a, b),
    lambda circuit, a, b, turn: circuit.iswap(a, b),
    lambda circuit, a, b, turn: circuit.ecr(a, b),
    lambda circuit, a, b, turn: circuit.dcx(a, b),
    lambda circuit, a, b, turn: circuit.rx(turn, a),
    lambda circuit, a, b, turn: circuit.u(turn, 2 * turn, -turn, a),
    lambda circuit, a, b, turn: circuit.rzz(turn, a, b),
    lambda circuit, a, b, turn: circuit.crz(2 * turn, a, b),
    lambda circuit, a, b, turn: circuit.cx(a, b, ctrl_state=0),
    lambda circuit, a, b, turn: circuit.barrier(),
]


def feed_forward(circuit: QuantumCircuit, draw: random.Random) -> None:
    """Append Pauli gates under a condition on one or more bits."""
    one, other = draw.sample(circuit.clbits, 2)
    conditions = [(one, draw.randint(0, 1)), expr.bit_xor(one, other), expr.logic_not(expr.lift(one))]
    with circuit.if_test(draw.choice(conditions)) as otherwise:
        draw.choice([circuit.x, circuit.y, circuit.z])(draw.randrange(circuit.num_qubits))
        circuit.x(draw.randrange(circuit.num_qubits))
    if draw.random() < 0.5:
        with otherwise:
            draw.choice([circuit.x, circuit.y, circuit.z])(draw.randrange(circuit.num_qubits))


def random_circuit(seed: int) -> QuantumCircuit:
    """Return a Clifford circuit with measurements, resets and feed-forward anywhere, whose clbits are used again."""
    draw = random.Random(seed)
    num_qubits = draw.randint(2, 8)
    circuit = QuantumCircuit(num_qubits, draw.randint(2, 6))
    for qubit in draw.sample(range(num_qubits), draw.randint(0, num_qubits)):
        circuit.h(qubit)
    for _ in range(draw.randint(10, 60)):
        kind = draw.random()
        if kind < 0.75:
            draw.choice(GATES)(circuit, *draw.sample(range(num_qubits), 2), draw.randint(-4, 8) * math.pi / 2)
        elif kind < 0.87:
            circuit.measure(draw.randrange(num_qubits), draw.randrange(circuit.num_clbits))
        elif kind < 0.92:
            circuit.reset(draw.randrange(num_qubits))
        else:
            feed_forward(circuit, draw)
    clbits = draw.sample(range(circuit.num_clbits), min(num_qubits, circuit.num_clbits))
    circuit.measure(draw.sample(range(num_qubits), len(clbits)), clbits)
    return circuit


@pytest.mark.parametrize("seed", range(60))
def test_random_circuit_has_the_outcomes_of_the_reference_engine(seed: int) -> None:
    """A stabilizer circuit's outcomes are all as probable, so what is possible says everything."""
    circuit = random_circuit(seed)
    possible = ReferenceEngine().compile(circuit).run(1500, seed, Control()).memory_values
    assert_sampled_from(outcomes(circuit, shots=3000, seed=seed), dict.fromkeys(possible, 1 / len(possible)))


def test_random_circuits_are_random() -> None:
    numbers = [len(set(outcomes(random_circuit(seed), shots=500))) for seed in range(60)]
    assert {1, 2, 4, 8, 16, 32} <= set(numbers)


def test_bell_inequality_is_violated_as_far_as_clifford_circuits_can() -> None:
    """The three-party test of Greenberger, Horne and Zeilinger: certain outcomes that no hidden variables explain."""
    for bases, product in (("XXX", 1), ("XYY", -1), ("YXY", -1), ("YYX", -1)):
        circuit = QuantumCircuit(3, 3)
        circuit.compose(ghz(3).remove_final_measurements(inplace=False), range(3), inplace=True)
        for qubit, basis in enumerate(bases):
            if basis == "Y":
                circuit.sdg(qubit)
            circuit.h(qubit)
        circuit.measure(range(3), range(3))
        assert {(-1) ** outcome.bit_count() for outcome in outcomes(circuit)} == {product}


# Wide circuits


def test_a_thousand_qubits_agree() -> None:
    memory = outcomes(ghz(1000), shots=4000)
    assert_sampled_from(memory, {0: 0.5, 2**1000 - 1: 0.5})


def test_a_thousand_coins_are_fair_and_independent() -> None:
    circuit = QuantumCircuit(1000, 1000)
    circuit.h(range(1000))
    circuit.measure(range(1000), range(1000))
    memory = outcomes(circuit, shots=2000)
    assert len(set(memory)) == 2000
    bits = np.array([[memory >> bit & 1 for bit in range(0, 1000, 10)] for memory in memory], dtype=float).T
    assert abs(bits.mean(axis=1) - 0.5).max() < 5 / math.sqrt(4 * 2000)
    assert abs(np.corrcoef(bits) - np.eye(100)).max() < 5 / math.sqrt(2000)


def repetition_code(distance: int, rounds: int, errors: dict[int, list[int]]) -> QuantumCircuit:
    """Return a memory experiment on a repetition code, with bit flips on data qubits before some rounds."""
    data, ancilla = QuantumRegister(distance, "data"), QuantumRegister(distance - 1, "ancilla")
    syndromes = [ClassicalRegister(distance - 1, f"syndrome_{number}") for number in range(rounds)]
    final = ClassicalRegister(distance, "final")
    circuit = QuantumCircuit(data, ancilla, *syndromes, final)
    circuit.h(data[0])
    for qubit in data[1:]:
        circuit.cx(data[0], qubit)
    for number, syndrome in enumerate(syndromes):
        for error in errors.get(number, []):
            circuit.x(data[error])
        for left, right, check in zip(data, data[1:], ancilla, strict=False):
            circuit.cx(left, check)
            circuit.cx(right, check)
        circuit.measure(ancilla, syndrome)
        circuit.reset(ancilla)
    circuit.measure(data, final)
    return circuit


def test_repetition_code_shows_its_errors_and_keeps_its_superposition() -> None:
    distance, rounds, errors = 25, 6, {2: [7], 4: [0, 12]}
    found = set(outcomes(repetition_code(distance, rounds, errors)))
    flipped: set[int] = set()
    expected, shift = 0, 0
    for number in range(rounds):
        flipped |= set(errors.get(number, []))
        checks = {check for check in range(distance - 1) if (check in flipped) != (check + 1 in flipped)}
        expected |= sum(1 << check for check in checks) << shift
        shift += distance - 1
    word = sum(1 << error for error in flipped)
    opposite = word ^ (2**distance - 1)
    assert found == {expected | word << shift, expected | opposite << shift}


def test_a_stabilizer_that_is_measured_again_is_the_same() -> None:
    """Four-qubit X and Z checks commute: each is random the first time and repeats itself ever after."""
    circuit = QuantumCircuit(5, 6)
    for round_ in range(3):
        circuit.h(4)
        circuit.cx([4] * 4, range(4))
        circuit.h(4)
        circuit.measure(4, 2 * round_)
        circuit.reset(4)
        circuit.cx(range(4), [4] * 4)
        circuit.measure(4, 2 * round_ + 1)
        circuit.reset(4)
    assert set(outcomes(circuit)) == {0b000000, 0b010101}


# Classical bits and feed-forward


def test_the_last_measurement_into_a_bit_holds() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure([0, 1], [0, 0])
    circuit.measure([1, 0], [1, 1])
    assert set(outcomes(circuit)) == {0b10}


def test_teleported_states_arrive() -> None:
    for prepare in (["h"], ["h", "s"], ["x"], []):
        circuit = QuantumCircuit(3, 3)
        for gate in prepare:
            getattr(circuit, gate)(0)
        circuit.h(1)
        circuit.cx(1, 2)
        circuit.cx(0, 1)
        circuit.h(0)
        circuit.measure([0, 1], [0, 1])
        with circuit.if_test((circuit.clbits[1], 1)):
            circuit.x(2)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.z(2)
        for gate in reversed(prepare):
            {"h": circuit.h, "s": circuit.sdg, "x": circuit.x}[gate](2)
        circuit.measure(2, 2)
        assert set(outcomes(circuit)) == {0b000, 0b001, 0b010, 0b011}


def test_a_condition_is_on_the_bit_as_it_was_then() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 0)
    circuit.reset(0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    assert set(outcomes(circuit)) == {0b10}


def test_conditions_within_conditions() -> None:
    """One that is certain decides at once which of the inner blocks there are."""
    circuit = QuantumCircuit(QuantumRegister(2), ClassicalRegister(2, "a"), ClassicalRegister(2, "never"))
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.cregs[1], 0)) as otherwise:
        circuit.h(1)
        circuit.h(1)
        with circuit.if_test((circuit.clbits[0], 1)), circuit.if_test((circuit.clbits[0], 1)):
            circuit.y(1)
    with otherwise:
        circuit.t(1)
    circuit.measure(1, 1)
    assert set(outcomes(circuit)) == {0b00, 0b11}


def test_a_block_that_never_runs_must_be_known_all_the_same() -> None:
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((0, 1)):
        circuit.append(Gate("mystery", 1, []), [0])
    with pytest.raises(UnsupportedInstructionError, match="mystery"):
        CliffordEngine().compile(circuit)


def test_loops_are_written_out() -> None:
    circuit = QuantumCircuit(2, 2)
    angle = Parameter("angle")
    with circuit.for_loop((1, 2, 4), angle):
        circuit.rx(angle * math.pi, 0)
        with circuit.for_loop(range(3)):
            circuit.measure(0, 0)
            with circuit.if_test((0, 1)):
                circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    # Qubit 0 is 1 in the three iterations of each of the three rounds.
    assert set(outcomes(circuit)) == {0b11}


def test_definitions_boxes_and_clifford_operators_are_taken_apart() -> None:
    inner = QuantumCircuit(3, 1, name="inner")
    inner.h(0)
    inner.cx(0, 1)
    inner.append(MCXGate(1, ctrl_state=0), [1, 2])
    inner.measure(2, 0)
    operator = random_clifford(9, seed=3)
    circuit = QuantumCircuit(9, 3)
    circuit.append(inner.to_instruction(), [2, 0, 1], [1])
    with circuit.box():
        circuit.append(operator, range(9))
    circuit.append(operator.adjoint(), range(9))
    circuit.append(Clifford(random_clifford(2, seed=1)).to_instruction(), [4, 5])
    circuit.unitary(random_clifford(3, seed=2).to_matrix(), [6, 7, 8])
    circuit.measure([2, 0], [0, 2])
    assert set(outcomes(circuit)) == {0b010, 0b101}


# Shots


def test_shots_do_not_depend_on_how_they_are_cut() -> None:
    circuit = ghz(40)
    circuit.h(range(40))
    circuit.measure(range(40), range(40))
    whole = outcomes(circuit, shots=40_000)
    edges = [0, 1, 9, 1000, 16_384, 16_385, 30_001, 40_000]
    parts = [outcomes(circuit, shots=end - start, first_shot=start) for start, end in pairwise(edges)]
    assert list(chain.from_iterable(parts)) == whole
    assert len(set(whole)) == 40_000


def test_shots_do_not_depend_on_how_many_are_simulated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = repetition_code(5, 4, {})
    circuit.h(range(5))
    circuit.measure(range(5), range(5))
    whole = outcomes(circuit, shots=3000)
    monkeypatch.setattr("queuebit.engines.clifford._MOST_SHOTS_AT_ONCE", 256)
    assert outcomes(circuit, shots=3000) == whole


def test_a_seed_keeps_its_meaning() -> None:
    """A random outcome is the next bit of its shot's stream, whatever the version of Stim."""
    circuit = QuantumCircuit(4, 4)
    circuit.h([0, 2])
    circuit.measure(range(4), range(4))
    bits = np.unpackbits(random_bits(2026, 0, range(16), 2), axis=1, bitorder="little")
    found = outcomes(circuit, shots=16, seed=2026)
    assert found == (bits[0] + 4 * bits[1]).tolist()
    # A change breaks the promise that a seed repeats a run.
    assert found[:12] == [5, 4, 5, 1, 1, 1, 0, 1, 4, 1, 4, 1]


def test_a_run_too_long_to_follow_at_once_has_right_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queuebit.engines.clifford._BRIEF_REFERENCE_S", 0.0)
    monkeypatch.setattr("queuebit.engines.stabilizer_writer._MOST_GATES_A_PART", 7)
    monkeypatch.setattr("queuebit.engines.stabilizer_writer._MOST_SECONDS_A_PART", 0.0)
    for seed in range(20):
        circuit = random_circuit(seed)
        program = CliffordEngine().compile(circuit)
        possible = ReferenceEngine().compile(circuit).run(1500, seed, Control()).memory_values
        assert program.run(1500, seed, Control()).memory_values == possible
        assert outcomes(circuit, shots=40) == outcomes(circuit, shots=30) + outcomes(circuit, shots=10, first_shot=30)


# Control


def slow_circuit() -> QuantumCircuit:
    """Return a circuit whose run takes seconds: two thousand qubits, entangled and measured again and again."""
    circuit = QuantumCircuit(1500, 1500)
    draw = random.Random(1)
    qubits = list(range(1500))
    for _ in range(40):
        draw.shuffle(qubits)
        circuit.h(qubits[:700])
        circuit.s(qubits[700:])
        circuit.cx(qubits[:750], qubits[750:])
        circuit.measure(qubits[:100], range(100))
    circuit.measure(range(1500), range(1500))
    return circuit


@pytest.fixture(scope="module")
def slow_program():
    return CliffordEngine().compile(slow_circuit())


def test_a_long_run_leaves_others_their_turn_and_is_cancelled_long_before_its_end(slow_program) -> None:
    control, total = Control(), slow_program.num_instructions
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(slow_program.run, 10**6, 1, control)
        # Whoever waits sees it only if the run lets go of the interpreter again and again.
        assert eventually(60, lambda: control.done >= total // 50)
        control.cancel()
        with pytest.raises(RunCancelledError):
            run.result(timeout=60)
    assert 0 < control.done < total // 2


def test_progress_moves_in_small_steps_and_ends_at_the_total(slow_program) -> None:
    class WatchedControl(Control):
        seen: list[int]

        @property
        def done(self) -> int:
            return Control.done.fget(self)  # type: ignore[attr-defined]

        @done.setter
        def done(self, instructions: int) -> None:
            self.seen = [*getattr(self, "seen", []), instructions]
            Control.done.fset(self, instructions)  # type: ignore[attr-defined]

    control = WatchedControl()
    slow_program.run(300, 1, control)
    assert control.seen == sorted(control.seen)
    assert control.seen[-1] == slow_program.num_instructions
    assert max(after - before for before, after in pairwise([0, *control.seen])) < slow_program.num_instructions // 10


# What can't be taken


def with_instruction(append: Callable[[QuantumCircuit], object]) -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(6), ClassicalRegister(3, "c"), name="odd")
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    append(circuit)
    return circuit


def conditioned(condition: object, body: Callable[[QuantumCircuit], object]) -> Callable[[QuantumCircuit], None]:
    def append(circuit: QuantumCircuit) -> None:
        with circuit.if_test(condition(circuit) if callable(condition) else condition):
            body(circuit)

    return append


def while_loop(circuit: QuantumCircuit) -> None:
    with circuit.while_loop((0, 1)):
        circuit.x(0)


def switch(circuit: QuantumCircuit) -> None:
    with circuit.switch(circuit.cregs[0]) as case, case(1):
        circuit.x(0)


def long_loop(circuit: QuantumCircuit) -> None:
    with circuit.for_loop(range(10**12)):
        circuit.x(0)


def loop_with_variable(circuit: QuantumCircuit) -> None:
    with circuit.for_loop(range(3), expr.Var.new("i", types.Uint(4))):
        circuit.x(0)


def loop_that_is_left(circuit: QuantumCircuit) -> None:
    with circuit.for_loop(range(3)):
        circuit.break_loop()


def within_a_definition(circuit: QuantumCircuit) -> None:
    inner = QuantumCircuit(2, name="inner")
    inner.t(1)
    circuit.append(inner.to_gate(), [4, 3])


REFUSALS: dict[str, tuple[Callable[[QuantumCircuit], object], str]] = {
    "gate": (lambda circuit: circuit.t(2), r"'t' on qubits \[2\] \(circuit\.data\[3\]\): it is no Clifford gate"),
    "angle": (lambda circuit: circuit.rzz(0.1, 3, 1), r"'rzz' on qubits \[3, 1\] .*no Clifford gate"),
    "matrix": (lambda circuit: circuit.unitary(random_unitary(4, seed=1), [1, 0]), r"'unitary' .*no Clifford gate"),
    "wide matrix": (
        lambda circuit: circuit.append(UnitaryGate(random_clifford(6, seed=1).to_matrix()), range(6)),
        r"'unitary' .*no Clifford gate",
    ),
    "many controls": (
        lambda circuit: circuit.mcx([0, 1, 2, 3, 4], 5),
        r"'cp' on qubits .* \(circuit\.data\[3\]\): it is no Clifford gate",
    ),
    "within a definition": (within_a_definition, r"'t' on qubits \[3\] \(circuit\.data\[3\]\)"),
    "clifford gate under a condition": (
        conditioned((0, 1), lambda circuit: circuit.h(2)),
        r"'h' on qubits \[2\] .*only X, Y and Z can depend on measurements",
    ),
    "measurement under a condition": (
        conditioned((0, 1), lambda circuit: circuit.measure(0, 0)),
        r"'measure' .*depend on measurements",
    ),
    "two bits together": (
        conditioned(lambda circuit: (circuit.cregs[0], 3), lambda circuit: circuit.x(2)),
        r"'if_else' .*isn't a parity of measured bits: it is true for several measurements together",
    ),
    "arithmetic": (
        conditioned(lambda circuit: expr.less(circuit.cregs[0], 2), lambda circuit: circuit.x(2)),
        r"'if_else' .*LESS",
    ),
    "while": (while_loop, "'while_loop' .*only if, for and box"),
    "switch": (switch, "'switch_case' .*only if, for and box"),
    "store": (lambda circuit: circuit.store(circuit.clbits[0], True), "'store' .*only if, for and box"),
    "long loop": (long_loop, "'for_loop' .*more than 10000000 instructions"),
    "loop with a variable": (loop_with_variable, "'for_loop' .*its variable"),
    "loop that is left": (loop_that_is_left, "'break_loop' .*only if, for and box"),
    "unknown": (lambda circuit: circuit.append(Gate("mystery", 1, []), [0]), "'mystery' .*neither a matrix nor"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_can_not_be_taken_is_named_with_the_reason(name: str) -> None:
    append, reason = REFUSALS[name]
    circuit = with_instruction(append)
    engine = CliffordEngine()
    with pytest.raises(EngineLimitError, match=f"circuit 'odd' has {reason}") as refused:
        engine.compile(circuit)
    assert engine.unsupported(circuit) == str(refused.value)


def test_what_no_engine_takes_is_not_this_engines_limit() -> None:
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("angle"), 0)
    assert CliffordEngine().unsupported(circuit) is None
    with pytest.raises(UnboundParametersError, match="angle"):
        CliffordEngine().compile(circuit)


@pytest.mark.parametrize("output", [Output.STATEVECTOR, Output.UNITARY])
def test_states_are_left_to_other_engines(output: Output) -> None:
    reason = CliffordEngine().unsupported(QuantumCircuit(1, name="one"), output=output)
    assert reason is not None
    assert f"no {output} of circuit 'one'" in reason


def test_initial_state_is_refused() -> None:
    program = CliffordEngine().compile(ghz(2))
    with pytest.raises(EngineLimitError, match="'ghz' has an initial state"):
        program.run(1, 1, Control(), initial_state=np.array([1, 0, 0, 0], dtype=complex))


def test_a_tableau_that_does_not_fit_is_refused_with_both_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = QuantumCircuit(20_000, 1, name="wide")
    circuit.h(0)
    circuit.measure(0, 0)
    program = CliffordEngine().compile(circuit)
    assert program.memory_bytes(1) > 20_000**2 / 2
    monkeypatch.setattr("queuebit.engines.memory.available_bytes", lambda: 100 * 2**20)
    with pytest.raises(InsufficientMemoryError, match=r"'wide' \(20000 qubits.* 19\d\.\d MiB.*, 100\.0 MiB are free"):
        program.run(1, 1, Control())


def test_memory_is_not_overestimated_for_few_outcomes() -> None:
    program = CliffordEngine().compile(ghz(2))
    assert program.memory_bytes(10**6) < 64 * 2**20
