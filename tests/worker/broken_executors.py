"""Executors that break their contract, each with the checks that have to find it: test_executor_contract.py runs it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from queuebit.store.records import Limits
from queuebit.testing import ExecutorContract
from queuebit.testing.deviations import check_names
from queuebit.worker.executor import Assignment, EndReport, Executor, Report, RunEnd, RunKey
from queuebit.worker.executors.process import ProcessExecutor

CHECKS = frozenset(check_names(ExecutorContract))


class BrokenExecutorContract(ExecutorContract):
    executor_class: ClassVar[type[ProcessExecutor]]
    deviation_patience_s = 1.0

    def make_executor(self, files: Path) -> Executor:
        return self.executor_class(files, processes=2, threads=1)


def found_by(*checks: str) -> Callable[[type], type]:
    """Add a test class for a broken executor to this module: these checks, and no others, run and have to fail."""

    def add(cls: type) -> type:
        name = f"Test{cls.__name__}"
        deviations = dict.fromkeys((f"test_{check}" for check in checks), "it is broken")
        contract = type(name, (BrokenExecutorContract,), {"executor_class": cls, "deviations": deviations})
        for other in CHECKS - deviations.keys():
            setattr(contract, other, None)
        setattr(sys.modules[cls.__module__], name, contract)
        return cls

    return add


@found_by("each_of_many_runs_is_reported_once")
class TellsTwice(ProcessExecutor):
    def take_reports(self) -> list[Report]:
        return [report for report in super().take_reports() for _ in range(1 + isinstance(report, EndReport))]


@found_by("each_circuit_has_its_result", "a_circuit_that_fails_leaves_the_others_results", "large_arrays_are_files")
class TellsOnlyTheLastResult(ProcessExecutor):
    def take_reports(self) -> list[Report]:
        return [report for report in super().take_reports() if isinstance(report, EndReport)]


@found_by("some_shots_are_those_of_the_whole_run", "a_part_of_a_job_gives_what_the_whole_job_gives")
class RunsPartsAsIfTheyWereWhole(ProcessExecutor):
    def start(self, assignment: Assignment) -> None:
        indices = tuple(range(len(assignment.circuits)))
        super().start(replace(assignment, indices=indices, shots=None))


@found_by("a_run_takes_up_room")
class AlwaysHasRoom(ProcessExecutor):
    def num_free(self) -> int:
        return max(1, super().num_free())


@found_by("a_run_whose_process_ends_has_died", "a_killed_run_ends_with_its_process")
class BlamesTheJob(ProcessExecutor):
    def take_reports(self) -> list[Report]:
        reports = super().take_reports()
        return [
            replace(report, end=RunEnd.FAILED)
            if isinstance(report, EndReport) and report.end in (RunEnd.DIED, RunEnd.STOPPED)
            else report
            for report in reports
        ]


@found_by("a_run_that_takes_too_long_fails")
class KnowsNoLimits(ProcessExecutor):
    def start(self, assignment: Assignment) -> None:
        super().start(replace(assignment, job=replace(assignment.job, limits=Limits())))


@found_by("a_job_that_listens_stops", "a_run_is_stopped_before_it_begins")
class NeverStops(ProcessExecutor):
    def stop(self, key: RunKey) -> None:
        pass

    def kill(self, key: RunKey) -> None:
        super().stop(key)
        super().kill(key)


@found_by("what_a_run_prints_is_told", "each_run_has_its_own", "progress_of_several_circuits_counts_them")
class SaysNothing(ProcessExecutor):
    def printed(self, key: RunKey) -> str:
        super().printed(key)
        return ""

    def progress(self, key: RunKey) -> tuple[int, int]:
        return 0, 0

    def take_reports(self) -> list[Any]:
        reports = super().take_reports()
        return [replace(report, printed="") if isinstance(report, EndReport) else report for report in reports]
