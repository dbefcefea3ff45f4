"""The engine contract itself: it finds what is wrong with an engine, and refuses false declarations."""

import doctest
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

import queuebit.testing
from queuebit.engines import Control, Engine, Outcome, Output, Program
from queuebit.engines.reference import ReferenceEngine
from queuebit.testing import EngineContract, engine_contract
from queuebit.testing.deviations import check_names
from queuebit.testing.engine_checks.chi_square import assert_sampled_from, uniform
from queuebit.testing.engine_checks.exact_paths import exact_distribution, exact_paths
from queuebit.testing.engine_checks.sampling import teleportation


class OnReference(EngineContract):
    def make_engine(self) -> Engine:
        return ReferenceEngine()


class Altered(Program):
    """A program whose runs go wrong in one way."""

    def __init__(self, program: Program, alter: Callable[..., Outcome]) -> None:
        self.program, self.alter = program, alter
        self.output = program.output
        self.num_qubits, self.num_clbits = program.num_qubits, program.num_clbits
        self.num_instructions, self.writes_memory = program.num_instructions, program.writes_memory

    def memory_bytes(self, shots: int) -> int:
        return self.program.memory_bytes(shots)

    def run(self, shots: int, seed: int, control: Control, **options: Any) -> Outcome:
        return self.alter(self.program, shots, seed, control, **options)


