"""A memory in few bytes."""

import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queuebit.codec.shot_list import ShotList, pack_shots, unpack_shots

outcomes = (
    st.integers(0, 2**70).map(hex) | st.integers(0, 20).map(hex) | st.sampled_from(["0x01", "0xA", "x1", "0x", "", "1"])
)
lines = st.text(st.characters(max_codepoint=127, exclude_characters="\n"), max_size=5)


@given(
    st.lists(outcomes, min_size=1) | st.lists(st.sampled_from(["0x0", "0x3"]), min_size=1) | st.lists(lines, min_size=1)
)
@example(["0x10", "x1"])
@example(["0x0", "x0"])
@example(["0x1", "0x0"] * 5000)
@example([hex(number) for number in range(5000)])
@example([hex(3**number % 2**64) for number in range(1000)])
@example([hex(2**65 + number) for number in range(1000)])
@example(["0xffffffffffffffff", "0x0"] * 100)
@settings(derandomize=True, deadline=None)
def test_a_memory_comes_back_as_it_was(memory):
    assert unpack_shots(pack_shots(memory)) == memory


@pytest.mark.parametrize("memory", [[1, 2], ["0x1", None], ["0x1\n", "0x1"], ["ü", "a"], [[1.0, 0.5]], [b"0x1"]])
def test_what_is_not_texts_of_one_line_is_left_to_others(memory):
    assert pack_shots(memory) is None


@pytest.mark.parametrize(
    ("memory", "bytes_of_data"),
    [
        (["0x0", "0x3"] * 128, 32),
        ([hex(shot % 5) for shot in range(256)], 96),
        (["0x0"] * 80_000, 100),
        ([hex(7**shot % 2**24) for shot in range(2000)], 6000),
        ([hex(shot % 2 << 65) for shot in range(256)], 32),
    ],
    ids=["two outcomes", "five", "one", "nearly all different", "two of more than 64 bits"],
)
def test_a_shot_takes_few_bits(memory, bytes_of_data):
    assert len(pack_shots(memory).data) <= bytes_of_data


@pytest.mark.parametrize(
    "damaged",
    [
        ShotList(9, "indices", ["0x0", "0x1"], b"\0", False),
        ShotList(8, "indices", ["0x0", "0x1", "0x2"], b"\xff\xff", False),
        ShotList(8, "indices", [], b"\xff", False),
        ShotList(10**15, "indices", ["0x0"], b"\0", False),
        ShotList(10**15, "numbers", [], b"", False),
        ShotList(10**15, "numbers", [], b"\0", False),
        ShotList(1, "numbers", [], b"\0" * 9, False),
        ShotList(2, "lines", [], b"0x1\n", False),
        ShotList(1, "lines", [], b"0x1\n", True),
        ShotList(-1, "numbers", [], b"", False),
        ShotList(1, "other", [], b"", False),
    ],
)
def test_damaged_shots_are_refused_before_they_take_memory(damaged):
    with pytest.raises((ValueError, LookupError, zlib.error)):
        unpack_shots(damaged)
