"""Hints: they wake whoever listens, cost nothing when nobody does, and reach those who have subscribed."""

import socket
import time

import pytest

from queuebit.worker import hints
from queuebit.worker.hints import HintListener, send_hint

LONG_S = 10.0


@pytest.fixture
def listener():
    with HintListener() as listener:
        yield listener


@pytest.fixture
def service():
    with HintListener() as service:
        yield service


def answer(service):
    """What a service does with what has arrived, once it is there."""
    assert service.wait(0.05) is False


def test_a_hint_wakes_a_listener_at_once(listener):
    send_hint(listener.port)
    begun = time.monotonic()
    assert listener.wait(LONG_S)
    assert time.monotonic() - begun < LONG_S / 2


def test_without_a_hint_the_wait_ends_in_time(listener):
    begun = time.monotonic()
    assert not listener.wait(0.05)
    assert time.monotonic() - begun >= 0.05


def test_hints_that_came_together_are_one(listener):
    send_hint(*[listener.port] * 5)
    assert listener.wait(LONG_S)
    assert not listener.wait(0.01)


def test_a_hint_to_nobody_is_nothing():
    with HintListener() as listener:
        port = listener.port
    send_hint(0, port)


def test_a_flood_of_hints_holds_nobody_up(listener):
    begun = time.monotonic()
    for _ in range(20_000):
        send_hint(listener.port)
    assert time.monotonic() - begun < LONG_S
    assert listener.wait(LONG_S)


def test_a_subscriber_is_told_of_commits(listener, service):
    listener.subscribe([service.port])
    answer(service)
    assert listener.wait(LONG_S), "no answer to the subscription"
    service.hint_subscribers()
    assert listener.wait(LONG_S)


def test_a_renewed_subscription_isnt_answered(listener, service):
    for _ in range(3):
        listener.subscribe([service.port, 0])
        answer(service)
    assert listener.wait(LONG_S)
    assert not listener.wait(0.05)


def test_a_subscription_ends(listener, service, monkeypatch):
    monkeypatch.setattr(hints, "SUBSCRIPTION_S", -1.0)
    listener.subscribe([service.port])
    answer(service)
    assert listener.wait(LONG_S)
    service.hint_subscribers()
    assert not listener.wait(0.05)


def test_anything_else_is_ignored(listener):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for datagram in (b"", b"hello", b"x" * 1000):
            other.sendto(datagram, ("127.0.0.1", listener.port))
    assert not listener.wait(0.05)
