"""What is seen of a run while it takes place: its progress, and what it prints."""

from __future__ import annotations

from queuebit.testing.executor_checks.fixtures import ExecutorFixtures
from queuebit.testing.executor_checks.runs import RunStory, acting, deep
from queuebit.worker.executor import RunKey


class ProgressChecks(ExecutorFixtures):
    """`progress()`."""

    def _watched(self, key: RunKey, enough: int) -> RunStory:
        """Watch a run until so many different numbers of units have been done, or it has ended."""

        def has_seen_enough() -> bool:
            story = self.rig.watch(key)
            return story.end is not None or len({done for done, total in story.progress if total}) >= enough

        self.rig.poll(has_seen_enough, "progress", self.patience_s)
        story = self.rig.stories[key]
        assert story.end is None, story.end
        return story

    def _assert_goes_up(self, progress: list[tuple[int, int]], total: int) -> None:
        known = [each for each in progress if each[1]]
        assert known == sorted(known)
        assert {each[1] for each in known} == {total}
        assert known[-1][0] > 0

    def test_progress_of_a_circuit_goes_up(self) -> None:
        """Of one circuit, the progress is in instructions, and only goes up."""
        story = self._watched(self.start([deep()], "basic_simulator"), 3)
        totals = {total for _, total in story.progress if total}
        assert len(totals) == 1
        self._assert_goes_up(story.progress, totals.pop())

    def test_progress_of_several_circuits_counts_them(self) -> None:
        """Of several circuits, the progress is how many have run."""
        gates = [self.folder / name for name in ("first", "second")]
        key = self.start(acting("nothing", *(f"meet:{gate}.reached|{gate}" for gate in gates), "wait:60"))
        for number, gate in enumerate([*gates, self.folder / "no gate"], 1):
            self._until_done(key, number)
            gate.touch()
        story = self.rig.stories[key]
        self._assert_goes_up(story.progress, 4)
        assert {done for done, total in story.progress if total} >= {1, 2, 3}
        assert story.indices == list(range(len(story.indices))), "results come as circuits finish"
        assert story.results

    def _until_done(self, key: RunKey, number: int) -> None:
        """Watch a run until so many units have been done."""
        self.rig.poll(lambda: self.rig.watch(key).progress[-1][0] >= number, f"progress {number}", self.patience_s)


class PrintedChecks(ExecutorFixtures):
    """`printed()`."""

    def test_what_a_run_prints_is_told(self) -> None:
        """All that a run prints is told once: by `printed()`, or at its end."""
        key = self.start(acting("print:one", "spell:two three four", "nothing"))
        story, _ = self.ended(key)
        assert story.printed.split() == ["one", "two", "three", "four"]

    def test_what_a_run_prints_is_told_while_it_runs(self) -> None:
        """What is printed can be read before the run has ended."""
        key = self.start(acting("print_and_wait:it runs"))
        # It may come in pieces.
        self.rig.poll(lambda: self.rig.watch(key).printed.endswith("\n"), "what the run prints", self.patience_s)
        assert self.rig.stories[key].printed == "it runs\n"

    def test_each_run_has_its_own(self) -> None:
        """What one run prints isn't told of another, also when they share a process."""
        keys = [self.start(acting(f"print:run {number}")) for number in range(6)]
        assert [self.ended(key)[0].printed for key in keys] == [f"run {number}\n" for number in range(6)]
