"""Ends of runs on their way into the store: several in one commit where that is possible."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from queuebit.store.exceptions import LostClaimError
from queuebit.store.records import Claim, Json, StoredResult, Usage
from queuebit.store.store import JobStore

GATHER_S = 0.008
"""While many jobs run one after another, their ends wait so long for each other. A commit takes about 0.5 ms, in which
nothing else is done here, and nobody else can commit."""

# At most so many.
_MOST_GATHERED = 128


class EndKind(Enum):
    """What is to be written down of a run's end."""

    FINISH = auto()
    FAIL = auto()
    CANCEL = auto()
    RELEASE = auto()
    LOSE = auto()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ending:
    """The end of one run.

    Attributes:
        claim: the right to the job.
        kind: how it ended.
        results: those that aren't written down yet.
        usage: what the run has used.
        error: why it failed.
        reason: why it was given back or lost.
        progress: how far it came, if that is to be written down.
        printed: what it has printed since that was written down last. It comes with a progress.
    """

    claim: Claim
    kind: EndKind
    results: Sequence[StoredResult] = ()
    usage: Usage = Usage()
    error: Json | None = None
    reason: str = ""
    progress: tuple[int, int] | None = None
    printed: str = ""


class Endings:
    """Holds ends of runs until they are written down."""

    def __init__(self, store: JobStore, on_lost: Callable[[Claim, Sequence[StoredResult]], None]) -> None:
        """Begin with none.

        Args:
            store: where to write them.
            on_lost: called for a claim that doesn't hold any more, with the results that nobody will keep.
        """
        self._store = store
        self._on_lost = on_lost
        self._endings: list[Ending] = []
        self._oldest = math.inf

    def __len__(self) -> int:
        return len(self._endings)

    def add(self, ending: Ending, now: float) -> None:
        """Take in an end."""
        self._endings.append(ending)
        # What isn't a finish can't share a commit, and may be another worker's to go on with.
        self._oldest = min(self._oldest, now if ending.kind is EndKind.FINISH else -math.inf)

    def due(self, *, more_to_come: bool) -> float:
        """Return when they have to be written down.

        Args:
            more_to_come: whether other runs will end soon.
        """
        if not more_to_come or len(self._endings) >= _MOST_GATHERED:
            return self._oldest
        return self._oldest + GATHER_S

    def write(self) -> None:
        """Write them all down.

        Raises:
            StoreError: if the store can't; those that aren't written are kept for another time.
        """
        for place, ending in reversed(list(enumerate(self._endings))):
            if ending.printed or ending.progress is not None:
                self._report(place, ending)
        self._write_finished([ending for ending in self._endings if ending.kind is EndKind.FINISH])
        for ending in list(self._endings):
            self._write_other(ending)
        self._oldest = math.inf

    def _report(self, place: int, ending: Ending) -> None:
        done, total = ending.progress or (0, 0)
        try:
            self._store.report(ending.claim, progress_done=done, progress_total=total, log=ending.printed)
        except LostClaimError:
            del self._endings[place]
            self._on_lost(ending.claim, ending.results)
        else:
            # What comes next may fail and be tried again; this not.
            self._endings[place] = replace(ending, progress=None, printed="")

    def _write_finished(self, finished: list[Ending]) -> None:
        if not finished:
            return
        records = self._store.finish([(ending.claim, ending.results, ending.usage) for ending in finished])
        self._endings = [ending for ending in self._endings if ending.kind is not EndKind.FINISH]
        for ending, record in zip(finished, records, strict=True):
            if record is None:
                self._on_lost(ending.claim, ending.results)

    def _write_other(self, ending: Ending) -> None:
        try:
            self._write_one(ending)
        except LostClaimError:
            self._on_lost(ending.claim, ending.results)
        self._endings.remove(ending)

    def _write_one(self, ending: Ending) -> None:
        store, claim, usage = self._store, ending.claim, ending.usage
        match ending.kind:
            case EndKind.FAIL:
                store.fail(claim, dict(ending.error or {}), ending.results, usage)
            case EndKind.CANCEL:
                store.cancelled(claim, ending.results, usage)
            case EndKind.RELEASE | EndKind.LOSE:
                if ending.results:
                    store.keep_results(claim, ending.results)
                give_back = store.release if ending.kind is EndKind.RELEASE else store.lose
                give_back(claim, ending.reason, usage)
