"""Contracts as pytest classes, and scripted stand-ins, for authors of providers.

`JobContract` checks a job class against the whole job contract: subclass it in a test module and say how a
job is made. `ScriptedJob` is a job whose statuses follow a script, for testing what watches jobs or waits for
them.

Importing this package needs pytest. Write `from queuebit.testing import JobContract`.
"""

import pytest

# Before the checks are imported, so that a failing `assert` in them shows its values.
pytest.register_assert_rewrite("queuebit.testing.job_checks")

from queuebit.testing.job_contract import JobContract  # noqa: E402
from queuebit.testing.scripted_job import ScriptedJob  # noqa: E402
from queuebit.testing.scripted_status import ScriptedStatus, StatusProbe  # noqa: E402

__all__ = ["JobContract", "ScriptedJob", "ScriptedStatus", "StatusProbe"]
