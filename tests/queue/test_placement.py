"""Parts on workers: who gets what, how long all of it takes, and what that is held up by."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuebit.queue.placement import Bound, Placed, Work, place

MUCH = 10_000.0


def test_whoever_is_free_first_takes_the_next_part() -> None:
    plan = place([Work(3.0), Work(1.0), Work(1.0), Work(2.0)], num_workers=2)
    assert plan.placed == [Placed(0, 0.0, 3.0), Placed(1, 0.0, 1.0), Placed(1, 1.0, 2.0), Placed(1, 2.0, 4.0)]
    assert [(load.num_parts, load.busy_s) for load in plan.loads] == [(1, 3.0), (3, 4.0)]
    assert (plan.whole_s, plan.work_s) == (4.0, 7.0)


def test_a_worker_needs_the_memory_of_its_largest_part_and_nothing_is_known_of_the_others() -> None:
    plan = place([Work(1.0, 100), Work(1.0), Work(1.0, 300), Work(1.0)], num_workers=2)
    assert [load.memory_bytes for load in plan.loads] == [300, None]


def test_without_work_nothing_is_the_limit() -> None:
    plan = place([], num_workers=3)
    assert (plan.bound, plan.whole_s, plan.busy_share) == (Bound.NOTHING, 0.0, 0.0)
    assert len(plan.loads) == 3


@pytest.mark.parametrize(
    ("seconds", "num_workers", "bound"),
    [
        ([1.0] * 100, 10, Bound.WORKERS),
        ([1.0] * 10, 10, Bound.WORKERS),
        ([1.0] * 10, 11, Bound.WORKERS),
        ([1.0] * 10, 20, Bound.PARTS),
        ([MUCH, *[1.0] * 100], 10, Bound.LONGEST_PART),
        ([*[1.0] * 10, 5.0, 4.0, 1.0], 4, Bound.ENDING),
        ([1e-6] * 1000, 10, Bound.SERVICE),
    ],
)
def test_the_plan_says_what_the_limit_is(seconds: list[float], num_workers: int, bound: Bound) -> None:
    assert place([Work(each) for each in seconds], num_workers).bound is bound


def test_what_the_service_does_for_each_job_counts_for_many_short_ones() -> None:
    parts = [Work(1e-6)] * 1000
    one, many = place(parts, 10), place(parts, 10, num_jobs=1000)
    assert one.whole_s == one.service_s
    assert many.whole_s == many.service_s > one.service_s


def test_no_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="num_workers must be 1 or more, got 0"):
        place([Work(1.0)], 0)


def test_a_hundred_thousand_workers_take_no_long_thought() -> None:
    plan = place([Work(1.0)] * 100_001, num_workers=100_000)
    assert max(each.ends_s for each in plan.placed) == 2.0
    assert [load.num_parts for load in plan.loads[:3]] == [2, 1, 1]


@given(
    seconds=st.lists(st.floats(0.01, 100.0), min_size=1, max_size=60),
    num_workers=st.integers(1, 80),
)
def test_no_worker_does_two_things_at_once_and_the_bounds_hold(seconds: list[float], num_workers: int) -> None:
    plan = place([Work(each) for each in seconds], num_workers)
    for worker, load in enumerate(plan.loads):
        own = [each for each in plan.placed if each.worker == worker]
        assert all(before.ends_s <= after.begins_s for before, after in pairwise(own))
        assert load.num_parts == len(own)
        assert load.busy_s == pytest.approx(sum(each.ends_s - each.begins_s for each in own))
    lower = max(max(seconds), sum(seconds) / num_workers)
    assert lower <= plan.whole_s * (1 + 1e-9)
    # Graham's bound.
    assert max(each.ends_s for each in plan.placed) <= (2 - 1 / num_workers) * lower * (1 + 1e-9)
    assert [each.begins_s for each in plan.placed] == sorted(each.begins_s for each in plan.placed)
