"""How many short runs share a task, and how many tasks a worker has."""

import pytest

from queuebit.store.records import Limits
from queuebit.worker.executors.dask.batching import Batching
from queuebit.worker.executors.dask.members import MOST_TASKS, Member, ask_interval_s, least_busy


def batching_of(seconds: float) -> Batching:
    batching = Batching()
    for _ in range(200):
        batching.note(seconds)
    return batching


def sizes(batching: Batching, number: int, num_parallel: int) -> list[int]:
    """The sizes of tasks, one after another, until all runs are in one."""
    found = []
    while number:
        found.append(batching.share(number, num_parallel))
        number -= found[-1]
    return found


def test_runs_of_which_nothing_is_known_go_alone():
    assert sizes(Batching(), 3, 2) == [1, 1, 1]


def test_long_runs_go_alone():
    assert sizes(batching_of(5.0), 3, 2) == [1, 1, 1]


def test_tasks_become_smaller_towards_the_end():
    found = sizes(batching_of(0.05), 30, 2)
    assert found == sorted(found, reverse=True)
    assert found[0] == 8
    assert sum(found) == 30
    assert len(found) < 12


def test_no_worker_is_left_without_a_run_for_the_sake_of_larger_tasks():
    assert sizes(batching_of(0.04), 100, 50) == [2] * 25 + [1] * 50
    assert sizes(batching_of(0.001), 8, 8) == [1] * 8


def test_no_task_takes_much_longer_than_it_is_worth():
    assert max(sizes(batching_of(0.05), 10_000, 2)) <= 12


def test_one_long_run_makes_careful():
    batching = batching_of(0.01)
    assert batching.each > 1
    batching.note(3.0)
    assert (batching.size, batching.each) == (1, 1)


@pytest.mark.parametrize("nthreads", [1, 4])
def test_a_worker_has_no_room_while_a_task_waits_for_each_of_its_threads(nthreads):
    member = Member("tcp://a", "runner", nthreads)
    for number in range(MOST_TASKS * nthreads):
        assert member.room(100) == 100 * nthreads - number
        member.tasks.add(f"task {number}")
        member.in_hand.add(number)
    assert member.room(100) == 0
    assert least_busy([member], 100, Limits()) is None


def test_a_worker_that_has_more_than_is_its_share_now_has_no_room():
    member = Member("tcp://a", "runner", 1, in_hand={1, 2, 3})
    assert member.room(1) == 0


def test_of_many_workers_each_is_asked_less_often():
    assert ask_interval_s(2) == 0.5
    assert ask_interval_s(1000) == 3.0
