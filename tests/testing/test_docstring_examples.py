"""The examples in the docstrings of the kit run and show what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["job_contract", "scripted_job", "scripted_status"])
def test_examples_run(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"queuebit.testing.{module}"))
    assert outcome.attempted
    assert not outcome.failed
