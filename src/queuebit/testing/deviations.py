"""Declared deviations: checks that a job class is known to fail, each with its reason."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest


class ContractBreachError(AssertionError):
    """A check failed as its declared deviation says."""


def check_names(cls: type) -> tuple[str, ...]:
    """Return the names of the checks that a contract class holds, in alphabetical order.

    Args:
        cls: A class whose checks are its methods `test_…`.

    Returns:
        The methods' names.
    """
    return tuple(name for name in sorted(dir(cls)) if name.startswith("test_"))


def require_known(declared: Mapping[str, str], known: Collection[str], owner: str, what: str) -> None:
    """Refuse a declaration that names what isn't there, or that gives no reason.

    Args:
        declared: Names with their reasons.
        known: The names that may be declared.
        owner: How the error names the declaration, for example `TestMyJob.deviations`.
        what: What the names are, for example `check`.

    Raises:
        TypeError: A name is unknown (all known ones are listed), or its reason is no text.
    """
    for name, reason in declared.items():
        if name not in known:
            raise TypeError(f"{owner} names {name!r}, which is no {what}; the known ones: {', '.join(known)}")
        if not isinstance(reason, str) or not reason.strip():
            raise TypeError(f"{owner}[{name!r}] is {reason!r}; write the reason as a text")


def expected_to_fail(check: Callable[..., None], reason: str, patience_s: float) -> Callable[..., None]:
    """Return the check as one that still runs, and that must fail.

    Only the check's own failure counts: a scenario that could not be made stays an error.

    Args:
        check: The method that checks.
        reason: Why it fails; pytest shows it.
        patience_s: Seconds for which this run of the check waits for what never comes.

    Returns:
        The method, marked as a strict xfail: if it passes, the run fails, because the declaration is stale.
    """

    @functools.wraps(check)
    def deviating(self: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        self.patience_s = patience_s
        try:
            check(self, *args, **kwargs)
        except (Exception, pytest.fail.Exception) as breach:
            raise ContractBreachError(str(breach)) from breach

    expected: Callable[..., None] = pytest.mark.xfail(raises=ContractBreachError, reason=reason, strict=True)(deviating)
    return expected


def declare_deviations(cls: Any, contract: type) -> None:
    """Mark the checks that a contract's subclass declares in `deviations` as expected to fail.

    Args:
        cls: The subclass, with `deviations` and `deviation_patience_s`.
        contract: The class that holds the checks.

    Raises:
        TypeError: `deviations` names something unknown or without a reason, or the class replaces a check.
    """
    checks = check_names(contract)
    require_known(cls.deviations, checks, f"{cls.__name__}.deviations", "check")
    for name in checks:
        if name in vars(cls):
            raise TypeError(f"{cls.__name__} replaces the check {name!r}; declare a deviation instead")
        check = getattr(contract, name)
        if name in cls.deviations:
            check = expected_to_fail(check, cls.deviations[name], cls.deviation_patience_s)
        setattr(cls, name, check)
