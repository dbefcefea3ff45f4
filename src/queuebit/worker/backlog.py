"""Jobs that are claimed and wait for room: how many there are, and how many there should be."""

import math
from collections import deque

from queuebit.store.records import Claim

# Jobs are claimed ahead for about so long, and at most so many: enough that a commit serves many tiny jobs. Nobody else
# can take them meanwhile, and a more urgent one that is submitted now comes after them.
_AHEAD_S = 0.05
_MOST_AHEAD = 256

# In one commit, so that it doesn't take long.
_MOST_AT_ONCE = 512

# The weight of the last run in the mean.
_WEIGHT = 0.2

LONGEST_WAIT_S = 1.0
"""How long a claimed job may wait; then the runs are longer than they seemed, and somebody else may have room."""


class Backlog:
    """The jobs that this service has claimed and not started."""

    def __init__(self) -> None:
        self._claims: deque[tuple[Claim, float]] = deque()
        self._mean_s: float | None = None

    def __len__(self) -> int:
        return len(self._claims)

    def add(self, claims: list[Claim], now: float) -> None:
        """Take in jobs that were claimed now."""
        self._claims.extend((claim, now) for claim in claims)

    def add_first(self, claims: list[Claim], now: float) -> None:
        """Take in jobs that go before all others."""
        self._claims.extendleft((claim, now) for claim in reversed(claims))

    def first(self) -> Claim | None:
        """Return the job whose turn it is, and leave it here; None if there is none."""
        return self._claims[0][0] if self._claims else None

    def take(self) -> Claim:
        """Return the job whose turn it is."""
        return self._claims.popleft()[0]

    def take_job(self, job_id: str) -> Claim | None:
        """Return a job out of turn, or None if it isn't here."""
        for entry in self._claims:
            if entry[0].job.job_id == job_id:
                self._claims.remove(entry)
                return entry[0]
        return None

    def take_all(self) -> list[Claim]:
        """Return all jobs."""
        claims = [claim for claim, _ in self._claims]
        self._claims.clear()
        return claims

    def note_run(self, seconds: float) -> None:
        """Note how long a run took."""
        self._mean_s = seconds if self._mean_s is None else self._mean_s + _WEIGHT * (seconds - self._mean_s)

    def num_to_claim(self, num_free: int, num_parallel: int) -> int:
        """Return how many more jobs to claim; 0 as long as half of them are still there.

        Args:
            num_free: how many jobs can be started now.
            num_parallel: how many could run side by side.
        """
        wanted = num_free + self._num_ahead(num_parallel)
        return min(wanted - len(self), _MOST_AT_ONCE) if len(self) <= wanted // 2 else 0

    def may_be_cut(self, num_parallel: int) -> bool:
        """Tell whether a single job may have parts for all room: runs are long, or nothing is known of them."""
        return self._num_ahead(num_parallel) == 0

    def _num_ahead(self, num_parallel: int) -> int:
        if self._mean_s is None:
            return 0
        return min(int(num_parallel * _AHEAD_S / max(self._mean_s, 1e-6)), _MOST_AHEAD)

    def waited_too_long(self, now: float) -> bool:
        """Tell whether the oldest job has waited so long that all had better be given back."""
        return now >= self.next_change()

    def next_change(self) -> float:
        """Return when the jobs have waited too long; infinity when there are none."""
        return self._claims[0][1] + LONGEST_WAIT_S if self._claims else math.inf
