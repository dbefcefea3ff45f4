"""Contracts as pytest classes, and scripted stand-ins, for authors of providers and engines.

`JobContract` checks a job class against the whole job contract: subclass it in a test module and say how a
job is made. `ScriptedJob` is a job whose statuses follow a script, for testing what watches jobs or waits for
them. `EngineContract` checks an engine in the same way; only it needs Hypothesis. `StoreContract` checks a store of
durable jobs, `ExecutorContract` what runs them.

Importing this package needs pytest. Write `from queuebit.testing import JobContract`.
"""

from typing import TYPE_CHECKING

import pytest

# Before the checks are imported, so that a failing `assert` in them shows its values.
pytest.register_assert_rewrite(
    "queuebit.testing.job_checks",
    "queuebit.testing.engine_checks",
    "queuebit.testing.engine_runs",
    "queuebit.testing.store_checks",
    "queuebit.testing.executor_checks",
)

from queuebit.testing.job_contract import JobContract  # noqa: E402
from queuebit.testing.scripted_job import ScriptedJob  # noqa: E402
from queuebit.testing.scripted_status import ScriptedStatus, StatusProbe  # noqa: E402

if TYPE_CHECKING:
    from queuebit.testing.engine_contract import EngineContract
    from queuebit.testing.executor_contract import ExecutorContract
    from queuebit.testing.store_contract import StoreContract

__all__ = [
    "EngineContract",
    "ExecutorContract",
    "JobContract",
    "ScriptedJob",
    "ScriptedStatus",
    "StatusProbe",
    "StoreContract",
]


def __getattr__(name: str) -> object:
    """Return the other contracts when they are asked for, so that job authors don't need what they import."""
    if name == "EngineContract":
        from queuebit.testing.engine_contract import EngineContract

        return EngineContract
    if name == "StoreContract":
        from queuebit.testing.store_contract import StoreContract

        return StoreContract
    if name == "ExecutorContract":
        from queuebit.testing.executor_contract import ExecutorContract

        return ExecutorContract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
