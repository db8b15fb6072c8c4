"""Checks of metrics."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric, SetMetric
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, check, expect
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
LEVELS = (4.0, 16.0, 48.0)
"""Standard deviations of the noise, of 255, that make ever worse images."""


def _built(part: Part) -> Metric:
    metric: Metric = part.build()
    if reason := metric.unavailable():
        raise NotHere(reason)
    return metric


def _photographs() -> list[NDArray[np.float64]]:
    """Return crops of photographs, (256, 256, 3) of whole numbers from 0 to 255."""
    from sr_toolkit.data.config import SampleConfig
    from sr_toolkit.data.sample import Sample

    dataset = Sample(SampleConfig(part="test"))
    dataset.prepare(())
    return [dataset.image(i)[20:276, 60:316].astype(np.float64) for i in range(len(dataset))]


def _noisy(image: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    drawn = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(np.round(image + drawn), 0, 255)


def _taken(metric: Metric, image: NDArray[Any]) -> NDArray[Any]:
    """Return an image as the benchmark hands it to this metric."""
    if metric.space == "luma":
        luma: NDArray[Any] = image @ np.array([[65.481], [128.553], [24.966]]) / 255 + 16
        return luma
    return image.astype(np.uint8)


def _score(metric: Metric, sr: NDArray[Any], hr: NDArray[Any]) -> float:
    sr, hr = _taken(metric, sr), _taken(metric, hr)
    return metric.score(sr, hr if metric.needs_hr or metric.space == "lr" else sr)


def _per_image(metric: Metric) -> None:
    if isinstance(metric, SetMetric):
        raise NothingToCheck("the metric scores sets, not images")


def _of_set(metric: Metric, images: list[NDArray[Any]], hr: list[NDArray[Any]]) -> float:
    assert isinstance(metric, SetMetric)
    one, other = (
        np.stack([metric.embed(_taken(metric, image)) for image in group]) for group in (images, hr)
    )
    return metric.distance(one, other)


@check(
    "metric",
    into=CHECKS,
    why="Tables would call the worse model better, and 'best' would keep the wrong weights.",
    mend="Set higher_is_better to the direction in which images get better.",
)
def metric_direction(part: Part) -> None:
    """The score gets worse as noise grows, in the declared direction."""
    metric, photographs = _built(part), _photographs()
    if isinstance(metric, SetMetric):
        many = [np.roll(p, 8 * k, axis=0) for p in photographs for k in range(4)]
        scores = [_of_set(metric, [_noisy(p, s) for p in many], many) for s in LEVELS]
    else:
        image = photographs[0]
        scores = [_score(metric, _noisy(image, s), image) for s in LEVELS]
    sign = 1 if metric.higher_is_better else -1
    falling = all(sign * a > sign * b for a, b in itertools.pairwise(scores))
    order = "falling" if metric.higher_is_better else "rising"
    told = ", ".join(f"{score:.4g}" for score in scores)
    levels = ", ".join(f"{sigma:g}" for sigma in LEVELS)
    expect(falling, f"{order} scores for noise of {levels}", told)


@check(
    "metric",
    into=CHECKS,
    why="A mean over a set would depend on the order of its images.",
    mend="Keep nothing from image to image; a mean of sums is the benchmark's work.",
)
def metric_has_no_memory(part: Part) -> None:
    """An image's score does not depend on the images before it."""
    metric, photographs = _built(part), _photographs()
    pairs = [(_noisy(p, 8 + 8 * i), p) for i, p in enumerate(photographs)]
    if isinstance(metric, SetMetric):
        first = metric.embed(_taken(metric, pairs[0][0]))
        metric.embed(_taken(metric, pairs[1][0]))
        again = metric.embed(_taken(metric, pairs[0][0]))
        expect(np.allclose(first, again, rtol=1e-5), "the same description again", "another one")
        return
    there = [_score(metric, sr, hr) for sr, hr in pairs]
    back = [_score(metric, sr, hr) for sr, hr in reversed(pairs)][::-1]
    for one, other in zip(there, back, strict=True):
        same = math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-7)
        expect(same, f"{one:.6g} again, in another order", f"{other:.6g}")


@check(
    "metric",
    into=CHECKS,
    why="A perfect SR would lose against a blurred one.",
    mend="Check the formula where SR and HR are equal.",
)
def metric_best_where_equal(part: Part) -> None:
    """An SR that is the HR scores at least as well as a noisy one."""
    metric, photographs = _built(part), _photographs()
    _per_image(metric)
    if not metric.needs_hr:
        raise NothingToCheck("the metric has no reference")
    image = photographs[1]
    perfect, off = _score(metric, image, image), _score(metric, _noisy(image, 8), image)
    sign = 1 if metric.higher_is_better else -1
    expect(sign * perfect >= sign * off, f"at least as good as {off:.4g}", f"{perfect:.4g}")


@check(
    "metric",
    into=CHECKS,
    why="Other metrics score the same arrays afterwards.",
    mend="Copy before computing in place.",
)
def metric_leaves_images(part: Part) -> None:
    """SR and HR are left as they were."""
    metric = _built(part)
    hr = _taken(metric, _photographs()[2])
    sr = _taken(metric, _noisy(_photographs()[2], 8))
    before = (sr.copy(), hr.copy())
    if isinstance(metric, SetMetric):
        metric.embed(sr)
    else:
        metric.score(sr, hr)
    expect(np.array_equal(sr, before[0]), "the SR untouched", "changed")
    expect(np.array_equal(hr, before[1]), "the HR untouched", "changed")


@check(
    "metric",
    into=CHECKS,
    why="Scores of a benchmark would differ from run to run.",
    mend="Set concurrent to False, or keep no state in the metric.",
)
def metric_is_concurrent(part: Part) -> None:
    """A metric that says so may be called by several threads at once."""
    metric = _built(part)
    _per_image(metric)
    if not metric.concurrent:
        raise NothingToCheck("the metric does not say that it is concurrent")
    pairs = [(_noisy(p, s), p) for p in _photographs() for s in LEVELS]
    alone = [_score(metric, sr, hr) for sr, hr in pairs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda pair: _score(metric, *pair), pairs * 3))
    expect(together == alone * 3, "the scores of one thread", "others")
