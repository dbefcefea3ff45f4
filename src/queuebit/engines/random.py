"""Random numbers that depend on what they are for, not on the order in which they are drawn.

The generator is Philox4x32 with ten rounds, of J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as
easy as 1, 2, 3", SC 2011. The key is the seed; the counter is (shot, draw, circuit). A measurement's number is
therefore the same whatever ran before it, on however many threads.
"""

import numpy as np
from numpy.typing import NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

Words = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]


def philox4x32(counter: Words, key: tuple[int, int]) -> Words:
    """Return the four 32-bit output words of Philox4x32-10.

    Args:
        counter: four arrays (or scalars) of 32-bit words, held in uint64.
        key: two 32-bit words.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        product0, product1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _HALF) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniforms(seed: int, circuit_index: int, shots: NDArray[np.int64], draw: int) -> NDArray[np.float64]:
    """Return one uniform number for each shot.

    Args:
        seed: 0 to ``2**64 - 1``.
        circuit_index: position of the circuit in its job, 0 to ``2**32 - 1``.
        shots: shot numbers, 0 or more; shape ``(k,)``.
        draw: how many numbers each of these shots has drawn before, 0 to ``2**32 - 1``.

    Returns:
        Numbers in [0, 1) with 53 random bits; shape ``(k,)``.
    """
    shot = shots.astype(np.uint64)
    same = np.ones_like(shot)
    counter = (shot & _LOW, shot >> _HALF, same * np.uint64(draw), same * np.uint64(circuit_index))
    word0, word1, _, _ = philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32))
    bits = ((word0 << _HALF) | word1) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53
