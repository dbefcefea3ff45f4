"""Pearson's chi-square test: are counts what a distribution gives?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scipy.stats import chisquare

LEAST_P_VALUE = 1e-6
"""Counts less probable than this are wrong. Seeds are fixed, so a check that passes once passes always."""

LEAST_EXPECTED = 5.0
"""Rarer outcomes are counted together: the test's approximation needs about this many."""


def assert_sampled_from(samples: Sequence[int], distribution: Mapping[int, float]) -> None:
    """Fail unless samples look drawn from a distribution.

    Args:
        samples: What was drawn.
        distribution: The probability of each outcome that is possible; they add up to 1.
    """
    assert abs(sum(distribution.values()) - 1) < 1e-9, f"the probabilities add up to {sum(distribution.values())}"
    counts = dict.fromkeys(distribution, 0)
    for sample in samples:
        assert sample in counts, f"{sample} was drawn, which is impossible; possible: {sorted(counts)}"
        counts[sample] += 1
    observed, expected = _bins(counts, distribution, len(samples))
    if len(expected) > 1:
        p_value = chisquare(observed, expected).pvalue
        assert p_value > LEAST_P_VALUE, f"counts {counts} of a distribution {distribution}: p-value {p_value:.1e}"


def uniform(num_outcomes: int) -> dict[int, float]:
    """Return the distribution of integers from 0 that are all as probable.

    Args:
        num_outcomes: How many.
    """
    return dict.fromkeys(range(num_outcomes), 1 / num_outcomes)


def _bins(counts: Mapping[int, int], distribution: Mapping[int, float], shots: int) -> tuple[list[int], list[float]]:
    """Return observed and expected counts, with the rare outcomes as one."""
    observed, expected = [0], [0.0]
    for outcome, probability in distribution.items():
        if probability * shots >= LEAST_EXPECTED:
            observed.append(counts[outcome])
            expected.append(probability * shots)
        else:
            observed[0] += counts[outcome]
            expected[0] += probability * shots
    if expected[0] >= LEAST_EXPECTED or len(expected) == 1:
        return observed, expected
    # The rare ones join the most frequent outcome.
    most = max(range(1, len(expected)), key=expected.__getitem__)
    observed[most] += observed[0]
    expected[most] += expected[0]
    return observed[1:], expected[1:]
