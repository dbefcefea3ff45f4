"""The watch over one run: when it calls for what."""

import math

import pytest

from queuebit.store import Limits
from queuebit.worker.executors.run_watch import STOP_GRACE_S, RunWatch, Step

MIB = 2**20


def test_a_run_without_limits_needs_no_watching():
    watch = RunWatch(Limits(), begun=0.0)
    assert watch.next_look() == math.inf
    assert not watch.wants_memory(1e9)
    assert watch.look(1e9, None) is None


def test_a_run_is_asked_to_stop_when_its_time_is_over():
    watch = RunWatch(Limits(time_limit_s=2.0), begun=10.0)
    assert watch.next_look() == 12.0
    assert watch.look(11.9, None) is None
    assert watch.look(12.0, None) is Step.STOP
    assert watch.broken_limit[0] == "TimeLimitError"


def test_a_run_whose_process_is_still_starting_has_all_its_time_left():
    watch = RunWatch(Limits(time_limit_s=2.0), begun=math.inf)
    assert watch.look(1e9, None) is None
    watch.begun = 5.0
    assert watch.next_look() == 7.0


def test_a_run_that_doesnt_listen_gets_a_successor_and_then_its_process_is_ended():
    watch = RunWatch(Limits(), begun=0.0)
    watch.stop_asked = 5.0
    assert watch.look(5.0, None) is None
    assert watch.look(watch.next_look(), None) is Step.SUCCESSOR
    watch.has_successor = True
    assert watch.next_look() == 5.0 + STOP_GRACE_S
    assert watch.look(5.0 + STOP_GRACE_S - 0.01, None) is None
    assert watch.look(5.0 + STOP_GRACE_S, None) is Step.KILL
    assert watch.broken_limit is None


def test_memory_is_looked_at_again_and_again_until_there_is_too_much():
    watch = RunWatch(Limits(memory_limit_bytes=100 * MIB), begun=0.0)
    assert watch.wants_memory(0.0)
    assert watch.look(0.0, 99 * MIB) is None
    assert not watch.wants_memory(0.01)
    assert watch.next_look() <= 0.1
    assert watch.wants_memory(watch.next_look())
    assert watch.look(0.2, 101 * MIB) is Step.KILL
    assert watch.broken_limit[0] == "MemoryLimitError"
    assert "101 MiB" in watch.broken_limit[1]
    assert watch.peak_memory_bytes == 101 * MIB


@pytest.mark.parametrize("limits", [Limits(time_limit_s=1e-6), Limits(time_limit_s=1e9)])
def test_a_stop_that_was_asked_for_is_the_reason_whatever_the_time_is(limits):
    watch = RunWatch(limits, begun=0.0)
    watch.stop_asked = 1.0
    watch.look(1e10, None)
    assert watch.broken_limit is None
