"""How jobs are cut: a part takes about a second, nothing is left out, and nothing depends on who will run it."""

import math
from contextlib import nullcontext
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

from queuebit.engines.cost import RunCost
from queuebit.queue.planning import foreign_cost, plan
from queuebit.store.parts import check_parts, num_shots
from queuebit.store.records import Part

LONGEST_S = 1.0


def part_seconds(parts, costs, shots):
    """What each part takes by the estimate."""
    return [
        sum(cost.seconds for cost in costs[part.first : part.first + part.number])
        * (1 if part.shots is None else part.shots.number / shots)
        for part in parts
    ]


costs_of_jobs = st.lists(
    st.builds(RunCost, st.floats(0, 300, allow_nan=False) | st.floats(0, 1e-2), is_by_shot=st.booleans()),
    min_size=1,
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(costs=costs_of_jobs, shots=st.integers(1, 10**7))
def test_a_plan_has_every_shot_of_every_circuit_once(costs, shots):
    parts = plan(costs, shots)
    check_parts(parts, len(costs), "the job")
    assert len(parts) != 1
    assert len(parts) <= 2 * 4096 + 2 * len(costs)
    assert set(num_shots(parts).values()) <= {shots}
    assert all(costs[part.first].is_by_shot for part in parts if part.shots is not None)
    assert parts == plan(costs, shots)


@settings(max_examples=300, deadline=None)
@given(costs=costs_of_jobs, shots=st.integers(1, 10**7))
def test_no_part_is_longer_than_a_second_that_could_be_shorter(costs, shots):
    parts, whole_s = plan(costs, shots), sum(cost.seconds for cost in costs)
    longest_s = max(LONGEST_S, whole_s / 4096)
    for part, seconds in zip(parts, part_seconds(parts, costs, shots), strict=True):
        indivisible = part.number == 1 and (
            shots == 1 or (not costs[part.first].is_by_shot if part.shots is None else part.shots.number == 1)
        )
        # Pieces of a circuit differ by one shot.
        of_a_shot_s = 0 if part.shots is None else costs[part.first].seconds / shots
        assert indivisible or seconds <= longest_s * (1 + 1e-9) + of_a_shot_s


@settings(max_examples=100, deadline=None)
@given(costs=costs_of_jobs)
def test_without_shots_to_part_circuits_are_parted_alone(costs):
    for shots in (1, None):
        assert all(part.shots is None for part in plan(costs, shots))


@pytest.mark.parametrize("costs", [[RunCost(0.09, is_by_shot=True)], [RunCost(0.001)] * 99, [RunCost(100.0)]])
def test_what_is_short_or_can_not_be_cut_is_left_whole(costs):
    assert plan(costs, 1000) == ()


def test_circuits_of_some_seconds_are_parts_of_about_one_until_the_end_is_near():
    parts = plan([RunCost(0.25)] * 200, 1000)
    assert parts[:43] == tuple(Part(first, 4) for first in range(0, 172, 4))
    assert [part.number for part in parts[43:]] == [3, 3, 2, 2, 2, 2, *[1] * 14]


@settings(max_examples=300, deadline=None)
@given(costs=costs_of_jobs, shots=st.integers(1, 10**7))
def test_the_last_part_is_a_small_share_of_a_job_that_can_be_cut_so(costs, shots):
    costs = [RunCost(cost.seconds, is_by_shot=True) for cost in costs]
    parts, whole_s = plan(costs, shots), sum(cost.seconds for cost in costs)
    last_s = part_seconds(parts, costs, shots)[-1] if parts else 0.0
    shot_s = max(cost.seconds for cost in costs) / shots
    assert last_s <= max(0.04, whole_s / 16 / 8, whole_s / 4032 / 8) * (1 + 1e-9) + shot_s


def test_short_work_is_cut_into_a_few_tens_of_parts():
    parts = plan([RunCost(0.01)] * 100, 1000)
    assert 10 <= len(parts) <= 40
    assert 10 <= len(plan([RunCost(0.5, is_by_shot=True)], 1000)) <= 40


def test_the_shots_of_a_circuit_are_spread_evenly():
    parts = plan([RunCost(100.0, is_by_shot=True)], 12_345)
    numbers = [part.shots.number for part in parts]
    before_the_end = numbers[:93]
    assert max(before_the_end) - min(before_the_end) <= 1
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == 14
    assert all(one.shots.first + one.shots.number == other.shots.first for one, other in pairwise(parts))


def test_a_job_of_days_has_thousands_of_parts_and_no_more():
    assert 4000 <= len(plan([RunCost(1e6, is_by_shot=True)], 10**9)) <= 4096
    assert len(plan([RunCost(1.0)] * 100_000, 1)) <= 4200


def test_circuits_that_are_cut_stand_between_those_that_are_not():
    costs = [RunCost(0.1), RunCost(0.1), RunCost(2.0, is_by_shot=True), RunCost(0.1), RunCost(5.0)]
    parts = plan(costs, 10)
    assert [part.first for part in parts if part.shots is None] == [0, 3, 4]
    assert num_shots(parts) == {2: 10}


class TestLocalBackends:
    """A local backend's circuits say themselves what they cost."""

    def parts(self, backend, circuits, **options):
        return backend.prepare(circuits, **options).job.parts

    def test_a_small_job_is_not_cut(self, simulator, bell):
        assert self.parts(simulator, [bell] * 100, shots=1000) == ()

    def test_many_circuits_are_cut(self, simulator, layers):
        parts = self.parts(simulator, [layers] * 64, shots=100)
        assert len(parts) > 4
        assert {part.shots for part in parts} == {None}

    def test_shots_of_one_state_are_not_cut(self, simulator, layers):
        assert self.parts(simulator, layers, shots=10**6) == ()

    def test_shots_that_each_go_their_way_are_cut(self, simulator, branching):
        parts = self.parts(simulator, branching, shots=3000)
        assert len(parts) > 4
        assert num_shots(parts) == {0: 3000}

    def test_the_default_shots_count(self, queue, branching):
        simulator = queue.get_backend("basic_simulator", shots=5000)
        assert num_shots(self.parts(simulator, branching)) == {0: 5000}
        simulator.set_options(shots=6000)
        assert num_shots(self.parts(simulator, branching)) == {0: 6000}

    def test_a_state_is_one_shot(self, queue, branching):
        backend = queue.get_backend("statevector_simulator")
        branching.h(range(branching.num_qubits))
        with pytest.warns(UserWarning, match="runs one shot"):
            parts = self.parts(backend, [branching] * 200, shots=5000)
        assert all(part.shots is None for part in parts)

    @pytest.mark.parametrize("seed", [1, 2])
    def test_the_seed_and_the_limits_dont_matter(self, simulator, branching, seed):
        parts = self.parts(simulator, branching, shots=3000, seed_simulator=seed, threads=seed, max_attempts=seed)
        assert parts == self.parts(simulator, branching, shots=3000)

    def test_nothing_is_cut_when_it_shall_not_be(self, simulator, branching):
        assert self.parts(simulator, branching, shots=3000, split=False) == ()

    @pytest.mark.parametrize("split", ["no", 0, 1, None])
    def test_whether_to_cut_is_yes_or_no(self, simulator, bell, split):
        with pytest.raises(TypeError, match=r"split must be True or False, got .*: "):
            simulator.prepare(bell, split=split)


class TestForeignBackends:
    """Of somebody else's backend, the size of a circuit is known, and whether its shots need each a run."""

    NOISE = NoiseModel()
    NOISE.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["h"])

    def cost(self, circuit, backend=None, shots=1000, **options):
        return foreign_cost(circuit, AerSimulator() if backend is None else backend, options, shots)

    def test_shots_without_noise_are_one_run(self, layers):
        assert not self.cost(layers).is_by_shot
        assert self.cost(layers, shots=10).seconds == self.cost(layers, shots=10**6).seconds

    @pytest.mark.parametrize("where", ["backend", "options"])
    def test_shots_with_noise_are_a_run_each(self, layers, where):
        if where == "backend":
            costs = [self.cost(layers, AerSimulator(noise_model=self.NOISE), shots) for shots in (100, 200)]
        else:
            costs = [self.cost(layers, shots=shots, noise_model=self.NOISE) for shots in (100, 200)]
        assert all(cost.is_by_shot for cost in costs)
        assert costs[1].seconds == pytest.approx(2 * costs[0].seconds, rel=0.01)

    def test_a_backend_that_imitates_a_device_has_noise(self, bell):
        device = GenericBackendV2(5, seed=1)
        assert self.cost(bell, device).is_by_shot
        assert self.cost(bell, AerSimulator.from_backend(device)).is_by_shot

    def test_shots_that_each_go_their_way_are_a_run_each(self, branching, endless):
        assert self.cost(branching).is_by_shot
        assert self.cost(endless).is_by_shot

    def test_what_is_measured_at_the_end_is_one_run(self, layers):
        layers.measure(0, 0)
        assert not self.cost(layers).is_by_shot

    @pytest.mark.parametrize("inside", [True, False])
    def test_what_is_saved_is_not_cut(self, branching, inside):
        with branching.if_test((branching.clbits[0], 1)) if inside else nullcontext():
            branching.save_expectation_value(SparsePauliOp("Z"), [0])
        assert not self.cost(branching).is_by_shot
        assert self.cost(branching).seconds > 0.05

    def test_levels_of_measurement_below_bits_are_not_cut(self, branching):
        assert not self.cost(branching, meas_level=1).is_by_shot
        assert self.cost(branching, meas_level=2).is_by_shot

    def test_a_density_matrix_is_one_run_for_all_shots(self, bell):
        noisy = AerSimulator(noise_model=self.NOISE, method="density_matrix")
        assert not self.cost(bell, noisy).is_by_shot
        assert not self.cost(bell, AerSimulator(noise_model=self.NOISE), method="density_matrix").is_by_shot

    @pytest.mark.parametrize("method", ["automatic", "stabilizer", "matrix_product_state"])
    @pytest.mark.parametrize("num_qubits", [1, 28, 29, 100, 1000])
    def test_circuits_of_any_width_have_a_cost(self, num_qubits, method):
        circuit = QuantumCircuit(num_qubits, 1)
        circuit.h(0)
        circuit.measure(0, 0)
        cost = self.cost(circuit, AerSimulator(noise_model=self.NOISE), 1000, method=method)
        assert math.isfinite(cost.seconds)
        if method != "automatic" or num_qubits > 28:
            assert cost.seconds < 60, "what is too wide for a state isn't simulated as one"

    def test_loops_cost_their_turns(self):
        once, often = QuantumCircuit(10, 1), QuantumCircuit(10, 1)
        for circuit, turns in ((once, 1), (often, 1000)):
            with circuit.for_loop(range(turns)):
                circuit.h(range(10))
            circuit.measure(0, 0)
        assert self.cost(often, shots=1).seconds > 10 * self.cost(once, shots=1).seconds

    @pytest.mark.parametrize("shots", [0, -5, "many", True, 1.5])
    def test_shots_that_make_no_sense_are_left_to_the_backend(self, queue, branching, shots):
        parts = queue.get_backend("qiskit_aer:AerSimulator").prepare([branching] * 50, shots=shots).job.parts
        assert all(part.shots is None for part in parts)

    def test_the_backends_own_shots_count(self, queue, branching):
        aer = queue.get_backend("qiskit_aer:AerSimulator")
        assert num_shots(aer.prepare(branching).job.parts) == {0: 1024}
        assert num_shots(aer.prepare(branching, shots=500).job.parts) == {0: 500}
