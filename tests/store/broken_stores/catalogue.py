"""Makes a contract class of each broken store, which runs the checks that have to find its fault."""

import sys
from collections.abc import Callable
from typing import ClassVar

from queuebit.store import JobStore
from queuebit.testing import StoreContract
from queuebit.testing.deviations import check_names

CHECKS = frozenset(check_names(StoreContract))


class BrokenStoreContract(StoreContract):
    store_class: ClassVar[type[JobStore]]

    def make_store(self) -> JobStore:
        return self.store_class()

    def check_afterwards(self) -> None:
        """Check nothing: the checks themselves have to find the fault."""


def found_by(*checks: str) -> Callable[[type], type]:
    """Add a test class for a broken store to its module: these checks, and no others, run and have to fail."""

    def add(cls: type) -> type:
        name = f"Test{cls.__name__}"
        deviations = dict.fromkeys((f"test_{check}" for check in checks), "it is broken")
        contract = type(name, (BrokenStoreContract,), {"store_class": cls, "deviations": deviations})
        for other in CHECKS - deviations.keys():
            setattr(contract, other, None)
        setattr(sys.modules[cls.__module__], name, contract)
        return cls

    return add
