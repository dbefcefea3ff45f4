"""The page for authors of providers: its examples run as they stand, and it names all there is."""

import re
from pathlib import Path

import pytest

from queuebit.testing.job_scenarios import SCENARIOS

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "job-contract-kit.md").read_text(encoding="utf-8")


def test_the_examples_hold_the_contract_as_they_stand(pytester: pytest.Pytester) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    pytester.makepyfile(**{f"test_example_{number}": example for number, example in enumerate(examples)})
    outcome = pytester.runpytest_inprocess("-p", "no:hypothesispytest", "-q").parseoutcomes()
    assert len(examples) == 2
    assert outcome.keys() == {"passed", "skipped", "xfailed"}
    assert outcome["xfailed"] == 1


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_page_names_each_scenario(scenario: str) -> None:
    assert f"| `{scenario}` |" in PAGE
