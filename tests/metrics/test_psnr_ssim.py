"""PSNR and SSIM against scikit-image, and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.metrics.ssim import ssim


def pair(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    hr = rng.integers(0, 256, shape).astype(np.float64)
    return np.clip(hr + rng.normal(0, 12, shape), 0, 255), hr


@pytest.mark.parametrize("shape", [(11, 11), (37, 53), (64, 40, 3), (33, 17, 1)])
def test_psnr_equals_scikit_image(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    sr, hr = pair(rng, shape)
    assert psnr(sr, hr) == pytest.approx(peak_signal_noise_ratio(hr, sr, data_range=255), abs=1e-10)


# Whole strips and blocks, parts of them, and more columns than are taken at a time
@pytest.mark.parametrize(
    "shape", [(11, 11), (37, 53), (64, 40, 3), (33, 17, 1), (26, 2058), (27, 2059), (12, 4170)]
)
def test_ssim_equals_scikit_image(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    sr, hr = pair(rng, shape)
    expected = structural_similarity(
        hr,
        sr,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=2 if len(shape) == 3 else None,
    )
    assert ssim(sr, hr) == pytest.approx(expected, abs=1e-10)


def test_ssim_of_flat_and_of_uint8_images(rng: np.random.Generator) -> None:
    flat, step = np.full((40, 50), 255.0), np.full((40, 50), 250.0)
    c1 = (0.01 * 255) ** 2
    expected = (2 * 255 * 250 + c1) / (255**2 + 250**2 + c1)  # there is no contrast to compare
    assert ssim(flat, step) == pytest.approx(expected, abs=1e-10)
    sr, hr = (rng.integers(0, 256, (40, 50), dtype=np.uint8) for _ in range(2))
    assert ssim(sr, hr) == ssim(sr.astype(np.float64), hr.astype(np.float64))


def test_psnr_of_large_images_is_taken_in_strips(rng: np.random.Generator) -> None:
    for shape in ((700, 301), (3, 70_000), (200, 300, 3)):
        sr, hr = (rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(2))
        expected = peak_signal_noise_ratio(hr, sr, data_range=255)
        assert psnr(sr, hr) == pytest.approx(expected, abs=1e-10)


def test_psnr_of_uint8_does_not_wrap() -> None:
    dark, light = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert psnr(dark, light) == psnr(light, dark) == 0


def test_equal_images() -> None:
    image = np.arange(400.0).reshape(20, 20) % 256
    assert psnr(image, image) == math.inf
    assert ssim(image, image) == pytest.approx(1)


def test_wrong_shapes_are_quoted() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4\).*\(4, 5\)"):
        psnr(np.zeros((4, 4)), np.zeros((4, 5)))
    with pytest.raises(ValueError, match=r"11×11.*\(10, 30\)"):
        ssim(np.zeros((10, 30)), np.zeros((10, 30)))
