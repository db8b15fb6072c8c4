"""MS-SSIM against pytorch-msssim, torchmetrics and its definition in scipy's filters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate
from skimage.metrics import structural_similarity

from sr_toolkit.metrics.ms_ssim import SMALLEST, WEIGHTS, ms_ssim


def pair(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    coarse = rng.random((shape[0] // 8 + 1, shape[1] // 8 + 1)) * 200
    hr = np.kron(coarse, np.ones((8, 8)))[: shape[0], : shape[1]] + 20
    return np.clip(hr + rng.normal(0, 15, shape), 0, 255), hr


@pytest.mark.parametrize("shape", [(176, 176), (208, 320)])
def test_equals_other_programs_where_every_scale_is_even(
    rng: np.random.Generator, shape: tuple[int, int]
) -> None:
    from pytorch_msssim import ms_ssim as theirs
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    sr, hr = pair(rng, shape)
    planes = [torch.from_numpy(plane)[None, None] for plane in (sr, hr)]
    expected = theirs(*planes, data_range=255).item()
    assert 0.3 < expected < 0.99
    # Its window is rounded to float32.
    assert ms_ssim(sr, hr) == pytest.approx(expected, abs=1e-6)
    # torchmetrics takes the mirrored border into the coarsest scale's mean.
    expected = multiscale_structural_similarity_index_measure(*planes, data_range=255.0).item()
    assert ms_ssim(sr, hr) == pytest.approx(expected, abs=1e-4)


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    window /= window.sum()

    def blurred(plane: np.ndarray) -> np.ndarray:
        return correlate(plane, window)[5:-5, 5:-5]

    result = 1.0
    for scale, weight in enumerate(WEIGHTS):
        if scale:  # every second one of 2×2 means, the border mirrored
            x, y = (
                correlate(plane, np.full((2, 2), 0.25), mode="reflect", origin=-1)[::2, ::2]
                for plane in (x, y)
            )
        if scale == len(WEIGHTS) - 1:
            options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
            return result * structural_similarity(x, y, data_range=255, **options) ** weight
        covariance = blurred(x * y) - blurred(x) * blurred(y)
        variances = blurred(x * x) + blurred(y * y) - blurred(x) ** 2 - blurred(y) ** 2
        c2 = (0.03 * 255) ** 2
        result *= np.mean((2 * covariance + c2) / (variances + c2)) ** weight
    raise AssertionError


@pytest.mark.parametrize("shape", [(176, 177), (203, 311)])
def test_odd_sides_are_mirrored(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    sr, hr = pair(rng, shape)
    assert ms_ssim(sr, hr) == pytest.approx(by_definition(sr, hr), abs=1e-10)


def test_channels_limits_and_equal_images(rng: np.random.Generator) -> None:
    sr, hr = pair(rng, (176, 180))
    both = np.stack([sr, hr], axis=2), np.stack([hr, hr], axis=2)
    assert ms_ssim(*both) == pytest.approx((ms_ssim(sr, hr) + 1) / 2)
    assert ms_ssim(hr, 255 - hr) == 0  # the structure is inverted
    small = np.zeros((SMALLEST - 1, 300))
    with pytest.raises(ValueError, match=r"at least 176×176 pixels, received \(175, 300\)"):
        ms_ssim(small, small)
