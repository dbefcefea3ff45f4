"""How many runs go to a Dask worker in one task, and how many before it asks for more: by how long runs take."""

import math

# A task costs the cluster 15 ms of its processors' time. One that takes so long is worth that.
_BATCH_S = 0.6
_LEAST_OF_BATCH = 1 / 4

# A task has such a share of the runs that wait, for each thread: the last ones are short, so that all workers end at
# about the same time (as in queue/planning.py).
_ROUNDS = 2

_MOST_IN_BATCH = 256
_MOST_BYTES = 2**22

# Runs that are so short wait at the workers, so that these needn't wait for the next ones.
_SHORT_S = 0.5

LONGEST_WAIT_S = 2.0
"""A run that has waited at a worker for so long is given back: those before it aren't as short as they seemed."""

WAITED = "it waited behind runs that took longer than they seemed to"
"""Why it is given back."""

# The weight of the last run in the mean.
_WEIGHT = 0.1


class Batching:
    """Learns how long runs take.

    Attributes:
        most_bytes: circuits of so many bytes go in one task at most.
    """

    most_bytes = _MOST_BYTES

    def __init__(self) -> None:
        self._mean_s: float | None = None

    def note(self, seconds: float) -> None:
        """Note how long a run took.

        Args:
            seconds: so long.
        """
        if self._mean_s is None or (seconds > _BATCH_S and seconds > self._mean_s):
            # One long run is enough to be careful.
            self._mean_s = seconds
        else:
            self._mean_s += _WEIGHT * (seconds - self._mean_s)

    @property
    def size(self) -> int:
        """How many runs go in one task."""
        if self._mean_s is None:
            return 1
        return max(1, min(_MOST_IN_BATCH, int(_BATCH_S / max(self._mean_s, 1e-6))))

    def share(self, num_waiting: int, num_parallel: int) -> int:
        """Return how many of the runs that wait go in the next task, where there is room for them.

        Args:
            num_waiting: how many wait.
            num_parallel: how many threads all workers have.
        """
        of_each = math.ceil(num_waiting / max(1, num_parallel))
        share = max(math.ceil(of_each / _ROUNDS), int(self.size * _LEAST_OF_BATCH))
        # Never so many that others have nothing to do.
        return min(self.size, of_each, share)

    @property
    def each(self) -> int:
        """How many runs a worker may have for each of its threads."""
        return 2 * self.size if self._mean_s is not None and self._mean_s < _SHORT_S else 1
