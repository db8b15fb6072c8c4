"""What every metric of the core must have, whichever it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest

from sr_toolkit.errors import WeightsError
from sr_toolkit.interfaces import SetMetric
from sr_toolkit.metrics.opening import open_metric

ROOT = Path(__file__).parents[2]
ARGUMENTS = {"torchmetrics": ":spectral_angle_mapper", "pyiqa": ":brisque"}


def names() -> list[str]:
    parser = ConfigParser(delimiters="=")
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = parser["options.entry_points"]["srtk.metrics"].split("\n")
    return [line.partition("=")[0].strip() for line in lines if line]


@pytest.mark.parametrize("name", names())
def test_a_metric_scores_or_says_why_not(name: str, rng: np.random.Generator) -> None:
    metric = open_metric(name + ARGUMENTS.get(name, ""))
    channels = 1 if metric.space == "luma" else 3
    sr, hr = rng.integers(1, 256, (2, 192, 200, channels), dtype=np.uint8)
    assert metric.name
    assert 0 <= metric.digits <= 6
    assert 0 < metric.tolerance < 0.1
    if isinstance(metric, SetMetric):
        assert metric.unavailable()  # no test has its weights
        return
    if reason := metric.unavailable():
        with pytest.raises(WeightsError) as caught:
            metric.score(sr, hr)
        assert str(caught.value) == reason
        return
    score = metric.score(sr, hr)
    assert np.isfinite(score)
    if metric.needs_hr:
        perfect = metric.score(hr, hr)
        assert (perfect > score) == metric.higher_is_better
        assert perfect != score


@pytest.mark.parametrize("name", names())
def test_every_metric_is_documented(name: str) -> None:
    assert f"| `{name}" in (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_threads_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    pairs = rng.integers(0, 256, (8, 2, 200, 300, 3), dtype=np.uint8)
    for name in ("psnr", "ssim", "ms-ssim", "niqe"):
        metric = open_metric(name)
        assert metric.concurrent
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda pair, m=metric: m.score(*pair), pairs))
        assert together == [metric.score(*pair) for pair in pairs]
