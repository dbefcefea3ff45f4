"""The random numbers: Philox4x32-10 as published, and keyed by what they are for."""

import numpy as np
import pytest
from scipy.stats import kstest

from queuebit.engines import MAX_SEED
from queuebit.engines.random import philox4x32, uniforms

# From kat_vectors of Random123, https://github.com/DEShawResearch/random123: counter, key, output.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_philox_gives_the_published_answers(counter, key, output):
    words = philox4x32(tuple(np.array([word], dtype=np.uint64) for word in counter), key)
    assert tuple(int(word[0]) for word in words) == output


def test_philox_takes_many_counters_at_once():
    counters = tuple(np.array(words, dtype=np.uint64) for words in zip(*(kat[0] for kat in KNOWN_ANSWERS), strict=True))
    words = philox4x32(counters, KNOWN_ANSWERS[0][1])
    assert [int(word[0]) for word in words] == list(KNOWN_ANSWERS[0][2])
    assert len(words[0]) == 3


def test_uniform_is_the_first_53_bits_of_the_published_output():
    word0, word1 = KNOWN_ANSWERS[0][2][:2]
    assert uniforms(0, 0, np.array([0]), 0).tolist() == [((word0 << 32 | word1) >> 11) / 2**53]


def test_key_and_counter_are_where_the_docstring_says():
    # The counter is (low half of the shot, high half, draw, circuit); the key is the seed.
    counter, key, (word0, word1, _, _) = KNOWN_ANSWERS[2]
    shot, seed = counter[1] << 32 | counter[0], key[1] << 32 | key[0]
    wanted = ((word0 << 32 | word1) >> 11) / 2**53
    shots = np.array([shot], dtype=np.uint64)
    assert uniforms(seed, counter[3], shots, counter[2]).tolist() == [wanted]


def test_numbers_do_not_depend_on_how_the_shots_are_cut():
    whole = uniforms(7, 2, np.arange(1000), 3)
    parts = [uniforms(7, 2, np.arange(start, min(start + 137, 1000)), 3) for start in range(0, 1000, 137)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_numbers_do_not_depend_on_which_other_shots_are_asked_for():
    whole = uniforms(7, 2, np.arange(1000), 3)
    some = np.array([999, 0, 512, 3])
    assert np.array_equal(uniforms(7, 2, some, 3), whole[some])


@pytest.mark.parametrize(
    "other",
    [
        (8, 2, 0, 3),
        (7, 3, 0, 3),
        (7, 2, 1, 3),
        (7, 2, 0, 4),
        (7 + 2**32, 2, 0, 3),
        (7, 2, 2**32, 3),
        (MAX_SEED, 2, 0, 3),
    ],
    ids=["seed", "circuit", "shot", "draw", "high half of the seed", "high half of the shot", "largest seed"],
)
def test_every_part_of_the_key_changes_the_number(other):
    seed, circuit, shot, draw = other
    assert uniforms(seed, circuit, np.array([shot]), draw)[0] != uniforms(7, 2, np.array([0]), 3)[0]


def test_numbers_are_uniform():
    numbers = np.concatenate([uniforms(11, 0, np.arange(5000), draw) for draw in range(4)])
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert kstest(numbers, "uniform").pvalue > 1e-4


def test_low_bits_are_used():
    fractions = uniforms(5, 0, np.arange(1000), 0) * 2**53
    assert np.array_equal(fractions, np.floor(fractions))
    assert 400 < np.count_nonzero(fractions % 2) < 600
