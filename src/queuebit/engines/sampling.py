"""From states and random numbers to the outcomes of shots."""

import numpy as np
from numpy.typing import NDArray

# Classical memories up to this width are handled as int64, wider ones as Python integers.
_WIDEST_INT64_BITS = 62


class BasisStateSampler:
    """Samples the joint outcome of measuring qubits of one state, by inverting the cumulative distribution."""

    def __init__(self, state: NDArray[np.complex128], qubits: tuple[int, ...]) -> None:
        """Compute the distribution.

        Args:
            state: amplitudes of shape ``(2,) * n``, qubit q on axis ``n - 1 - q``.
            qubits: what is measured, ascending.
        """
        others = tuple(axis for axis in range(state.ndim) if state.ndim - 1 - axis not in qubits)
        probabilities = (state.real**2 + state.imag**2).sum(axis=others).ravel()
        self._cumulative = np.cumsum(probabilities)
        self._last_possible = int(np.flatnonzero(probabilities)[-1])

    def sample(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return one outcome per shot, bit i of which is the outcome of ``qubits[i]``; shape ``(k,)``.

        Args:
            numbers: one uniform number in [0, 1) per shot; shape ``(k,)``.
        """
        # "right" passes over outcomes of probability 0; rounding at the very end must not go beyond the last possible
        # one.
        outcomes: NDArray[np.int64]
        outcomes = np.searchsorted(self._cumulative, numbers * self._cumulative[-1], side="right")
        outcomes[outcomes > self._last_possible] = self._last_possible
        return outcomes


class MemorySamples:
    """Collects what the classical memory holds at the end of each shot."""

    def __init__(self, num_clbits: int, first_shot: int, num_shots: int) -> None:
        """Prepare for shots ``first_shot`` to ``first_shot + num_shots - 1``."""
        self.num_shots = num_shots
        self._dtype = np.int64 if num_clbits <= _WIDEST_INT64_BITS else object
        self._first_shot = first_shot
        self._positions: dict[int, int] = {}  # of each content, in the order in which they came
        self._index = np.empty(num_shots, dtype=np.int64)

    def add(
        self,
        shots: NDArray[np.int64],
        memory: int,
        outcomes: NDArray[np.int64],
        clbits: tuple[tuple[int, ...], ...],
    ) -> None:
        """Add shots of a branch.

        Args:
            shots: their numbers; shape ``(k,)``.
            memory: what the classical memory holds in all of them, before ``outcomes``.
            outcomes: for each shot the joint outcome of the last measurements; shape ``(k,)``.
            clbits: for each bit of an outcome, the classical bits that it is written to.
        """
        distinct, inverse = np.unique(outcomes, return_inverse=True)
        contents = np.full(len(distinct), memory, dtype=self._dtype)
        for bit, targets in enumerate(clbits):
            values = ((distinct >> bit) & 1).astype(self._dtype)
            for clbit in targets:
                contents = contents & ~(1 << clbit) | values << clbit
        positions = [self._positions.setdefault(content, len(self._positions)) for content in contents.tolist()]
        self._index[shots - self._first_shot] = np.array(positions, dtype=np.int64)[inverse]

    def collect(self) -> tuple[tuple[int, ...], NDArray[np.int64]]:
        """Return the distinct contents, ascending, and for each shot in order the position of its content."""
        values = sorted(self._positions)
        ranks = np.empty(len(values), dtype=np.int64)
        ranks[[self._positions[value] for value in values]] = np.arange(len(values))
        return tuple(values), ranks[self._index]