def contract_on(alter: Callable[..., Outcome]) -> EngineContract:
    class AlteredEngine(Engine):
        name = "altered"

        def compile(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> Program:
            return Altered(ReferenceEngine().compile(circuit, output=output), alter)

    class Contract(EngineContract):
        patience_s = 0.2

        def make_engine(self) -> Engine:
            return AlteredEngine()

    return Contract()


def without_global_phase(program: Program, *arguments: Any, **options: Any) -> Outcome:
    outcome = program.run(*arguments, **options)
    if outcome.statevector is not None:
        outcome.statevector[:] *= np.exp(-1j * np.angle(outcome.statevector[0]))
    return outcome


def with_one_stream(program: Program, shots: int, seed: int, control: Control, **options: Any) -> Outcome:
    return program.run(shots, seed, control, **(options | {"first_shot": 0}))


def deaf(program: Program, shots: int, seed: int, control: Control, **options: Any) -> Outcome:
    return program.run(shots, seed, Control(), **options)


def biased(program: Program, shots: int, seed: int, control: Control, **options: Any) -> Outcome:
    outcome = program.run(shots, seed, control, **options)
    outcome.memory_index[::40] = 0
    return outcome


@pytest.mark.parametrize(
    ("alter", "check", "arguments"),
    [
        (without_global_phase, "test_global_phase_of_a_circuit", ()),
        (without_global_phase, "test_standard_gate_is_exact", ("rz",)),
        (with_one_stream, "test_shots_are_the_same_however_they_are_cut", ([150],)),
        (deaf, "test_run_is_cancelled_before_it_begins", ()),
        (deaf, "test_progress_ends_at_the_number_of_instructions", ("straight", 1)),
        (biased, "test_random_state_is_sampled_exactly", (0,)),
        (biased, "test_shots_are_independent", (False,)),
    ],
)
def test_contract_finds_what_is_wrong(alter: Callable[..., Outcome], check: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(contract_on(alter), check)(*arguments)


def test_no_check_hides_another() -> None:
    owners: dict[str, type] = {}
    for base in EngineContract.__mro__[1:]:
        for name in vars(base):
            if name.startswith("test_"):
                assert name not in owners, f"{name} of {base.__name__} is hidden by that of {owners[name].__name__}"
                owners[name] = base
    assert set(owners) == set(check_names(EngineContract))


def test_every_check_says_what_it_holds() -> None:
    for name in check_names(EngineContract):
        assert getattr(EngineContract, name).__doc__, name


def test_unknown_deviation_is_refused() -> None:
    with pytest.raises(TypeError, match="'test_magic', which is no check"):
        type("Wrong", (EngineContract,), {"deviations": {"test_magic": "none"}})


def test_replaced_check_is_refused() -> None:
    with pytest.raises(TypeError, match="replaces the check 'test_no_qubits'"):
        type("Wrong", (EngineContract,), {"test_no_qubits": lambda self: None})


def test_declared_deviation_must_fail() -> None:
    declared = {"test_no_qubits": "it has none", "test_random_unitary_circuit_is_exact": "it isn't"}
    deviating = type("Deviating", (OnReference,), {"deviations": declared})
    for name in declared:
        (mark,) = [mark for mark in getattr(deviating, name).pytestmark if mark.name == "xfail"]
        assert mark.kwargs["strict"]


def test_engine_must_be_given() -> None:
    with pytest.raises(NotImplementedError, match=r"override make_engine\(\)"):
        EngineContract().make_engine()


def test_example_runs() -> None:
    outcome = doctest.testmod(engine_contract)
    assert outcome.attempted
    assert not outcome.failed


def test_contract_is_public() -> None:
    assert queuebit.testing.EngineContract is engine_contract.EngineContract
    assert "EngineContract" in queuebit.testing.__all__
    with pytest.raises(AttributeError, match="no attribute 'NoContract'"):
        _ = queuebit.testing.NoContract


class TestChiSquare:
    def test_fair_samples_pass(self) -> None:
        assert_sampled_from([0, 1, 2, 3] * 100, uniform(4))

    def test_unfair_samples_fail(self) -> None:
        with pytest.raises(AssertionError, match="p-value"):
            assert_sampled_from([0] * 300 + [1] * 100, uniform(2))

    def test_impossible_sample_fails(self) -> None:
        with pytest.raises(AssertionError, match="2 was drawn, which is impossible"):
            assert_sampled_from([0, 1] * 100 + [2], uniform(2))

    def test_rare_outcomes_are_counted_together(self) -> None:
        rare = dict.fromkeys(range(1, 11), 0.001)
        assert_sampled_from([0] * 990 + list(range(1, 11)), {0: 0.99} | rare)
        with pytest.raises(AssertionError, match="p-value"):
            assert_sampled_from([0] * 900 + list(range(1, 11)) * 10, {0: 0.99} | rare)

    def test_probabilities_have_to_add_up(self) -> None:
        with pytest.raises(AssertionError, match=r"add up to 0\.9"):
            assert_sampled_from([0], {0: 0.9})


class TestExactPaths:
    def test_teleportation_has_four_equal_paths(self) -> None:
        paths = exact_paths(teleportation(1.1, 0.3))
        assert sorted(path.memory for path in paths) == [0, 1, 2, 3]
        assert all(abs(path.probability - 0.25) < 1e-12 for path in paths)

    def test_reset_splits_a_superposition(self) -> None:
        circuit = QuantumCircuit(2)
        circuit.h(0)
        circuit.cx(0, 1)
        circuit.reset(0)
        assert [
            (path.probability, np.flatnonzero(np.abs(path.state.data) > 0.5).tolist()) for path in exact_paths(circuit)
        ] == [
            (pytest.approx(0.5), [0b00]),
            (pytest.approx(0.5), [0b10]),
        ]

    def test_loops_are_left_by_break_and_continue(self) -> None:
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(3))
        with circuit.for_loop(range(3)):
            circuit.h(0)
            circuit.measure(0, 0)
            with circuit.if_test((0, 1)):
                circuit.break_loop()
            circuit.x(0)
            circuit.measure(0, 1)
            circuit.continue_loop()
        distribution = exact_distribution(circuit)
        assert {memory: round(probability, 6) for memory, probability in distribution.items()} == {
            0b001: 0.5,
            0b011: 0.375,
            0b010: 0.125,
        }

    def test_repeated_until_success(self) -> None:
        circuit = QuantumCircuit(1, 1)
        with circuit.while_loop((circuit.clbits[0], 0)):
            circuit.h(0)
            circuit.measure(0, 0)
        assert exact_distribution(circuit)[1] == pytest.approx(1)
