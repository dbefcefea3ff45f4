"""The contract kit checks the checks: each one finds a store that breaks it, and declarations are kept honest."""

import doctest
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from queuebit.store import EventRecord, JobEvent, JobFilter, JobState, MemoryStore, Part, ShotRange, StoredResult
from queuebit.testing import StoreContract, store_contract
from queuebit.testing.deviations import check_names
from queuebit.testing.store_checks.fixtures import FIRST_SHOTS, PARTS, THREE_CIRCUITS
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import done, running, submit

pytest_plugins = ["pytester"]

ALL = JobFilter()
BROKEN_STORES = sorted(Path(__file__).with_name("broken_stores").glob("[!_]*.py"))
ARGUMENTS = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--tb=native", "-rsxX", "--import-mode=importlib")


def test_each_check_finds_the_faults_it_is_for(pytester: pytest.Pytester) -> None:
    run = pytester.inline_run(*ARGUMENTS, *BROKEN_STORES)
    passed, failed_as_expected, failed = run.listoutcomes()
    assert not passed
    assert not failed
    found = {report.nodeid.rpartition("::")[2].partition("[")[0] for report in failed_as_expected}
    assert found == set(check_names(StoreContract)), "a check for which there is no broken store"


def test_no_check_hides_another() -> None:
    defined = [name for base in StoreContract.__bases__ for name in vars(base) if name.startswith("test_")]
    assert sorted(defined) == sorted(check_names(StoreContract))


def test_each_check_says_which_sentence_of_the_contract_it_holds() -> None:
    assert all(getattr(StoreContract, name).__doc__ for name in check_names(StoreContract))


def test_an_author_who_makes_no_store_is_told_what_to_override() -> None:
    class Nothing(StoreContract):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing makes no stores: override make_store\(\)"):
        Nothing().make_store()


def test_an_unknown_deviation_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Mistaken.deviations names 'test_nothing', which is no check"):
        type("Mistaken", (StoreContract,), {"deviations": {"test_nothing": "a reason"}})


def test_a_check_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="replaces the check 'test_find_takes_a_unique_prefix'"):
        type("Mistaken", (StoreContract,), {"test_find_takes_a_unique_prefix": lambda self: None})


def test_examples_run() -> None:
    outcome = doctest.testmod(store_contract)
    assert outcome.attempted
    assert not outcome.failed


class TestInvariants:
    """What is checked after each check: a store for which it doesn't hold is found out."""

    def change(self, job_id: str, store: MemoryStore, **fields: Any) -> None:
        job = store._jobs[job_id]
        job.record = replace(job.record, **fields)

    def test_a_good_store_passes(self) -> None:
        store = MemoryStore()
        done(store)
        running(store)
        submit(store)
        assert_consistent(store)

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": JobState.ERROR},
            {"attempt": 2},
            {"worker_id": "w"},
            {"finished_us": None},
            {"error": {"type": "E"}},
            {"crashes": 2},
            {"num_circuits": 2},
            {"num_parts": 2},
        ],
    )
    def test_a_record_that_does_not_fit_its_story_is_found(self, fields: dict[str, Any]) -> None:
        store = MemoryStore()
        self.change(done(store).job_id, store, **fields)
        with pytest.raises(AssertionError):
            assert_consistent(store)

    @pytest.mark.parametrize("story", ["missing", "doubled", "illegal", "decreasing"])
    def test_a_story_that_can_not_be_is_found(self, story: str) -> None:
        store = MemoryStore()
        job = store._jobs[done(store).job_id]
        first, second, last = job.events
        changed: dict[str, list[EventRecord]] = {
            "missing": [first, last],
            "doubled": [first, second, last, last],
            "illegal": [first, replace(second, event=JobEvent.FAIL), last],
            "decreasing": [first, second, replace(last, attempt=0)],
        }
        job.events = changed[story]
        with pytest.raises(AssertionError):
            assert_consistent(store)

    def test_results_of_no_circuit_are_found(self) -> None:
        store = MemoryStore()
        job = store._jobs[done(store).job_id]
        job.results[5, 0] = StoredResult(index=5, content=b"")
        with pytest.raises(AssertionError):
            assert_consistent(store)

    @pytest.mark.parametrize(
        "parts",
        [PARTS[1:], (*PARTS[:2], Part(2, 1, ShotRange(6, 4))), (*PARTS[:2], PARTS[1]), (Part(0), Part(1), Part(2))],
        ids=["missing", "gap", "doubled", "of other shots than the results"],
    )
    def test_parts_that_do_not_fit_are_found(self, parts: tuple[Part, ...]) -> None:
        store = MemoryStore()
        job = store._jobs[done(store, [FIRST_SHOTS], circuits=THREE_CIRCUITS, parts=PARTS).job_id]
        assert_consistent(store)
        job.parts, job.record = parts, replace(job.record, num_parts=len(parts))
        with pytest.raises(AssertionError, match=job.record.job_id):
            assert_consistent(store)

    def test_a_result_that_is_there_twice_is_found(self) -> None:
        store = MemoryStore()
        job = store._jobs[done(store, [FIRST_SHOTS], circuits=THREE_CIRCUITS, parts=PARTS).job_id]
        job.results[2, 7] = FIRST_SHOTS
        with pytest.raises(AssertionError):
            assert_consistent(store)

    def test_lists_that_disagree_are_found(self) -> None:
        class Forgetful(MemoryStore):
            def count(self, which: JobFilter = ALL) -> int:
                return super().count(which) + (which == ALL)

        store = Forgetful()
        done(store)
        with pytest.raises(AssertionError):
            assert_consistent(store)
