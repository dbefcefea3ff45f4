"""Sets of small numbers as whole numbers with a bit each, and as the bytes that are stored.

Intersections and counts of such sets are single operations on Python's integers. Few members are stored as their
places, two bytes each, many as the bits themselves (as in Chambi, Lemire, Kaser and Godin, "Better bitmap performance
with Roaring bitmaps", Software: Practice and Experience 46, 2016).
"""

import struct

BLOCK_BITS = 12
BLOCK_SIZE = 1 << BLOCK_BITS
"""Jobs of a block. Its bits are 512 bytes, of which a page of the database holds seven."""

_BITMAP_BYTES = BLOCK_SIZE // 8
_FEW = _BITMAP_BYTES // 2
_PLACES_IN_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


def to_bytes(members: int) -> bytes:
    """Return a set as it is stored.

    Args:
        members: the set, of numbers below ``BLOCK_SIZE``.
    """
    if members.bit_count() >= _FEW:
        return members.to_bytes(_BITMAP_BYTES, "little")
    found = places(members)
    return struct.pack(f"<{len(found)}H", *found)


def from_bytes(stored: bytes) -> int:
    """Return a set that was stored.

    Args:
        stored: what :func:`to_bytes` returned.
    """
    if len(stored) == _BITMAP_BYTES:
        return int.from_bytes(stored, "little")
    bitmap = bytearray(_BITMAP_BYTES)
    for place in struct.unpack(f"<{len(stored) // 2}H", stored):
        bitmap[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bitmap, "little")


def places(members: int) -> list[int]:
    """Return the members of a set in ascending order.

    Args:
        members: the set.
    """
    stored = members.to_bytes((members.bit_length() + 7) // 8, "little")
    return [8 * index + bit for index, byte in enumerate(stored) if byte for bit in _PLACES_IN_BYTE[byte]]
