"""A memory, the list of each shot's outcome, in few bytes.

Outcomes are texts such as ``0x1f``. Where they repeat, each different one is kept once, and of each shot its index, in
as many bits as are needed: first the lowest bit of all shots, then the next one, and so on. Where most are different,
their numbers are kept: first the lowest byte of all shots, and so on. Texts that aren't numbers of 64 bits are kept as
they are where most are different. Either is deflated if that makes it smaller.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from queuebit.codec.picking import pick

# Deflating incompressible data costs more than everything else together, so a part of it is tried first, and of little
# data nothing.
_MIN_DEFLATED_BYTES = 512
_PROBE_BYTES = 4096
_WORTH = 0.95

# Window and tables: the usual ones take ten times as long to set up as a Bell memory to deflate.
_SMALL_TABLES = (-12, 5)
_TABLES = (-15, 8)

# What looking up in a table takes no longer than sorting for.
_TABLE_SIZE = 2**16

_MAX_DIGITS = 16
_NO_DIGIT = 16
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
_DIGITS[list(b"0123456789abcdef")] = np.arange(16)


@dataclass(frozen=True, slots=True)
class ShotList:
    """An encoded memory.

    Attributes:
        count: how many shots.
        form: whether ``data`` is an index for each shot, the number of each outcome, or lines of texts.
        texts: the different outcomes, if ``data`` is indices.
        data: see ``form``.
        deflated: whether ``data`` is.
    """

    count: int
    form: Literal["indices", "numbers", "lines"]
    texts: list[str]
    data: bytes
    deflated: bool

    def unpacked(self) -> list[str]:
        """Return the outcome of each shot.

        Raises:
            ValueError: if these aren't the fields of an encoded memory.
            zlib.error: likewise.
        """
        return unpack_shots(self)

    def packed(self) -> "ShotList":
        """Return this."""
        return self


@dataclass(frozen=True, slots=True)
class IndexedShots:
    """A memory as an engine has it.

    Attributes:
        outcomes: the numbers that shots ended with, each once, ascending.
        indices: the index of each shot's outcome.
    """

    outcomes: Sequence[int]
    indices: NDArray[np.int64]

    def unpacked(self) -> list[str]:
        """Return the outcome of each shot, in hexadecimal."""
        return pick(list(map(hex, self.outcomes)), self.indices)

    def packed(self) -> ShotList | None:
        """Return the memory encoded; None if there are no shots."""
        if not len(self.indices):
            return None
        largest = self.outcomes[-1]
        if _is_worth_indices(len(self.outcomes), len(self.indices), largest):
            return _packed_indices(list(map(hex, self.outcomes)), self.indices)
        if largest >= 1 << 64:
            return pack_shots(self.unpacked())
        return _packed_as_numbers(np.array(self.outcomes, np.uint64)[self.indices], largest)


def pack_shots(memory: Sequence[str]) -> ShotList | None:
    """Return a memory encoded.

    Args:
        memory: the outcome of each shot, at least one.

    Returns:
        The encoded memory; None if something in it isn't a text of one line.
    """
    try:
        lines = "\n".join(memory)
    except TypeError:
        return None
    if not lines.isascii() or lines.count("\n") != len(memory) - 1:
        return None
    data = lines.encode("ascii") + b"\n"
    numbers = _numbers(data)
    return _packed_texts(memory, data) if numbers is None else _packed_numbers(numbers)


def _numbers(lines: bytes) -> NDArray[np.uint64] | None:
    """Return the numbers that lines are in hexadecimal; None if one isn't what ``hex`` makes of a number of 64 bits."""
    text = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    if not lines.startswith(b"0x") or lines.count(b"\n0x") != len(ends) - 1:
        return None
    lengths = ends - len("0x\n")
    lengths[1:] -= ends[:-1]
    lengths[0] += 1  # no line end before the first
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest < 1 or longest > _MAX_DIGITS:
        return None
    digits = _DIGITS[text[ends - 1]]
    numbers, seen = digits.astype(np.uint64), digits
    for place in range(1, longest):
        where = slice(None) if place < shortest else np.flatnonzero(lengths > place)
        digits = _DIGITS[text[ends[where] - (1 + place)]]
        numbers[where] |= digits.astype(np.uint64) << np.uint64(4 * place)
        seen[where] |= digits
    if longest > 1:
        first_digits = numbers >> (4 * (lengths - 1)).astype(np.uint64)
        seen[(first_digits == 0) & (lengths > 1)] = _NO_DIGIT
    return None if seen.max() >= _NO_DIGIT else numbers


