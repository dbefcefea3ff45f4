"""Bits of many shots, eight to a byte; the first one is the least significant."""

import numpy as np
from numpy.typing import NDArray

from queuebit.engines.random import philox4x32

PackedBits = NDArray[np.uint8]

_WORD_BITS = 32
_DRAW_BITS = 4 * _WORD_BITS

# Of 8 x 8 bits in a 64-bit number, by exchanging ever larger blocks: H. Warren, "Hacker's Delight", section 7-3.
_EXCHANGES = tuple(
    (np.uint64(distance), np.uint64(mask))
    for distance, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0))
)


def random_bits(seed: int, circuit_index: int, shots: range, num_bits: int) -> PackedBits:
    """Return random bits for each of some shots, from the shot's own stream.

    They are the output words of :func:`philox4x32` in order, each from its least significant bit.

    Args:
        seed: 0 to ``2**64 - 1``.
        circuit_index: position of the circuit in its job, 0 to ``2**32 - 1``.
        shots: numbers of the shots, 0 or more; a multiple of eight of them.
        num_bits: how many bits each shot needs.

    Returns:
        The bits, packed along the shots; shape ``(num_bits, len(shots) // 8)``.
    """
    low, half = np.uint64(0xFFFFFFFF), np.uint64(_WORD_BITS)
    shot = np.arange(shots.start, shots.stop, dtype=np.uint64)[:, None]
    draw = np.arange(-(-num_bits // _DRAW_BITS), dtype=np.uint64)[None]
    circuit = np.array([[circuit_index]], dtype=np.uint64)
    words = philox4x32((shot & low, shot >> half, draw, circuit), (seed & 0xFFFFFFFF, seed >> _WORD_BITS))
    per_shot = np.stack(words, axis=-1).astype("<u4").reshape(len(shots), -1)
    return transposed(per_shot.view(np.uint8))[:num_bits]


def transposed(bits: PackedBits) -> PackedBits:
    """Return the bits with rows as columns.

    Args:
        bits: shape ``(rows, columns // 8)``, both multiples of eight.

    Returns:
        Shape ``(columns, rows // 8)``.
    """
    num_rows, num_bytes = bits.shape
    blocks = np.ascontiguousarray(bits.reshape(num_rows // 8, 8, num_bytes).transpose(0, 2, 1)).view("<u8")
    for distance, mask in _EXCHANGES:
        changed = (blocks ^ (blocks >> distance)) & mask
        blocks ^= changed ^ (changed << distance)
    columns = blocks.view(np.uint8).reshape(num_rows // 8, num_bytes, 8).transpose(1, 2, 0)
    return np.ascontiguousarray(columns).reshape(num_bytes * 8, num_rows // 8)


class PackedMemories:
    """Collects what the classical memory holds at the end of each shot."""

    def __init__(self, num_shots: int) -> None:
        """Prepare for so many shots."""
        self._positions: dict[bytes, int] = {}  # of each content, in the order in which they came
        self._index = np.empty(num_shots, dtype=np.int64)

    def add(self, first: int, contents: PackedBits) -> None:
        """Add shots.

        Args:
            first: how many shots come before them.
            contents: what the memory holds, for each shot a row, packed along the classical bits.
        """
        positions, width = self._positions, contents.shape[1]
        data = contents[:, ::-1].tobytes()  # most significant byte first: the order of bytes is that of numbers
        self._index[first : first + len(contents)] = [
            positions.setdefault(data[start : start + width], len(positions)) for start in range(0, len(data), width)
        ]

    def collect(self) -> tuple[tuple[int, ...], NDArray[np.int64]]:
        """Return the distinct contents, ascending, and for each shot in order the position of its content."""
        contents = sorted(self._positions)
        ranks = np.empty(len(contents), dtype=np.int64)
        ranks[[self._positions[content] for content in contents]] = np.arange(len(contents))
        return tuple(int.from_bytes(content) for content in contents), ranks[self._index]
