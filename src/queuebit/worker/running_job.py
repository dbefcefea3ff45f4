"""A job that runs: what is known of it and not yet written down."""

import math
from dataclasses import dataclass, field

from queuebit.store.records import Claim, StoredResult

# Results wait so long, and at most so many bytes of them, to be kept in one commit.
_KEEP_S = 0.25
_KEEP_BYTES = 2**20

REPORT_S = 0.3
"""How often progress is written down at most."""


@dataclass(slots=True)
class RunningJob:
    """A job that runs.

    Attributes:
        claim: the right to it, without its circuits: the executor has those.
        begun: when it was started.
        results: results that aren't written down yet.
        release_reason: why it shall be given back when it has stopped; empty if it isn't to be.
        progress: the progress that was written down last.
        unwritten: what it has printed and what couldn't be written down.
    """

    claim: Claim
    begun: float
    results: list[StoredResult] = field(default_factory=list)
    release_reason: str = ""
    progress: tuple[int, int] = (0, 0)
    unwritten: str = ""
    _num_bytes: int = 0
    _keep_at: float = math.inf
    _report_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._report_at = self.begun + REPORT_S

    def add(self, result: StoredResult, now: float) -> None:
        """Take in a circuit's result."""
        self.results.append(result)
        self._num_bytes += len(result.content)
        self._keep_at = now if self._num_bytes >= _KEEP_BYTES else min(self._keep_at, now + _KEEP_S)

    def take_results(self) -> list[StoredResult]:
        """Return the results that aren't written down yet, for whoever writes them."""
        results, self.results = self.results, []
        self._num_bytes, self._keep_at = 0, math.inf
        return results

    def must_keep(self, now: float) -> bool:
        """Tell whether it is time to write results down."""
        return now >= self._keep_at

    def must_report(self, now: float) -> bool:
        """Tell whether it is time to write the progress down, and wait for the next time."""
        if now < self._report_at:
            return False
        self._report_at = now + REPORT_S
        return True

    def next_change(self) -> float:
        """Return when there is something to write down."""
        return min(self._keep_at, self._report_at)
