"""What the checks of executors have in common: an executor that stays for all of them, and runs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from qiskit import QuantumCircuit

from queuebit.testing.executor_checks.runs import ACTING, EndReport, ExecutorRig, RunEnd, RunStory, new_assignment
from queuebit.worker.executor import Executor, RunKey


class ExecutorFixtures:
    """What an author says about an executor, and what checks do with it.

    Attributes:
        deviations: Names of checks that the executor is known to fail, each with the reason.
        patience_s: Seconds that a run, its end or its executor's beginning may take.
        deviation_patience_s: The same where a deviation is declared.
        longest_call_s: Seconds that a call of the executor may take, without those in which others had the processors;
            closing it may take longer.
        stop_s: Seconds within which a run stops that is asked to.
        rig: The executor of the check that runs.
        folder: An empty folder.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    patience_s: float = 60.0
    deviation_patience_s: ClassVar[float] = 3.0
    longest_call_s: ClassVar[float] = 0.5
    stop_s: ClassVar[float] = 2.0
    rig: ExecutorRig
    folder: Path

    def make_executor(self, files: Path) -> Executor:
        """Return a new executor that isn't open, for at least two runs side by side.

        Args:
            files: the folder for results' arrays.

        Raises:
            NotImplementedError: The class doesn't say how.
        """
        raise NotImplementedError(f"{type(self).__name__} makes no executors: override make_executor()")

    @pytest.fixture(scope="class")
    @classmethod
    def _rigs(cls) -> Iterator[list[ExecutorRig]]:
        rigs: list[ExecutorRig] = []
        yield rigs
        for rig in rigs:
            rig.close()

    @pytest.fixture(autouse=True)
    def _executor(self, _rigs: list[ExecutorRig], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
        self.folder = tmp_path
        if not _rigs:
            _rigs.append(self.new_rig(tmp_path_factory.mktemp("files")))
        self.rig = rig = _rigs[0]
        rig.slowest_call = ("nothing", 0.0)
        yield
        self._hand_on(rig, _rigs)

    def _hand_on(self, rig: ExecutorRig, rigs: list[ExecutorRig]) -> None:
        """Have the next check begin with an executor that has nothing to do, and look at what this one took."""
        try:
            rig.leave(self.patience_s)
            rig.stories.clear()
        except BaseException:
            rigs.remove(rig)
            rig.close()
            if not self.deviations:
                raise
        if not self.deviations:
            name, seconds = rig.slowest_call
            assert seconds < self.longest_call_s, f"{name}() took {seconds:.2f} s; an executor never waits"

    def new_rig(self, files: Path) -> ExecutorRig:
        """Return an executor of its own, for a check that ends it.

        Args:
            files: its folder.
        """
        return ExecutorRig(self.make_executor(files), files)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Drive the executor until a condition holds.

        Args:
            condition: the condition.
            what: how a failure names it.
        """
        __tracebackhide__ = True
        self.rig.until(condition, what, self.patience_s)

    def start(self, circuits: Sequence[QuantumCircuit], backend: str = ACTING, **fields: Any) -> RunKey:
        """Start a run as soon as there is room.

        Args:
            circuits: what to run.
            backend: on which backend.
            **fields: what `new_assignment` takes.
        """
        __tracebackhide__ = True
        assignment = new_assignment(circuits, backend, **fields)
        self.until(lambda: self.rig.call("num_free"), "room for a run")
        self.rig.stories[assignment.key] = RunStory()
        self.rig.call("start", assignment)
        return assignment.key

    def ended(self, key: RunKey) -> tuple[RunStory, EndReport]:
        """Wait for a run's end, and return what became of it.

        Args:
            key: the run.
        """
        __tracebackhide__ = True
        self.until(lambda: self.rig.watch(key).end, "the end of a run")
        story = self.rig.stories[key]
        assert story.end is not None
        return story, story.end

    def run(self, circuits: Sequence[QuantumCircuit], backend: str = ACTING, **fields: Any) -> RunStory:
        """Run something that has to succeed.

        Args:
            circuits: what to run.
            backend: on which backend.
            **fields: what `new_assignment` takes.
        """
        __tracebackhide__ = True
        story, end = self.ended(self.start(circuits, backend, **fields))
        assert end.end is RunEnd.FINISHED, end
        return story

    def is_well(self) -> None:
        """Check that the executor takes the next run, and that it succeeds."""
        __tracebackhide__ = True
        self.run([QuantumCircuit(1, 1, name="nothing")])
