"""From states and random numbers to the outcomes of shots."""

import numpy as np
from numpy.typing import NDArray

# Classical memories up to this width are handled as int64, wider ones as Python integers.
_WIDEST_INT64_BITS = 62


def sample_basis_states(
    state: NDArray[np.complex128], qubits: tuple[int, ...], numbers: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Sample the joint outcome of measuring qubits, by inverting the cumulative distribution.

    Args:
        state: amplitudes of shape ``(2,) * n``, qubit q on axis ``n - 1 - q``.
        qubits: what is measured, ascending.
        numbers: one uniform number in [0, 1) per shot; shape ``(k,)``.

    Returns:
        One outcome per shot, bit i of which is the outcome of ``qubits[i]``; shape ``(k,)``.
    """
    others = tuple(axis for axis in range(state.ndim) if state.ndim - 1 - axis not in qubits)
    probabilities = (state.real**2 + state.imag**2).sum(axis=others).ravel()
    cumulative = np.cumsum(probabilities)
    # "right" passes over outcomes of probability 0; rounding at the very end must not go beyond the last possible one.
    outcomes: NDArray[np.int64] = np.searchsorted(cumulative, numbers * cumulative[-1], side="right")
    last_possible = int(np.flatnonzero(probabilities)[-1])
    outcomes[outcomes > last_possible] = last_possible
    return outcomes


class MemorySamples:
    """Collects what the classical memory holds at the end of each shot."""

    def __init__(self, num_clbits: int) -> None:
        self._dtype = np.int64 if num_clbits <= _WIDEST_INT64_BITS else object
        self._shots: list[NDArray[np.int64]] = []
        self._contents: list[NDArray[np.int64 | np.object_]] = []

    def add(
        self,
        shots: NDArray[np.int64],
        memory: int,
        outcomes: NDArray[np.int64] | None = None,
        clbits: tuple[tuple[int, ...], ...] = (),
    ) -> None:
        """Add the shots of a branch.

        Args:
            shots: their numbers; shape ``(k,)``.
            memory: what the classical memory holds in all of them, before ``outcomes``.
            outcomes: for each shot the joint outcome of the last measurements; shape ``(k,)``.
            clbits: for each bit of an outcome, the classical bits that it is written to.
        """
        contents = np.full(len(shots), memory, dtype=self._dtype)
        if outcomes is not None:
            for bit, targets in enumerate(clbits):
                values = ((outcomes >> bit) & 1).astype(self._dtype)
                for clbit in targets:
                    contents = contents & ~(1 << clbit) | values << clbit
        self._shots.append(shots)
        self._contents.append(contents)

    def collect(self) -> tuple[tuple[int, ...], NDArray[np.int64]]:
        """Return the distinct contents, ascending, and for each shot in order the position of its content."""
        order = np.argsort(np.concatenate(self._shots))
        values, index = np.unique(np.concatenate(self._contents), return_inverse=True)
        return tuple(int(value) for value in values), index[order].astype(np.int64, copy=False)
