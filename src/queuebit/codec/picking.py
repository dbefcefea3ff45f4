"""Texts by their indices: by the native core where it was built."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

try:
    from queuebit._core import pick
except ImportError:  # nobody compiled it
    Item = TypeVar("Item")

    def pick(items: list[Item], index: NDArray[np.int64]) -> list[Item]:
        """Return the items with these indices, as a list."""
        picked: list[Item] = np.array(items, dtype=object)[index].tolist()
        return picked


__all__ = ["pick"]
