"""The result of a circuit from those of its shots: nothing is lost, nothing is there twice."""

import json
import random
import sys
from dataclasses import replace

import numpy as np
import pytest
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.merging import merged, run_of
from queuebit.codec.results import decode_result, decode_run, encode_result
from queuebit.codec.shot_data import ShotData
from queuebit.codec.shot_list import pack_shots
from queuebit.codec.whole_results import assemble
from queuebit.store.records import ShotRange

WHAT = "the result of circuit 0"

CALLS_A_PART = 100
"""Of functions, Python's own included, when parts of a circuit's shots are merged."""


def shots_of(outcomes, *, memory=True, **facts):
    """The result of a run that gave these outcomes."""
    texts = [hex(outcome) for outcome in outcomes]
    counts = {text: texts.count(text) for text in sorted(set(texts), key=lambda text: int(text, 16))}
    data = {"counts": counts, **({"memory": texts} if memory else {}), **facts.pop("data", {})}
    fields = {"success": True, "status": "DONE", "header": {"name": "c", "memory_slots": 70, "creg_sizes": [["c", 70]]}}
    return ExperimentResult(shots=len(texts), data=ExperimentResultData(**data), **{**fields, **facts})


def whole_of(results):
    first, *rest = results
    return merged(first, map(run_of, rest), WHAT)


def cut(outcomes, *places):
    """The outcomes before, between and behind some places."""
    return [outcomes[first:after] for first, after in zip((0, *places), (*places, len(outcomes)), strict=True)]


def some_outcomes(number, num_bits, seed=1):
    generator = random.Random(seed)
    distinct = [generator.getrandbits(num_bits) for _ in range(20)]
    return [generator.choice(distinct) for _ in range(number)]


@pytest.mark.parametrize("num_bits", [1, 5, 64, 65, 300])
@pytest.mark.parametrize("places", [(), (1,), (999,), (10, 11, 12), (300, 600)])
def test_the_whole_is_what_one_run_gives(num_bits, places):
    outcomes = some_outcomes(1000, num_bits)
    whole = whole_of([shots_of(piece) for piece in cut(outcomes, *places)])
    expected = shots_of(outcomes)
    assert whole.shots == 1000
    assert whole.data.memory == expected.data.memory
    assert list(whole.data.counts.items()) == list(expected.data.counts.items())


def test_counts_alone_have_no_memory():
    whole = whole_of([shots_of([0, 1], memory=False), shots_of([1, 1, 3], memory=False)])
    assert whole.data.counts == {"0x0": 1, "0x1": 3, "0x3": 1}
    assert not isinstance(whole.data, ShotData)
    assert "memory" not in whole.data.to_dict()


def test_nothing_measured_gives_nothing():
    nothing = ExperimentResult(5, success=True, data=ExperimentResultData(counts={}, memory=[]))
    whole = whole_of([nothing, nothing])
    assert (whole.shots, whole.data.counts, whole.data.memory) == (10, {}, [])


def test_one_part_is_the_whole():
    only = shots_of([0, 5, 5], seed=7)
    whole = whole_of([only])
    assert whole.to_dict() == {**only.to_dict(), "time_taken": 0.0}


def test_the_facts_are_those_of_the_first_and_sums():
    first = shots_of([0], seed=7, time_taken=0.5, metadata={"engine": "e", "nested": [1]})
    second = shots_of([1], seed=8, time_taken=0.25, metadata={"engine": "f"})
    whole = whole_of([first, second])
    assert (whole.seed, whole.metadata, whole.time_taken) == (7, {"engine": "e", "nested": [1]}, 0.75)
    assert (whole.success, whole.status) == (True, "DONE")
    assert Result(results=[whole]).get_counts() == {"0" * 70: 1, "0" * 69 + "1": 1}


def test_what_failed_in_part_failed():
    assert not whole_of([shots_of([0]), shots_of([1], success=False)]).success


def test_the_parts_stay_as_they_are():
    first, second = shots_of([0, 1]), shots_of([1])
    before = json.dumps([first.to_dict(), second.to_dict()], default=str)
    whole = whole_of([first, second])
    whole.data.memory.append("0x9")
    whole.data.counts["0x9"] = 1
    assert json.dumps([first.to_dict(), second.to_dict()], default=str) == before


def test_outcomes_that_are_no_numbers_are_added_up():
    parts = [
        ExperimentResult(2, success=True, data=ExperimentResultData(counts=counts))
        for counts in ({"00 1": 1, "01 1": 1}, {"01 1": 2})
    ]
    assert whole_of(parts).data.counts == {"00 1": 1, "01 1": 3}


