"""Ending runs before they have ended by themselves, and ending the executor."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

from queuebit.testing.executor_checks.fixtures import ExecutorFixtures
from queuebit.testing.executor_checks.runs import RunEnd, RunStory, acting, deep, new_assignment
from queuebit.testing.patience import eventually
from queuebit.worker.executor import RunKey


class StopChecks(ExecutorFixtures):
    """`stop()` and `kill()`."""

    def _started(self, name: str) -> tuple[RunKey, int]:
        """Start a run and wait until it writes its process's number."""
        path = self.folder / name
        key = self.start(acting("nothing", f"stay:{path}"))
        self.rig.poll(lambda: self.rig.watch(key) and _number(path), "a run's beginning", self.patience_s)
        return key, _number(path)

    def _stopped_after_s(self, key: RunKey) -> float:
        begun = time.monotonic()
        self.rig.call("stop", key)
        _, end = self.ended(key)
        assert end.end is RunEnd.STOPPED, end
        return time.monotonic() - begun

    def test_a_native_simulation_stops(self) -> None:
        """A simulation that is asked to stop does, soon."""
        key = self.start([deep()], "basic_simulator")
        self.rig.poll(lambda: self.rig.watch(key).progress[-1][0] > 0, "progress", self.patience_s)
        assert self._stopped_after_s(key) < self.stop_s
        self.is_well()

    def test_a_job_that_listens_stops(self) -> None:
        """A foreign job that can be cancelled is cancelled."""
        key = self.start(acting("print_and_wait:it runs"))
        self.rig.poll(lambda: self.rig.watch(key).printed, "what the run prints", self.patience_s)
        assert self._stopped_after_s(key) < self.stop_s
        self.is_well()

    def test_a_job_that_does_not_listen_is_ended(self) -> None:
        """A run that ignores the request is ended with its process; what it had finished is reported."""
        key, pid = self._started("pid")
        assert self._stopped_after_s(key) < self.stop_s
        assert self.rig.stories[key].indices == [0]
        assert eventually(self.patience_s, lambda: not _is_running(pid))
        self.is_well()

    def test_a_run_is_stopped_before_it_begins(self) -> None:
        """A request right after the start is heard too, and twice is as good as once."""
        keys = [self.start(acting("nothing", "wait:60")) for _ in range(2)]
        for key in keys * 2:
            self.rig.call("stop", key)
        assert {self.ended(key)[1].end for key in keys} == {RunEnd.STOPPED}
        self.is_well()

    def test_a_killed_run_ends_with_its_process(self) -> None:
        """`kill()` doesn't ask."""
        key, pid = self._started("pid")
        self.rig.call("kill", key)
        _, end = self.ended(key)
        assert end.end is RunEnd.STOPPED
        assert eventually(self.patience_s, lambda: not _is_running(pid))
        self.is_well()

    def test_a_run_that_has_ended_can_not_be_stopped(self) -> None:
        """A request that comes too late is nothing, and nothing is reported of it."""
        key = self.start(acting("nothing"))
        self.ended(key)
        for request in ("stop", "kill"):
            self.rig.call(request, key)
        self.is_well()
        assert len([report for report in self.rig.stories[key].reports if report is self.rig.stories[key].end]) == 1


class CloseChecks(ExecutorFixtures):
    """`close()`."""

    def test_closing_ends_everything(self) -> None:
        """After `close()` no process of a run is left, nothing is registered with the selector, nothing is reported."""
        path, files = self.folder / "pid", self.folder / "files"
        files.mkdir()
        rig = self.new_rig(files)
        try:
            rig.until(lambda: rig.call("num_free"), "room for a run", self.patience_s)
            assignment = new_assignment(acting(f"stay:{path}"))
            rig.stories[assignment.key] = RunStory()
            rig.call("start", assignment)
            rig.poll(lambda: _number(path), "a run's beginning", self.patience_s)
        finally:
            rig.executor.close()
        left = len(rig.selector.get_map())
        rig.selector.close()
        assert not _is_running(_number(path))
        assert left == 0
        assert rig.stories[assignment.key].end is None

    def test_an_executor_that_had_nothing_to_do_closes(self) -> None:
        """Closing is possible at any time, also right after opening."""
        files = self.folder / "files"
        files.mkdir()
        begun = time.monotonic()
        self.new_rig(files).close()
        assert time.monotonic() - begun < self.patience_s


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii") or 0) if path.exists() else 0


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
