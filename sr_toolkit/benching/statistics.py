"""What figures of several images say: mean, spread, intervals, paired differences.

Intervals are percentile bootstraps of the mean over images (Efron, Tibshirani: An Introduction to
the Bootstrap, 1993); paired differences are judged by a sign-flip permutation test of their mean
(Good: Permutation Tests, 2000), exact for few images. Draws are seeded: the same figures give the
same intervals everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 0
EXACT = 13
"""Up to so many images all sign flips are tried, above that `RESAMPLES` random ones."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Summary:
    """One model's figures over the images of a set.

    Attributes:
        mean, median: of the figures.
        deviation: sample standard deviation; nan for one image.
        interval: 95 % bootstrap interval of the mean; None for one image, or infinite figures.
    """

    mean: float
    median: float
    deviation: float
    interval: Interval | None


@dataclass(frozen=True)
class Paired:
    """Two models' figures on the same images.

    Attributes:
        difference: mean of the first less the second.
        interval: its 95 % bootstrap interval; None for one image, or infinite figures.
        won, lost: images on which the first is better, and worse; the rest are tied.
        count: images.
        p: probability of such a difference, or a larger one, if neither were better.
    """

    difference: float
    interval: Interval | None
    won: int
    lost: int
    count: int
    p: float


def summarize(values: Sequence[float]) -> Summary:
    """Return the summary of figures, at least one."""
    array = np.asarray(values, np.float64)
    finite = bool(np.isfinite(array).all())
    deviation = float(array.std(ddof=1)) if finite and len(array) > 1 else math.nan
    return Summary(
        float(array.mean()), float(np.median(array)), deviation, bootstrap_interval(array)
    )


def compare_paired(
    values: Sequence[float], reference: Sequence[float], higher_is_better: bool
) -> Paired:
    """Return how figures differ from a reference's on the same images.

    Raises:
        ValueError: they are not of one length, or empty.
    """
    ours, theirs = np.asarray(values, np.float64), np.asarray(reference, np.float64)
    if ours.shape != theirs.shape or not len(ours):
        raise ValueError(f"paired figures need one length, received {len(ours)}, {len(theirs)}")
    same = ours == theirs  # also where both are infinite
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, ours - theirs)
    better = differences > 0 if higher_is_better else differences < 0
    return Paired(
        difference=float(differences.mean()),
        interval=bootstrap_interval(differences),
        won=int(better.sum()),
        lost=int((~better & ~same).sum()),
        count=len(differences),
        p=flip_test(differences),
    )


def bootstrap_interval(values: NDArray[np.float64]) -> Interval | None:
    """Return the 95 % percentile interval of the mean; None for one value, or infinite ones."""
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    center = values.mean()  # subtracted, so that equal values give an interval of no width
    means = center + _weights(len(values)) @ (values - center)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def flip_test(differences: NDArray[np.float64]) -> float:
    """Return the two-sided p of the mean of paired differences under random signs."""
    if not np.isfinite(differences).all():
        return math.nan
    observed = abs(differences.sum())
    if not observed:
        return 1.0
    count = len(differences)
    if count <= EXACT:
        numbers = np.arange(2**count)[:, None] >> np.arange(count)
        signs = 1.0 - 2.0 * (numbers & 1)
    else:
        signs = np.random.default_rng(SEED).choice((-1.0, 1.0), (RESAMPLES, count))
    reached = np.abs(signs @ differences) >= observed * (1 - 1e-12)
    if count <= EXACT:
        return float(reached.mean())
    return float((reached.sum() + 1) / (RESAMPLES + 1))  # what was observed is one draw, too


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number (Holm 1979), in the order given."""
    order = np.argsort(p_values, kind="stable")
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


@lru_cache(maxsize=16)
def _weights(count: int) -> NDArray[np.float64]:
    """Return (RESAMPLES, count): how often each image is in each resample, over the count."""
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    weights: NDArray[np.float64] = drawn / count
    return weights
