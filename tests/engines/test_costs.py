"""What a run is estimated to cost: always a number, more for more work, and by shot where each goes its own way."""

import math

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.classical import expr
from qiskit.circuit.library import quantum_volume

from queuebit.engines import Output, get_engine
from queuebit.engines.cost import num_collapses, num_instructions

ENGINES = ["statevector", "clifford", "reference"]


def ghz(num_qubits, *, measured=True):
    circuit = QuantumCircuit(num_qubits, num_qubits)
    circuit.h(0)
    for qubit in range(1, num_qubits):
        circuit.cx(qubit - 1, qubit)
    if measured:
        circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


def rounds(num_qubits, num_rounds, *, gate="h"):
    """A circuit that measures all its qubits again and again."""
    circuit = QuantumCircuit(num_qubits, num_qubits)
    for _ in range(num_rounds):
        getattr(circuit, gate)(range(num_qubits))
        circuit.measure(range(num_qubits), range(num_qubits))
    circuit.h(0)
    return circuit


def cost(engine, circuit, shots, output=Output.COUNTS):
    return get_engine(engine).compile(circuit, output=output).cost(shots)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_circuit_costs_something(engine):
    for circuit in (QuantumCircuit(1, 1), ghz(1), ghz(8), rounds(3, 5), ghz(4, measured=False)):
        for shots in (1, 1000, 10**9):
            seconds = cost(engine, circuit, shots).seconds
            assert math.isfinite(seconds)
            assert seconds >= 0


@pytest.mark.parametrize("engine", ENGINES)
def test_more_shots_cost_no_less(engine):
    for circuit in (ghz(6), rounds(4, 3)):
        seconds = [cost(engine, circuit, shots).seconds for shots in (1, 10, 1000, 10**6)]
        assert seconds == sorted(seconds)


@pytest.mark.parametrize("engine", ENGINES)
def test_more_instructions_cost_more(engine):
    seconds = [cost(engine, rounds(6, num_rounds), 100).seconds for num_rounds in (1, 10, 100)]
    assert seconds == sorted(set(seconds))


@pytest.mark.parametrize("engine", ["statevector", "reference"])
def test_an_amplitude_more_costs_more(engine):
    narrow, wide = (
        cost(engine, quantum_volume(num_qubits, 4, seed=1).measure_all(inplace=False), 1).seconds
        for num_qubits in (12, 14)
    )
    assert 3 < wide / narrow < 6


@pytest.mark.parametrize("engine", ["statevector", "reference"])
@pytest.mark.parametrize("output", [Output.STATEVECTOR, Output.UNITARY])
def test_a_run_for_a_state_is_not_by_shot(engine, output):
    estimate = cost(engine, ghz(5, measured=False), 1, output)
    assert math.isfinite(estimate.seconds)
    assert not estimate.is_by_shot
    assert cost(engine, ghz(5, measured=False), 1, Output.UNITARY).seconds > estimate.seconds * 0.99


@pytest.mark.parametrize("engine", ["statevector", "reference"])
def test_a_circuit_wider_than_any_memory_has_a_cost(engine):
    assert math.isfinite(cost(engine, ghz(70), 1000).seconds)


class TestStatevector:
    """The native engine follows each branch once, and where branches outnumber shots, each shot."""

    def test_shots_of_one_state_are_not_apart(self):
        estimate = cost("statevector", ghz(12), 10**6)
        assert not estimate.is_by_shot
        assert estimate.seconds < 10 * cost("statevector", ghz(12), 10**5).seconds

    @pytest.mark.parametrize(("shots", "is_by_shot"), [(31, True), (32, False), (1000, False)])
    def test_branches_that_outnumber_the_shots_are_by_shot(self, shots, is_by_shot):
        circuit = rounds(1, 5)
        assert num_collapses(circuit) == 5
        assert cost("statevector", circuit, shots).is_by_shot is is_by_shot

    def test_measurements_at_the_end_cost_nothing(self):
        circuit = rounds(12, 1)
        measured = circuit.measure_all(inplace=False)
        for shots in (100, 10**5):
            assert cost("statevector", measured, shots).seconds == pytest.approx(
                cost("statevector", circuit, shots).seconds, rel=0.5
            )
        teleport = QuantumCircuit(16, 16)
        teleport.h(range(16))
        teleport.measure(0, 0)
        teleport.h(range(16))
        teleport.measure(range(16), range(16))
        assert not cost("statevector", teleport, 1000).is_by_shot
        assert cost("statevector", teleport, 1000).seconds < 0.05

    def test_half_the_shots_of_such_a_circuit_cost_half(self):
        whole, half = (cost("statevector", rounds(10, 8), shots) for shots in (1000, 500))
        assert whole.is_by_shot
        assert whole.seconds == pytest.approx(2 * half.seconds)

    def test_a_single_shot_can_not_be_cut(self):
        assert not cost("statevector", rounds(10, 8), 1).is_by_shot

    def test_few_branches_cost_as_many_runs(self):
        def measured_once_and(more):
            circuit = QuantumCircuit(14, 14)
            for qubit in range(1 + more):
                circuit.h(range(14))
                circuit.measure(qubit, qubit)
            circuit.h(range(14))
            return cost("statevector", circuit, 10**4)

        assert not measured_once_and(2).is_by_shot
        assert measured_once_and(2).seconds > 3 * measured_once_and(0).seconds

    def test_a_loop_costs_its_turns(self):
        def turns(number, *, measured):
            circuit = QuantumCircuit(10, 10)
            with circuit.for_loop(range(number)):
                circuit.h(range(10))
                if measured:
                    circuit.measure(0, 0)
            circuit.measure(range(10), range(10))
            return cost("statevector", circuit, 100)

        assert turns(20, measured=True).is_by_shot
        assert not turns(20, measured=False).is_by_shot
        assert turns(1000, measured=False).seconds > 10 * turns(20, measured=False).seconds

    def test_a_loop_without_an_end_has_a_cost(self, endless):
        assert math.isfinite(cost("statevector", endless, 10**6).seconds)


class TestClifford:
    """Stim takes one sample as a reference, once a run; the shots are flips of it."""

    def test_many_shots_of_a_small_circuit_are_by_shot(self):
        assert cost("clifford", ghz(5), 10**7).is_by_shot

    def test_a_long_reference_is_not(self):
        assert not cost("clifford", ghz(2000), 1).is_by_shot

    def test_where_it_is_by_shot_half_the_shots_cost_about_half(self):
        whole, half = (cost("clifford", ghz(50), shots).seconds for shots in (10**8, 5 * 10**7))
        assert half == pytest.approx(whole / 2, rel=0.1)


class TestCollapses:
    """At how many measurements and resets the ways of shots may part."""

    def test_measurements_and_resets_count(self):
        circuit = rounds(3, 2)
        circuit.reset(0)
        circuit.barrier()
        assert num_collapses(circuit) == 2 * 3 + 1 - 2  # the last measurements of two qubits are at the end

    def test_what_is_measured_at_the_end_is_not_counted(self):
        circuit = ghz(5)
        circuit.barrier()
        circuit.x(0)
        assert num_collapses(circuit) == 1
        circuit.measure(0, 0)
        assert num_collapses(circuit) == 1
        circuit.measure(1, 2)
        assert num_collapses(circuit) == 1

    def test_what_comes_before_control_flow_counts(self):
        circuit = ghz(3)
        with circuit.if_test((0, 1)):
            circuit.x(0)
        assert num_collapses(circuit) == 3

    def test_what_comes_before_a_store_counts(self):
        circuit = ghz(2)
        circuit.add_var("bit", expr.lift(circuit.clbits[0]))
        assert num_collapses(circuit) == 2

    def test_a_qubit_that_nothing_has_touched_is_no_question(self):
        circuit = QuantumCircuit(3, 3)
        circuit.reset(range(3))
        circuit.barrier()
        circuit.measure(0, 0)
        circuit.h(range(3))
        assert num_collapses(circuit) == 0
        circuit.reset(0)
        assert num_collapses(circuit) == 1

    def test_the_longest_branch_counts(self):
        circuit = QuantumCircuit(2, 2)
        circuit.h(0)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)) as otherwise:
            circuit.measure(0, 0)
        with otherwise:
            circuit.reset([0, 1])
        assert num_collapses(circuit) == 3

    def test_loops_over_numbers_count_each_turn_also_within_each_other(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.for_loop((1, 5, 7)), circuit.for_loop(range(4)):
            circuit.measure(0, 0)
            circuit.h(0)
        assert num_collapses(circuit) == 12
        assert num_instructions(circuit) == 24
        assert num_instructions(circuit, with_turns=False) == 2

    def test_a_loop_of_very_many_turns_is_counted_without_making_them(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.for_loop(range(10**15)):
            circuit.measure(0, 0)
        assert num_collapses(circuit) == num_instructions(circuit) == 10**15

    def test_a_loop_without_an_end_counts_once(self, endless):
        with endless.while_loop((0, 0)):
            endless.measure(0, 0)
            endless.reset(0)
        assert num_collapses(endless) == 3

    def test_an_empty_circuit_has_none(self):
        assert num_collapses(QuantumCircuit(3)) == num_instructions(QuantumCircuit(3)) == 0


class TestMatrices:
    """Quantum volume's gates are matrices of two qubits, or, translated, some ten gates each."""

    def test_a_matrix_costs_about_as_much_as_the_gates_that_it_is_made_of(self):
        matrices = quantum_volume(16, seed=1)
        gates = transpile(matrices, basis_gates=["u", "cx"], optimization_level=0)
        ratio = cost("statevector", matrices, 1).seconds / cost("statevector", gates, 1).seconds
        assert 0.5 < ratio < 2
