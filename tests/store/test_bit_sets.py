"""Sets of small numbers: what is stored is what comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuebit.store.sqlite.bit_sets import BLOCK_SIZE, from_bytes, places, to_bytes

members = st.sets(st.integers(0, BLOCK_SIZE - 1)) | st.integers(0, BLOCK_SIZE).map(lambda size: set(range(size)))


@given(members)
def test_a_set_comes_back(numbers: set[int]) -> None:
    bits = sum(1 << number for number in numbers)
    assert from_bytes(to_bytes(bits)) == bits
    assert places(bits) == sorted(numbers)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, BLOCK_SIZE - 1, BLOCK_SIZE])
def test_no_set_is_larger_than_its_bits(size: int) -> None:
    stored = to_bytes(((1 << size) - 1) << (BLOCK_SIZE - size))
    assert len(stored) == min(2 * size, BLOCK_SIZE // 8)
