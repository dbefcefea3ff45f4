"""Runs that fail, die, or break a limit."""

from __future__ import annotations

import pytest

from queuebit.testing.executor_checks.fixtures import ExecutorFixtures
from queuebit.testing.executor_checks.runs import RunEnd, acting, deep


class FailureChecks(ExecutorFixtures):
    """Runs that raise."""

    def test_a_circuit_that_fails_leaves_the_others_results(self) -> None:
        """One failing circuit makes the run fail, with its error and place; the others' results are reported."""
        story, end = self.ended(self.start(acting("nothing", "raise:on purpose", "nothing")))
        assert end.end is RunEnd.FAILED
        assert end.error is not None
        assert end.error["type"] == "ArithmeticError"
        assert "on purpose" in end.error["message"]
        assert end.error["circuit_index"] == 1
        assert story.indices == [0, 2]
        self.is_well()

    def test_a_backend_that_can_not_be_made_fails_the_run(self) -> None:
        """A run on a backend that isn't there fails with an error that names it."""
        _, end = self.ended(self.start(acting("nothing"), "there_is_no:such_backend"))
        assert end.end is RunEnd.FAILED
        assert end.error is not None
        assert "there_is_no" in end.error["message"]
        self.is_well()

    @pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
    def test_a_run_whose_process_ends_has_died(self, name: str) -> None:
        """A process that ends in the middle is a DIED run, with the signal; what it had finished is reported."""
        story, end = self.ended(self.start(acting("nothing", f"signal:{name}", "nothing")))
        assert end.end is RunEnd.DIED
        assert name in end.reason
        assert story.indices == [0]
        self.is_well()


class LimitChecks(ExecutorFixtures):
    """Runs that take too much."""

    @pytest.mark.parametrize("name", ["wait:60", "ignore:60"])
    def test_a_run_that_takes_too_long_fails(self, name: str) -> None:
        """A run past its time limit is ended and fails with a text that says the limit, whether it listens or not."""
        story, end = self.ended(self.start(acting("nothing", name), time_limit_s=0.3))
        assert end.end is RunEnd.FAILED
        assert end.error is not None
        assert end.error["type"] == "TimeLimitError"
        assert "0.3 s" in end.error["message"]
        assert story.indices == [0]
        self.is_well()

    def test_a_native_simulation_that_takes_too_long_fails(self) -> None:
        """A simulation is ended at its time limit as well."""
        _, end = self.ended(self.start([deep()], "basic_simulator", time_limit_s=0.2))
        assert end.end is RunEnd.FAILED
        assert end.error is not None
        assert end.error["type"] == "TimeLimitError"

    def test_a_run_that_takes_too_much_memory_fails(self) -> None:
        """A run past its memory limit is ended and fails with a text that says the limit."""
        _, end = self.ended(self.start(acting("leak:600"), memory_limit_bytes=400 * 2**20))
        assert end.end is RunEnd.FAILED
        assert end.error is not None
        assert end.error["type"] == "MemoryLimitError"
        assert "400 MiB" in end.error["message"]
        self.is_well()

    def test_a_run_within_its_limits_is_left_alone(self) -> None:
        """Limits that aren't reached change nothing."""
        self.run(acting("nothing"), time_limit_s=60.0, memory_limit_bytes=2**40, threads=1)
