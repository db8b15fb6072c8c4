"""The degradations that benchmarks go by, against published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sr_toolkit as sr
from sr_toolkit.degradations.presets import BENCHMARKS, parse_degradation
from sr_toolkit.degradations.whole import degrade_image

# Zhang et al.: Residual Dense Network, CVPR 2018, table of BD and DN: bicubic, ×3.
PUBLISHED = {
    ("bd", "set5"): (28.78, 0.8308),
    ("bd", "set14"): (26.38, 0.7271),
    ("bd", "b100"): (26.33, 0.6918),
    ("dn", "set5"): (24.01, 0.5369),
    ("dn", "b100"): (22.92, 0.4449),
}


@pytest.mark.parametrize(("name", "dataset"), PUBLISHED)
@pytest.mark.slow
def test_published_figures_of_bicubic(name: str, dataset: str, srtk_data: Path) -> None:
    result = sr.bench(
        "bicubic", dataset=dataset, scale=3, protocol="srcnn", lr=name, metrics="psnr,ssim",
        data_root=srtk_data, cost=False, quiet=True,
    )[0]  # fmt: skip
    psnr, ssim = PUBLISHED[name, dataset]
    # Noise is drawn; its draws move the mean of five images by some hundredths of a decibel.
    psnr_off, ssim_off = (0.011, 0.001) if name == "bd" else (0.08, 0.003)
    assert result.mean("bicubic", "psnr") == pytest.approx(psnr, abs=psnr_off)
    assert result.mean("bicubic", "ssim") == pytest.approx(ssim, abs=ssim_off)


@pytest.mark.parametrize("name", BENCHMARKS)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_sizes_and_seeds(name: str, scale: int, rng: np.random.Generator) -> None:
    hr = rng.integers(0, 256, (12 * scale, 15 * scale, 3), dtype=np.uint8)
    settings, _ = parse_degradation(f"{name}:3")
    first, again = (degrade_image(hr, settings, scale, seed=5) for _ in range(2))
    assert first.shape == (12, 15, 3)
    np.testing.assert_array_equal(first, again)
    other = degrade_image(hr, settings, scale, seed=6)
    assert (name == "dn") == bool((other != first).any())


def test_bd_takes_the_middle_pixel(rng: np.random.Generator) -> None:
    hr = np.zeros((21, 21, 3), np.uint8)
    hr[10, 10] = 255  # the middle of block (3, 3)
    lr = degrade_image(hr, parse_degradation("bd")[0], 3)
    assert np.unravel_index(lr[..., 0].argmax(), (7, 7)) == (3, 3)
    offsets = np.arange(-3, 4)
    gauss = np.exp(-(offsets**2) / (2 * 1.6**2))
    kernel = np.outer(gauss, gauss) / gauss.sum() ** 2
    assert lr[3, 3, 0] == round(255 * kernel[3, 3])
    assert lr[3, 2, 0] == round(255 * kernel[3, 6])
