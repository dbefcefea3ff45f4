"""The examples in the docstrings of the queue run and show what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["job_queue", "limits"])
def test_examples_run(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"queuebit.queue.{module}"))
    assert outcome.attempted
    assert not outcome.failed
