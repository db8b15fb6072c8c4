"""Metrics by what people write, and those of other packages."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from skimage.metrics import normalized_root_mse, peak_signal_noise_ratio, structural_similarity

from sr_toolkit.errors import ConfigError, UnknownNameError, WeightsError
from sr_toolkit.metrics.lpips import LPIPS
from sr_toolkit.metrics.opening import open_metric
from sr_toolkit.metrics.torchmetrics_adapter import OFFERS


def pair(rng: np.random.Generator, side: int = 192) -> tuple[np.ndarray, np.ndarray]:
    hr = np.kron(rng.integers(20, 236, (side // 8, side // 8, 3)), np.ones((8, 8, 1)))
    return np.clip(hr + rng.normal(0, 9, hr.shape), 0, 255).astype(np.uint8), hr.astype(np.uint8)


def test_the_argument_is_the_first_setting(tmp_path: Path) -> None:
    offered = {"net": "alex", "weights_root": str(tmp_path), "unknown": 1}
    for reference, net in (
        ("lpips", "alex"),
        ("lpips:squeeze", "squeeze"),
        ("sr-toolkit::lpips:vgg", "vgg"),
    ):
        metric = open_metric(reference, offered)
        assert isinstance(metric, LPIPS)
        assert (metric.config.net, metric.config.weights_root) == (net, str(tmp_path))
    assert open_metric("sr-toolkit::psnr").name == "PSNR"


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("psnr:255", ConfigError, r"'psnr' takes no argument \(received '255'\)"),
        ("lpips:", ConfigError, r"ends in a colon; write lpips or lpips:ARGUMENT"),
        ("lpips:resnet", ConfigError, "alex"),
        ("lpisp", UnknownNameError, "'lpips'"),
        ("torchmetrics", ConfigError, "needs a name"),
        ("torchmetrics:visual_information", UnknownNameError, "'visual_information_fidelity'"),
        ("pyiqa", ConfigError, "needs a name"),
        ("pyiqa:fid", ConfigError, "scores whole sets"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    reference: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        open_metric(reference)


def test_torchmetrics_gives_the_figures_of_scikit_image(rng: np.random.Generator) -> None:
    sr, hr = pair(rng)
    own = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    full = structural_similarity(hr, sr, data_range=255, channel_axis=2, full=True, **own)[1]
    for name, expected, tolerance in (
        ("peak_signal_noise_ratio", peak_signal_noise_ratio(hr, sr), 1e-5),
        # It averages over the mirrored border too: the inner pixels are most of it.
        ("structural_similarity_index_measure", full.mean(), 1e-3),
    ):
        metric = open_metric(f"torchmetrics:{name}")
        assert metric.unavailable() == ""
        assert metric.score(sr, hr) == pytest.approx(expected, abs=tolerance)
    means = hr.mean(axis=(0, 1))
    errors = [
        normalized_root_mse(hr[..., c], sr[..., c], normalization="mean") ** 2 for c in range(3)
    ]
    assert means.min() > 20
    expected = 100 / 4 * np.sqrt(np.mean(errors))
    metric = open_metric("torchmetrics:error_relative_global_dimensionless_synthesis")
    assert metric.score(sr, hr) == pytest.approx(expected, rel=1e-6)
    assert "ratio 4" in metric.describe()


@pytest.mark.parametrize("name", OFFERS)
def test_every_offer_of_torchmetrics_knows_its_direction(
    name: str, rng: np.random.Generator
) -> None:
    sr, hr = pair(rng, 192 if name.startswith("multiscale") else 64)
    worse = np.clip(sr + rng.normal(0, 40, hr.shape), 1, 255).astype(np.uint8)
    metric = open_metric(f"torchmetrics:{name}")
    good, bad = metric.score(sr, hr), metric.score(worse, hr)
    assert np.isfinite([good, bad]).all()
    assert (good > bad) == metric.higher_is_better
    assert good != bad
    assert (metric.space, metric.needs_hr, metric.concurrent) == ("rgb", True, False)


def test_torchmetrics_on_too_small_images() -> None:
    metric = open_metric("torchmetrics:visual_information_fidelity")
    tiny = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(ValueError, match=r"visual_information_fidelity refuses an image of 20×20"):
        metric.score(tiny, tiny)


def test_no_number_is_no_score() -> None:
    black, gray = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 99, np.uint8)
    with pytest.raises(ValueError, match="spectral_angle_mapper gives no number"):
        open_metric("torchmetrics:spectral_angle_mapper").score(black, gray)


@pytest.mark.parametrize(
    ("reference", "package", "command"),
    [
        ("torchmetrics:spectral_angle_mapper", "torchmetrics", r"sr-toolkit\[metrics\]"),
        ("pyiqa:brisque", "pyiqa", "license allows your use, pip install pyiqa"),
    ],
)
def test_without_the_package(
    reference: str, package: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    metric = open_metric(reference)
    assert package in metric.unavailable()
    image = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(WeightsError, match=command):
        metric.score(image, image)
    assert metric.describe()


class FakeMetric:
    """As much of a pyiqa metric as the adapter knows."""

    def __init__(self, name: str, device: torch.device) -> None:
        if name not in ("mean", "difference"):
            raise KeyError(f"Unknown metric: {name}")
        self.lower_better, self.metric_mode = name == "difference", "FR"
        self.device = device
        if name == "mean":
            self.metric_mode = "NR"

    def __call__(self, target: torch.Tensor, ref: torch.Tensor | None = None) -> torch.Tensor:
        assert target.device == self.device
        assert target.shape[:2] == (1, 3)
        assert 0 <= target.min() <= target.max() <= 1
        if min(target.shape[2:]) < 8:
            raise AssertionError("too small for me")
        value = target.mean() if ref is None else (target - ref).abs().mean()
        return value.reshape(1, 1)


@pytest.fixture
def fake_pyiqa(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("pyiqa")
    module.create_metric = FakeMetric
    module.__version__ = "9.9"
    monkeypatch.setitem(sys.modules, "pyiqa", module)


@pytest.mark.usefixtures("fake_pyiqa")
def test_pyiqa_says_direction_and_need(rng: np.random.Generator) -> None:
    sr, hr = pair(rng)
    difference = open_metric("pyiqa:difference", {"device": "cpu"})
    assert (difference.higher_is_better, difference.needs_hr) == (False, True)
    expected = np.abs(sr.astype(float) - hr).mean() / 255
    assert difference.score(sr, hr) == pytest.approx(expected, rel=1e-5)
    mean = open_metric("pyiqa:mean")
    assert (mean.higher_is_better, mean.needs_hr) == (True, False)
    assert mean.score(sr, sr) == pytest.approx(sr.mean() / 255, rel=1e-5)
    assert mean.describe() == "pyiqa 9.9's mean, non-commercial license"
    assert "Unknown metric: musiq" in open_metric("pyiqa:musiq").unavailable()
    with pytest.raises(ValueError, match=r"refuses an image of 4×4: too small for me"):
        mean.score(sr[:4, :4], sr[:4, :4])
