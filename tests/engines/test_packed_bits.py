"""Bits eight to a byte: transposed, random, and counted."""

import numpy as np
import pytest

from queuebit.engines.packed_bits import PackedMemories, random_bits, transposed
from queuebit.engines.random import philox4x32


def packed(bits: np.ndarray) -> np.ndarray:
    return np.packbits(bits, axis=1, bitorder="little")


def unpacked(bits: np.ndarray) -> np.ndarray:
    return np.unpackbits(bits, axis=1, bitorder="little")


@pytest.mark.parametrize("shape", [(8, 8), (8, 64), (64, 8), (1000, 24), (16, 1024)])
def test_rows_become_columns(shape: tuple[int, int]) -> None:
    bits = np.random.default_rng(1).integers(0, 2, shape, dtype=np.uint8)
    np.testing.assert_array_equal(unpacked(transposed(packed(bits))), bits.T)


def test_random_bits_are_the_generators_output_in_order() -> None:
    seed, circuit, shot = 2**40 + 7, 3, 2**33 + 5
    bits = unpacked(random_bits(seed, circuit, range(shot, shot + 8), 300))[:, 0]
    words = [
        int(word)
        for draw in range(3)
        for word in philox4x32(
            (np.uint64(shot & 0xFFFFFFFF), np.uint64(shot >> 32), np.uint64(draw), np.uint64(circuit)),
            (seed & 0xFFFFFFFF, seed >> 32),
        )
    ]
    assert bits.tolist() == [words[i // 32] >> (i % 32) & 1 for i in range(300)]


def test_random_bits_of_a_shot_do_not_depend_on_the_others() -> None:
    many = unpacked(random_bits(1, 0, range(64), 40))
    few = unpacked(random_bits(1, 0, range(16, 24), 40))
    np.testing.assert_array_equal(many[:, 16:24], few)
    assert unpacked(random_bits(1, 0, range(8), 0)).shape == (0, 8)


def test_random_bits_are_fair_and_independent() -> None:
    bits = unpacked(random_bits(1, 0, range(20_000), 8)).astype(float)
    correlations = np.corrcoef(bits)
    assert abs(bits.mean(axis=1) - 0.5).max() < 5 / np.sqrt(4 * 20_000)
    assert abs(correlations - np.eye(8)).max() < 5 / np.sqrt(20_000)


def test_contents_are_listed_once_and_ascending() -> None:
    # Of sixteen bits, so that the order of bytes matters.
    numbers = [0x0102, 0x0201, 0x00FF, 0x0102, 0x8000, 0]
    contents = np.array([list(number.to_bytes(2, "little")) for number in numbers], dtype=np.uint8)
    memories = PackedMemories(6)
    memories.add(0, contents[:4])
    memories.add(4, contents[4:])
    values, index = memories.collect()
    assert values == tuple(sorted(set(numbers)))
    assert [values[position] for position in index.tolist()] == numbers