def _packed_numbers(numbers: NDArray[np.uint64]) -> ShotList:
    distinct = _distinct(numbers)
    largest = int(distinct[-1])
    if _is_worth_indices(len(distinct), len(numbers), largest):
        return _packed_indices(list(map(hex, distinct.tolist())), _places(numbers, distinct))
    return _packed_as_numbers(numbers, largest)


def _packed_as_numbers(numbers: NDArray[np.uint64], largest: int) -> ShotList:
    columns = numbers.astype("<u8").view(np.uint8).reshape(-1, 8)[:, : _num_bytes(largest)]
    return ShotList(len(numbers), "numbers", [], *_deflated(columns.T.tobytes()))


def _is_worth_indices(num_outcomes: int, num_shots: int, largest: int) -> bool:
    return _num_bits(num_outcomes) * num_shots + 64 * num_outcomes <= 8 * _num_bytes(largest) * num_shots


def _num_bytes(number: int) -> int:
    return max(1, (number.bit_length() + 7) // 8)


def _distinct(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    in_order = np.sort(numbers)  # much faster than np.unique
    is_new = np.ones(len(in_order), bool)
    np.not_equal(in_order[1:], in_order[:-1], out=is_new[1:])
    return in_order[is_new]


def _places(numbers: NDArray[np.uint64], distinct: NDArray[np.uint64]) -> NDArray[np.integer]:
    """Return the index of each number among the distinct ones."""
    if distinct[-1] >= _TABLE_SIZE:
        return np.searchsorted(distinct, numbers)
    table = np.zeros(int(distinct[-1]) + 1, np.uint32)
    table[distinct] = np.arange(len(distinct))
    return table[numbers]


def _packed_texts(memory: Sequence[str], lines: bytes) -> ShotList:
    texts = list(dict.fromkeys(memory))
    if 2 * len(texts) > len(memory):
        return ShotList(len(memory), "lines", [], *_deflated(lines))
    places = {text: index for index, text in enumerate(texts)}
    return _packed_indices(texts, np.array(itemgetter(*memory, texts[0])(places)[:-1]))


def _packed_indices(texts: list[str], indices: NDArray[np.integer]) -> ShotList:
    planes = [np.packbits(indices & (1 << bit)).tobytes() for bit in range(_num_bits(len(texts)))]
    return ShotList(len(indices), "indices", texts, *_deflated(b"".join(planes)))


def _num_bits(num_texts: int) -> int:
    return max(1, (num_texts - 1).bit_length())


def _deflated(data: bytes) -> tuple[bytes, bool]:
    probe = data[:_PROBE_BYTES]
    if len(data) < _MIN_DEFLATED_BYTES or len(_deflate(probe, *_SMALL_TABLES)) > _WORTH * len(probe):
        return data, False
    return _deflate(data, *_TABLES), True


def _deflate(data: bytes, window: int, tables: int) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, window, tables)
    return deflate.compress(data) + deflate.flush()


def unpack_shots(shots: ShotList) -> list[str]:
    """Return the memory that :func:`pack_shots` has encoded.

    Raises:
        ValueError: if it has encoded no such.
        zlib.error: likewise.
    """
    data = zlib.decompress(shots.data, -15) if shots.deflated else shots.data
    memory = _UNPACK[shots.form](data, shots)
    if len(memory) != shots.count:
        raise ValueError(f"a memory of {shots.count} shots has {len(memory)}")
    return memory


def _from_lines(data: bytes, _: ShotList) -> list[str]:
    return str(data, "ascii").split("\n")[:-1]


def _from_numbers(data: bytes, shots: ShotList) -> list[str]:
    columns = np.frombuffer(data, np.uint8).reshape(-1, shots.count)
    if not len(columns):
        raise ValueError(f"there is nothing of {shots.count} shots")
    numbers = np.zeros((shots.count, 8), np.uint8)
    numbers[:, : len(columns)] = columns.T
    return list(map(hex, numbers.view("<u8")[:, 0].tolist()))


def _from_indices(data: bytes, shots: ShotList) -> list[str]:
    bits, width = _num_bits(len(shots.texts)), (shots.count + 7) // 8
    if len(data) != bits * width:
        raise ValueError(f"{len(data)} bytes are not {bits} bits for each of {shots.count} shots")
    indices = np.zeros(shots.count, np.int64)
    for bit, plane in enumerate(np.frombuffer(data, np.uint8).reshape(bits, width)):
        indices |= np.unpackbits(plane, count=shots.count).astype(np.int64) << np.int64(bit)
    return pick(shots.texts, indices)


_UNPACK = {"lines": _from_lines, "numbers": _from_numbers, "indices": _from_indices}
