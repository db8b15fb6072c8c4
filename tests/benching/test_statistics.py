"""Intervals, paired differences and tests, against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sr_toolkit.benching.statistics import (
    bootstrap_interval,
    compare_paired,
    flip_test,
    holm,
    summarize,
)


def test_a_summary_by_hand() -> None:
    found = summarize([30.0, 32.0, 37.0])
    assert (found.mean, found.median) == (33.0, 32.0)
    assert found.deviation == pytest.approx(math.sqrt((9 + 1 + 16) / 2))


@pytest.mark.parametrize("count", [5, 14, 100])
def test_the_interval_is_scipys_percentile_bootstrap(rng: np.random.Generator, count: int) -> None:
    values = rng.normal(28, 3, count)
    low, high = bootstrap_interval(values) or (0, 0)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * (high - low))


def test_the_same_figures_give_the_same_interval(rng: np.random.Generator) -> None:
    values = rng.normal(28, 3, 20)
    assert bootstrap_interval(values) == bootstrap_interval(values.copy())


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    draws = rng.normal(0, 1, (400, 50))
    covered = sum(low <= 0 <= high for low, high in map(bootstrap_interval, draws))
    assert 0.90 <= covered / 400 <= 0.98


@pytest.mark.parametrize("values", [[30.0], [math.inf, 30.0]])
def test_where_there_is_no_interval(values: list[float]) -> None:
    assert bootstrap_interval(np.array(values)) is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert bootstrap_interval(np.full(7, 0.1)) == (0.1, 0.1)


@pytest.mark.parametrize("count", [6, 12, 13])
def test_the_exact_test_is_scipys(rng: np.random.Generator, count: int) -> None:
    differences = rng.normal(0.3, 1, count)
    theirs = stats.permutation_test(
        (differences, np.zeros(count)),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert flip_test(differences) == pytest.approx(theirs.pvalue)


def test_many_images_are_tested_by_random_signs(rng: np.random.Generator) -> None:
    differences = rng.normal(0.3, 1, 40)
    assert flip_test(differences) == pytest.approx(
        stats.ttest_1samp(differences, 0).pvalue, abs=0.02
    )
    assert flip_test(np.full(40, 0.1)) == pytest.approx(1 / 10_001)


def test_five_images_cannot_show_anything() -> None:
    assert flip_test(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == 2 / 32


def test_paired_by_hand() -> None:
    found = compare_paired([31.0, 30.0, 29.0, 28.0], [30.0, 30.0, 30.0, 26.0], True)
    assert (found.difference, found.won, found.lost, found.count) == (0.5, 2, 1, 4)
    low, high = found.interval or (0, 0)
    assert -1 <= low < 0.5 < high <= 2
    lower = compare_paired([31.0, 30.0, 29.0, 28.0], [30.0, 30.0, 30.0, 26.0], False)
    assert (lower.won, lower.lost) == (1, 2)


def test_two_perfect_images_are_tied() -> None:
    found = compare_paired([math.inf, 30.0], [math.inf, 30.0], True)
    assert (found.difference, found.won, found.lost, found.p) == (0.0, 0, 0, 1.0)


def test_figures_of_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        compare_paired([1.0, 2.0], [1.0], True)


def test_holm_by_hand() -> None:
    # Sorted: .01·3, .02·2 (raised to what stands before), .04·1.
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []
