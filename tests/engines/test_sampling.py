"""From states and numbers to outcomes, at the edges of the distribution too."""

import numpy as np
import pytest

from queuebit.engines.sampling import BasisStateSampler, MemorySamples

JUST_BELOW_1 = np.nextafter(1.0, 0.0)


def state(*probabilities: float) -> np.ndarray:
    num_qubits = len(probabilities).bit_length() - 1
    return np.sqrt(np.array(probabilities, dtype=complex)).reshape((2,) * num_qubits)


def sampled(sampler: BasisStateSampler, *numbers: float) -> list[int]:
    return sampler.sample(np.array(numbers)).tolist()


def test_numbers_are_inverted_through_the_distribution():
    sampler = BasisStateSampler(state(0.25, 0.25, 0.5, 0.0), (0, 1))
    assert sampled(sampler, 0.0, 0.2, 0.3, 0.49, 0.51, 0.99) == [0, 0, 1, 1, 2, 2]


def test_number_on_a_boundary_goes_to_the_outcome_above():
    sampler = BasisStateSampler(state(0.25, 0.25, 0.5, 0.0), (0, 1))
    assert sampled(sampler, 0.25, 0.5) == [1, 2]


def test_impossible_outcomes_are_passed_over():
    sampler = BasisStateSampler(state(0.0, 0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0), (0, 1, 2))
    assert sampled(sampler, 0.0, 0.5, JUST_BELOW_1) == [2, 5, 5]


def test_norm_that_rounding_changed_does_no_harm():
    for norm in (1 - 1e-12, 1 + 1e-12):
        sampler = BasisStateSampler(np.sqrt(norm) * state(0.0, 1.0), (0,))
        assert sampled(sampler, 0.0, 0.5, JUST_BELOW_1) == [1, 1, 1]


def test_outcome_bits_are_the_qubits_in_ascending_order():
    amplitudes = np.zeros(8, dtype=complex)
    amplitudes[0b110] = 1j
    tensor = amplitudes.reshape(2, 2, 2)
    assert sampled(BasisStateSampler(tensor, (0, 1, 2)), 0.5) == [0b110]
    assert sampled(BasisStateSampler(tensor, (0, 2)), 0.5) == [0b10]
    assert sampled(BasisStateSampler(tensor, (1,)), 0.5) == [0b1]


def test_other_qubits_are_summed_over():
    sampler = BasisStateSampler(state(0.1, 0.2, 0.3, 0.4), (1,))
    assert sampled(sampler, 0.299, 0.301) == [0, 1]


def test_state_may_be_any_view():
    tensor = state(0.1, 0.2, 0.3, 0.4)
    flipped = np.flip(np.moveaxis(tensor, 0, 1), axis=0)
    assert sampled(BasisStateSampler(flipped, (0, 1)), 0.1, 0.5, 0.65, 0.85) == [0, 1, 2, 3]


def test_memory_of_branches_is_put_in_the_order_of_the_shots():
    samples = MemorySamples(3, first_shot=10, num_shots=5)
    nothing = np.zeros(2, dtype=np.int64)
    samples.add(np.array([11, 14]), 0b111, nothing, ())
    samples.add(np.array([10, 13]), 0b001, nothing, ())
    samples.add(np.array([12]), 0b111, nothing[:1], ())
    values, index = samples.collect()
    assert values == (0b001, 0b111)
    assert index.tolist() == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("num_clbits", [2, 62, 63, 64, 200])
def test_outcomes_overwrite_their_clbits(num_clbits):
    last = num_clbits - 1
    samples = MemorySamples(num_clbits, first_shot=0, num_shots=4)
    samples.add(np.arange(4), 0b01 | 1 << last, np.array([0b00, 0b11, 0b01, 0b10]), ((last,), (0,)))
    values, index = samples.collect()
    assert [values[position] for position in index] == [0, 1 | 1 << last, 1 << last, 1]
    assert all(type(value) is int for value in values)


def test_one_outcome_bit_goes_to_several_clbits():
    samples = MemorySamples(4, first_shot=0, num_shots=2)
    samples.add(np.arange(2), 0b0100, np.array([1, 0]), ((0, 3),))
    values, index = samples.collect()
    assert [values[position] for position in index] == [0b1101, 0b0100]
