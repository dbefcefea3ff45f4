"""The executor contract on the executor that runs jobs in children, without a deviation; and the checks checked."""

import doctest
import os
from pathlib import Path

import pytest

from queuebit.testing import ExecutorContract, executor_contract
from queuebit.testing.deviations import check_names
from queuebit.worker.executor import Executor
from queuebit.worker.executors.process import ProcessExecutor

pytest_plugins = ["pytester"]

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"

BROKEN_EXECUTORS = Path(__file__).with_name("broken_executors.py")
ARGUMENTS = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--tb=native", "-rsxX", "--import-mode=importlib")


class TestProcessExecutor(ExecutorContract):
    def make_executor(self, files: Path) -> Executor:
        return ProcessExecutor(files, processes=2, threads=1)


def test_checks_find_the_faults_they_are_for(pytester: pytest.Pytester) -> None:
    """Those that are found only by waiting in vain are left to `QUEUEBIT_TORTURE=whole`."""
    few = () if IS_WHOLE else ("-k", "not NeverStops and not KnowsNoLimits and not SaysNothing")
    run = pytester.inline_run(*ARGUMENTS, *few, BROKEN_EXECUTORS)
    passed, failed_as_expected, failed = run.listoutcomes()
    assert not passed
    assert not failed
    assert len(failed_as_expected) >= (17 if IS_WHOLE else 10)


def test_an_executor_that_waits_is_found(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import time

        from queuebit.testing import ExecutorContract
        from queuebit.worker.executors.process import ProcessExecutor


        class Waits(ProcessExecutor):
            def start(self, assignment):
                super().start(assignment)
                time.sleep(0.6)


        class TestWaits(ExecutorContract):
            def make_executor(self, files):
                return Waits(files, processes=2, threads=1)
        """
    )
    run = pytester.inline_run(*ARGUMENTS, "-k", "test_parts_of_a_job_run_side_by_side")
    assert any("start() took 0.6" in str(report.longrepr) for report in run.getfailures())


def test_no_check_hides_another() -> None:
    defined = [name for base in ExecutorContract.__bases__ for name in vars(base) if name.startswith("test_")]
    assert sorted(defined) == sorted(check_names(ExecutorContract))


def test_each_check_says_which_sentence_of_the_contract_it_holds() -> None:
    assert all(getattr(ExecutorContract, name).__doc__ for name in check_names(ExecutorContract))


def test_an_author_who_makes_no_executor_is_told_what_to_override() -> None:
    class Nothing(ExecutorContract):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing makes no executors: override make_executor\(\)"):
        Nothing().make_executor(Path())


def test_an_unknown_deviation_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Mistaken.deviations names 'test_nothing', which is no check"):
        type("Mistaken", (ExecutorContract,), {"deviations": {"test_nothing": "a reason"}})


def test_examples_run() -> None:
    outcome = doctest.testmod(executor_contract)
    assert outcome.attempted
    assert not outcome.failed
