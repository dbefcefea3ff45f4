"""Bounded waiting returns what there is, raises what is raised, and gives up on what hangs."""

import threading

import pytest

from queuebit.testing.patience import eventually, in_background, within


def test_within_returns_what_the_call_returns() -> None:
    assert within(60, lambda: 7) == 7


def test_within_raises_what_the_call_raises() -> None:
    error = TimeoutError("of the call's own")

    def fail() -> None:
        raise error

    with pytest.raises(TimeoutError) as raised:
        within(60, fail)
    assert raised.value is error


def test_within_gives_up_on_a_call_that_hangs() -> None:
    release = threading.Event()
    with pytest.raises(AssertionError, match=r"the call of this test had not come back after 0\.01 s"):
        within(0.01, release.wait, "the call of this test")
    release.set()


def test_what_runs_in_the_background_does_not_hold_the_interpreter() -> None:
    release = threading.Event()
    outcome = in_background(lambda: threading.current_thread().daemon and release.wait())
    assert not outcome.done()
    release.set()
    assert outcome.result(60) is True


def test_eventually_waits_for_the_condition() -> None:
    answers = iter([False, False, True])
    assert eventually(60, lambda: next(answers))


def test_eventually_asks_once_when_there_is_no_time() -> None:
    answers = iter([False, True])
    assert not eventually(0, lambda: next(answers))
    assert next(answers)
