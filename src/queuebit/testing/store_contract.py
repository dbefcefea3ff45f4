"""The whole store contract as a pytest class, for any store."""

from __future__ import annotations

from typing import Any

from queuebit.testing.deviations import declare_deviations
from queuebit.testing.store_checks.cancelling import CancelChecks
from queuebit.testing.store_checks.claiming import ClaimChecks, QueuePositionChecks
from queuebit.testing.store_checks.closing import CloseChecks
from queuebit.testing.store_checks.deleting import DeleteChecks
from queuebit.testing.store_checks.ending import CancelledEndChecks, EndChecks, FinishChecks
from queuebit.testing.store_checks.fencing import FencingChecks
from queuebit.testing.store_checks.finding import ChangedChecks, FindChecks
from queuebit.testing.store_checks.listing import CountChecks, FilterChecks, PageChecks
from queuebit.testing.store_checks.logging import LogChecks
from queuebit.testing.store_checks.losing import LoseChecks, RecoverChecks, ReleaseChecks
from queuebit.testing.store_checks.parts import LosePartChecks, PartClaimChecks, PlanChecks, ShotResultChecks
from queuebit.testing.store_checks.restoring import RestoreChecks
from queuebit.testing.store_checks.results import ResultChecks, ResultFileChecks
from queuebit.testing.store_checks.sharing import SharingChecks
from queuebit.testing.store_checks.stories import StoryChecks
from queuebit.testing.store_checks.submitting import IdempotencyChecks, RefusalChecks, SubmitChecks
from queuebit.testing.store_checks.updating import UpdateChecks
from queuebit.testing.store_checks.workers import WorkerChecks


class StoreContract(
    SubmitChecks,
    RefusalChecks,
    IdempotencyChecks,
    FindChecks,
    ChangedChecks,
    PageChecks,
    FilterChecks,
    CountChecks,
    QueuePositionChecks,
    ClaimChecks,
    FinishChecks,
    EndChecks,
    CancelledEndChecks,
    FencingChecks,
    ResultChecks,
    ResultFileChecks,
    PlanChecks,
    ShotResultChecks,
    PartClaimChecks,
    LosePartChecks,
    ReleaseChecks,
    LoseChecks,
    RecoverChecks,
    CancelChecks,
    StoryChecks,
    LogChecks,
    UpdateChecks,
    DeleteChecks,
    WorkerChecks,
    RestoreChecks,
    SharingChecks,
    CloseChecks,
):
    """Subclass this in a test module, say how to make an empty store, and pytest checks the whole contract on it.

    After each check, whatever it has done, the store has to be consistent: each job has one legal story that ends in
    its state, and lists, counts and statistics agree (`queuebit.testing.store_checks.invariants.assert_consistent`).

    What a store is known to do otherwise is declared in `deviations`, by the check's name and with a reason: such a
    check still runs, and must fail. A name that isn't known is refused when the class is made.

    Attributes:
        deviations: Names of checks that the store is known to fail, each with the reason.

    Example:
        >>> from queuebit.store import MemoryStore
        >>> class TestMemoryStore(StoreContract):
        ...     def make_store(self):
        ...         return MemoryStore()
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse unknown declarations, and mark the declared checks as expected to fail.

        Args:
            **kwargs: Passed on.

        Raises:
            TypeError: `deviations` names something unknown or without a reason, or the class replaces a check.
        """
        super().__init_subclass__(**kwargs)
        declare_deviations(cls, StoreContract)
