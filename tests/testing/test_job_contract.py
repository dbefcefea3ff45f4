"""The contract kit checks the checks: each one finds a job that breaks it, and declarations are kept honest."""

from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest

from queuebit.testing import JobContract
from queuebit.testing.deviations import check_names

pytest_plugins = ["pytester"]

BROKEN_JOBS = sorted(Path(__file__).with_name("broken_jobs").glob("[!_]*.py"))

# Hypothesis has nothing to do here, and its summary takes a second.
ARGUMENTS = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--tb=native", "-rsxX")

A_JOB = """
from qiskit.providers.basic_provider import BasicProviderJob
from queuebit.testing import JobContract

class TestJob(JobContract):
    deviations = {deviations}
    unavailable = {unavailable}

    def make_job(self, work, backend, job_id, **metadata):
        return BasicProviderJob(backend, job_id, work(), **metadata)
"""

AT_ONCE = dict.fromkeys(("unsubmitted", "queued", "running"), "it is finished when it is made")


def run_pytest(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*ARGUMENTS, *arguments)


def run_check(pytester: pytest.Pytester, name: str, deviations: dict[str, str]) -> pytest.RunResult:
    pytester.makepyfile(test_job=A_JOB.format(deviations=deviations, unavailable=AT_ONCE))
    return run_pytest(pytester, f"test_job.py::TestJob::{name}")


def test_each_check_finds_the_faults_it_is_for(pytester: pytest.Pytester) -> None:
    run = pytester.inline_run(*ARGUMENTS, *BROKEN_JOBS)
    passed, failed_as_expected, failed = run.listoutcomes()
    assert not passed
    assert not failed
    found = {report.nodeid.rpartition("::")[2] for report in failed_as_expected}
    assert found == set(check_names(JobContract)), "a check for which there is no broken job"


def test_a_deviation_that_is_declared_fails_as_expected(pytester: pytest.Pytester) -> None:
    outcome = run_check(pytester, "test_backend_none_raises", {"test_backend_none_raises": "it returns None"})
    outcome.assert_outcomes(xfailed=1)
    outcome.stdout.fnmatch_lines(["XFAIL *test_backend_none_raises - it returns None*"])


def test_a_deviation_that_is_not_declared_fails(pytester: pytest.Pytester) -> None:
    run_check(pytester, "test_backend_none_raises", {}).assert_outcomes(failed=1)


def test_a_stale_deviation_fails(pytester: pytest.Pytester) -> None:
    outcome = run_check(pytester, "test_version_is_one", {"test_version_is_one": "it was 0"})
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["*XPASS(strict)*it was 0*"])


def test_a_deviation_that_never_runs_is_an_error(pytester: pytest.Pytester) -> None:
    outcome = run_check(pytester, "test_wait_times_out", {"test_wait_times_out": "it never runs"})
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*'test_wait_times_out', which never runs because 'running' is declared*"])


def test_a_scenario_that_is_unavailable_skips_its_checks_with_the_reason(pytester: pytest.Pytester) -> None:
    outcome = run_check(pytester, "test_wait_times_out", {})
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(["SKIPPED*no running job: it is finished when it is made"])


def test_a_scenario_that_cannot_be_made_is_an_error_also_where_a_failure_is_declared(
    pytester: pytest.Pytester,
) -> None:
    # The work of the failing job raises in make_job(): that is no failure of the check.
    declared = {"test_failed_job_is_error": "it raises"}
    run_check(pytester, "test_failed_job_is_error", declared).assert_outcomes(errors=1)


def test_a_running_job_that_has_ended_is_an_error_that_says_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from qiskit.providers.basic_provider import BasicProviderJob
        from queuebit.testing import JobContract
        from queuebit.testing.work import succeed

        class TestJob(JobContract):
            def running_job(self, release):
                return BasicProviderJob(None, "ended", succeed())
        """
    )
    outcome = run_pytest(pytester, "-k", "test_wait_times_out")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*running_job() gave a job that is DONE; it has to run until `release` is set*"])


def test_an_author_who_makes_no_job_is_told_what_to_override() -> None:
    class Nothing(JobContract):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing makes no jobs: override make_job\(\)"):
        Nothing().finished_job()
    with pytest.raises(NotImplementedError, match=r"Nothing has no queued job: override queued_job\(\)"):
        Nothing().queued_job(Event())


def test_an_unknown_deviation_is_refused_with_the_known_checks() -> None:
    with pytest.raises(TypeError, match=r"names 'test_nothing', which is no check; .* test_version_is_one") as refused:
        type("Mistaken", (JobContract,), {"deviations": {"test_nothing": "a reason"}})
    assert str(refused.value).startswith("Mistaken.deviations")


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TypeError, match=r"names 'paused', which is no scenario; .* running"):
        type("Mistaken", (JobContract,), {"unavailable": {"paused": "a reason"}})


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_a_declaration_without_a_reason_is_refused(reason: object) -> None:
    with pytest.raises(TypeError, match="write the reason as a text"):
        type("Mistaken", (JobContract,), {"deviations": {"test_version_is_one": reason}})


def test_a_check_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="replaces the check 'test_version_is_one'"):
        type("Mistaken", (JobContract,), {"test_version_is_one": lambda self: None})


def test_a_scenario_cannot_be_made_and_declared_unavailable() -> None:
    with pytest.raises(TypeError, match=r"defines failing_job\(\) and declares 'failing' unavailable"):
        type("Mistaken", (JobContract,), {"unavailable": {"failing": "why"}, "failing_job": lambda self: None})


def test_a_subclass_may_take_a_deviation_back() -> None:
    class Parent(JobContract):
        deviations: ClassVar = {"test_version_is_one": "it is 0"}

    class Child(Parent):
        deviations: ClassVar = {}

    assert [mark.name for mark in vars(Parent)["test_version_is_one"].pytestmark] == ["xfail"]
    assert not hasattr(vars(Child)["test_version_is_one"], "pytestmark")


def test_each_check_says_which_sentence_of_the_contract_it_holds() -> None:
    without = [name for name in check_names(JobContract) if not getattr(JobContract, name).__doc__]
    assert not without