def test_equal_data_beside_the_counts_is_kept():
    state = np.array([1, 0j])
    whole = whole_of([shots_of([0], data={"final": state, "note": "n"}) for _ in range(3)])
    assert np.array_equal(whole.data.final, state)
    assert whole.data.note == "n"


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ({"state": np.array([1, 0])}, {"state": np.array([0, 1])}, "state"),
        ({"state": np.array([1, 0])}, {"state": "none"}, "state"),
        ({"value": 1.0}, {"value": 2.0}, "value"),
        ({"value": 1.0}, {}, "value"),
        ({}, {"value": 1.0}, "value"),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, "a, b"),
    ],
    ids=["arrays", "an array and a text", "numbers", "the first has it alone", "another has it alone", "several"],
)
@pytest.mark.parametrize("place", [1, 2])
def test_data_that_differs_is_refused(one, other, names, place):
    parts = [shots_of([0], data=one) for _ in range(3)]
    parts[place] = shots_of([0], data=other)
    with pytest.raises(CodecError, match=f"^the result of circuit 0 can't be put together.*they differ in {names}$"):
        whole_of(parts)


@pytest.mark.parametrize("memory", [True, False])
def test_a_memory_that_not_all_have_is_refused(memory):
    with pytest.raises(CodecError, match="they differ in memory"):
        whole_of([shots_of([0], memory=memory), shots_of([0], memory=not memory)])


def test_a_merged_result_can_be_stored(there_and_back, same):
    whole = whole_of([shots_of(piece, seed=3) for piece in cut(some_outcomes(500, 80), 100, 101)])
    again = there_and_back(whole)
    assert same(again.to_dict(), whole.to_dict())


@pytest.fixture
def whole_job(tmp_path):
    """A job's result from the results of shots, each stored and read again."""

    def whole(outcomes, number, *, leave_out=(), wanted=None, **facts):
        stored = []
        for piece in range(number):
            first, after = len(outcomes) * piece // number, len(outcomes) * (piece + 1) // number
            if piece not in leave_out:
                result = encode_result(shots_of(outcomes[first:after]), 0, tmp_path, "x")
                stored.append(replace(result, shots=ShotRange(first, after - first)))
        return assemble(
            stored,
            files=tmp_path,
            num_circuits=1,
            backend_name="b",
            backend_version="",
            job_id="1f",
            success=True,
            status="COMPLETED",
            date="",
            time_taken=0.0,
            cut_shots={0: len(outcomes) if wanted is None else wanted},
            **facts,
        )

    return whole


def test_a_jobs_result_is_put_together_in_the_order_of_the_shots(whole_job):
    outcomes = some_outcomes(1000, 40)
    result = whole_job(outcomes, 7)
    assert result.results[0].success
    assert result.data(0)["memory"] == [hex(outcome) for outcome in outcomes]
    assert sum(result.get_counts().values()) == 1000


@pytest.mark.parametrize("leave_out", [(0,), (3,), (9,), (0, 9)])
def test_missing_shots_make_an_entry_unsuccessful(whole_job, leave_out):
    (entry,) = whole_job(some_outcomes(1000, 10), 10, leave_out=leave_out).results
    assert not entry.success
    assert entry.status == f"{1000 - 100 * len(leave_out)} OF 1000 SHOTS"
    assert len(entry.data.memory) == sum(entry.data.counts.values()) == entry.shots == 1000 - 100 * len(leave_out)


def test_a_circuit_that_is_cut_and_has_no_result_says_how_many_shots_were_wanted(whole_job):
    (entry,) = whole_job([], 0, wanted=300, shots=5).results
    assert (entry.success, entry.status, entry.shots) == (False, "NOT FINISHED", 300)


@pytest.mark.parametrize(
    "ranges", [(ShotRange(0, 5), ShotRange(4, 5)), (ShotRange(0, 5), ShotRange(0, 5)), (None, ShotRange(0, 5))]
)
def test_shots_that_are_there_twice_are_refused(tmp_path, ranges):
    result = encode_result(shots_of([0] * 5), 0, tmp_path, "x")
    stored = [replace(result, shots=shots) for shots in ranges]
    with pytest.raises(CodecError, match="the results of job 1f are of circuits"):
        assemble(
            stored,
            files=tmp_path,
            num_circuits=1,
            backend_name="",
            backend_version="",
            job_id="1f",
            success=True,
            status="",
            date="",
            time_taken=0.0,
        )


def merged_in_calls(tmp_path, num_parts, shots):
    """Merge parts, and return the whole and how many functions were called for that."""
    parts = [encode_result(shots_of(some_outcomes(shots, 5, seed)), 0, tmp_path, "x") for seed in range(num_parts)]
    first, rest = decode_result(parts[0], tmp_path), [decode_run(part, tmp_path) for part in parts[1:]]
    calls = 0

    def note(_frame, event, _arg):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        whole = merged(first, rest, WHAT)
    finally:
        sys.setprofile(before)
    return whole, calls


def test_merging_takes_a_few_calls_a_part_and_none_a_shot(tmp_path):
    whole, calls = merged_in_calls(tmp_path, 200, 500)
    assert sum(whole.data.counts.values()) == whole.shots == 100_000
    assert "memory" not in vars(whole.data)
    assert pack_shots(whole.data.memory).count == 100_000
    assert calls < CALLS_A_PART * 200
    few, of_few_shots = (merged_in_calls(tmp_path, 20, shots)[1] for shots in (2000, 200))
    assert few < 1.2 * of_few_shots
