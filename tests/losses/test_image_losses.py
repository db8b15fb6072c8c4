"""Losses on images against references that share no code with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.metrics import structural_similarity

from sr_toolkit.errors import ImageError
from sr_toolkit.losses.wavelet import haar
from sr_toolkit.registry import build


def arrays(
    height: int = 48, width: int = 40, count: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smooth images with noise, (N, C, H, W) float64 in [0, 1]."""
    rng = np.random.default_rng(5)
    hr = ndimage.gaussian_filter(rng.random((count, 3, height, width)), (0, 0, 2, 2)) * 2 - 0.5
    sr = hr + 0.1 * rng.standard_normal(hr.shape)
    return sr.clip(0, 1), hr.clip(0, 1)


def evaluate(
    name: str, config: dict[str, Any], sr: NDArray[np.float64], hr: NDArray[np.float64]
) -> float:
    return float(build("loss", name, config)(torch.from_numpy(sr), torch.from_numpy(hr)))


@pytest.mark.parametrize("eps", [1e-3, 0.1])
def test_charbonnier(eps: float) -> None:
    sr, hr = arrays()
    expected = np.hypot(sr - hr, eps).mean()
    assert evaluate("charbonnier", {"eps": eps}, sr, hr) == pytest.approx(expected)


@pytest.mark.parametrize("delta", [0.02, 0.1])
def test_huber(delta: float) -> None:
    sr, hr = arrays()
    d = np.abs(sr - hr)
    expected = np.where(d < delta, d**2 / 2, delta * (d - delta / 2)).mean()
    assert evaluate("huber", {"delta": delta}, sr, hr) == pytest.approx(expected)


@pytest.mark.parametrize(("norm", "power"), [("l1", 1), ("l2", 2)])
def test_tv(norm: str, power: int) -> None:
    sr, hr = arrays()
    steps = [np.abs(np.diff(sr, axis=axis)) ** power for axis in (-1, -2)]
    expected = sum(step.mean() for step in steps)
    assert evaluate("tv", {"norm": norm}, sr, hr) == pytest.approx(expected)
    assert evaluate("tv", {"norm": norm}, sr, sr) == pytest.approx(expected)


def test_gradient_is_scipys_sobel() -> None:
    sr, hr = arrays()
    inner = np.s_[..., 1:-1, 1:-1]
    expected = 0.0
    for axis in (0, 1):
        slopes = [
            np.stack([ndimage.sobel(channel, axis=axis) for channel in x.reshape(-1, *x.shape[2:])])
            for x in (sr, hr)
        ]
        expected += np.abs(slopes[0] - slopes[1])[inner].mean() / 8
    assert evaluate("gradient", {}, sr, hr) == pytest.approx(expected)
    ramp = np.broadcast_to(np.arange(8.0), (1, 1, 8, 8)).copy()
    assert evaluate("gradient", {}, ramp, np.zeros_like(ramp)) == pytest.approx(1)


def scikit_ssim(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> float:
    values = [
        structural_similarity(
            x, y, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        for x, y in zip(sr.reshape(-1, *sr.shape[-2:]), hr.reshape(-1, *hr.shape[-2:]), strict=True)
    ]
    return float(np.mean(values))


def test_ssim_is_scikit_images() -> None:
    sr, hr = arrays()
    assert evaluate("ssim", {}, sr, hr) == pytest.approx(1 - scikit_ssim(sr, hr), abs=1e-9)


def reference_ms_ssim(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """Wang's definition for one channel, with full 2-D windows."""
    offsets = np.arange(11) - 5
    line = np.exp(-(offsets**2) / 4.5)
    window = np.outer(line, line) / np.outer(line, line).sum()
    result = 1.0
    for number, weight in enumerate(weights, start=1):
        views = [np.lib.stride_tricks.sliding_window_view(z, (11, 11)) for z in (x, y)]
        mu_x, mu_y = (np.einsum("ijkl,kl->ij", v, window) for v in views)
        from_mean = [v - mu[..., None, None] for v, mu in zip(views, (mu_x, mu_y), strict=True)]
        var_x, var_y = (np.einsum("ijkl,kl->ij", d**2, window) for d in from_mean)
        cov = np.einsum("ijkl,ijkl,kl->ij", *from_mean, window)
        contrast = (2 * cov + 0.03**2) / (var_x + var_y + 0.03**2)
        luminance = (2 * mu_x * mu_y + 0.01**2) / (mu_x**2 + mu_y**2 + 0.01**2)
        term = contrast * luminance if number == len(weights) else contrast
        result *= term.mean() ** weight
        height, width = x.shape[0] // 2, x.shape[1] // 2
        x, y = (
            z[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean((1, 3)) for z in (x, y)
        )
    return result


@pytest.mark.parametrize("scales", [1, 2, 3, 5])
def test_ms_ssim_is_wangs_definition(scales: int) -> None:
    side = 11 * 2 ** (scales - 1)
    sr, hr = arrays(side + 3, side, count=1)
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    weights = weights / weights.sum()
    expected = np.mean(
        [reference_ms_ssim(x, y, weights) for x, y in zip(sr[0], hr[0], strict=True)]
    )
    value = evaluate("ms-ssim", {"scales": scales}, sr, hr)
    assert value == pytest.approx(1 - expected, rel=1e-6)
    if scales == 1:
        assert value == pytest.approx(evaluate("ssim", {}, sr, hr))


def test_ms_ssim_of_opposite_images_has_a_slope() -> None:
    hr = torch.rand((1, 1, 44, 44), generator=torch.Generator().manual_seed(0))
    sr = (1 - hr).requires_grad_()
    build("loss", "ms-ssim", {"scales": 3})(sr, hr).backward()
    assert sr.grad is not None
    assert sr.grad.isfinite().all()


def test_ms_ssim_says_how_many_scales_fit() -> None:
    sr = torch.zeros(1, 3, 96, 96)
    with pytest.raises(ImageError, match=r"at least 176 pixels.*96×96.*fewer than 5 scales"):
        build("loss", "ms-ssim")(sr, sr)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"alpha": 2.0},
        {"alpha": 0.0},
        {"log_matrix": True},
        {"ave_spectrum": True},
        {"patch_factor": 4},
        {"alpha": 0.5, "log_matrix": True, "ave_spectrum": True, "patch_factor": 2},
    ],
)
def test_focal_frequency_is_the_papers_formula(config: dict[str, Any]) -> None:
    sr, hr = arrays()
    factor = config.get("patch_factor", 1)
    h, w = sr.shape[-2] // factor, sr.shape[-1] // factor
    patches = []
    for i in range(factor):
        for j in range(factor):
            box = np.s_[..., i * h : (i + 1) * h, j * w : (j + 1) * w]
            patches.append([np.fft.fft2(image[box]) / np.sqrt(h * w) for image in (sr, hr)])
    of_sr, of_hr = np.stack(patches, axis=2)  # (N, patches, C, h, w) each
    if config.get("ave_spectrum"):
        of_sr, of_hr = of_sr.mean(0, keepdims=True), of_hr.mean(0, keepdims=True)
    distance = np.abs(of_sr - of_hr)
    matrix = distance ** config.get("alpha", 1.0)
    if config.get("log_matrix"):
        matrix = np.log(matrix + 1)
    matrix = matrix / matrix.max((-2, -1), keepdims=True)
    expected = (matrix * distance**2).mean()
    assert evaluate("focal-frequency", config, sr, hr) == pytest.approx(expected, rel=1e-9)


def test_focal_frequency_of_patches_that_do_not_fit() -> None:
    sr = torch.zeros(1, 3, 30, 32)
    with pytest.raises(ImageError, match=r"4×4 patches.*32×30"):
        build("loss", "focal-frequency", {"patch_factor": 4})(sr, sr)


def haar_matrix(size: int) -> NDArray[np.float64]:
    """The orthonormal one-level transform as a matrix: averages above, differences below."""
    pairs = np.eye(size // 2)
    return np.concatenate([np.kron(pairs, [1, 1]), np.kron(pairs, [1, -1])]) / np.sqrt(2)


def test_wavelet_is_the_matrix_product() -> None:
    sr, hr = arrays(16, 24)
    weights = {"horizontal": 0.5, "vertical": 2.0, "diagonal": 3.0, "approximation": 0.25}
    expected, coarse = 0.0, sr - hr
    for _ in range(3):
        h, w = coarse.shape[-2] // 2, coarse.shape[-1] // 2
        bands = haar_matrix(2 * h) @ coarse @ haar_matrix(2 * w).T
        expected += 0.5 * np.abs(bands[..., h:, :w]).mean()
        expected += 2.0 * np.abs(bands[..., :h, w:]).mean()
        expected += 3.0 * np.abs(bands[..., h:, w:]).mean()
        coarse = bands[..., :h, :w]
    expected += 0.25 * np.abs(coarse).mean()
    assert evaluate("wavelet", {"levels": 3, **weights}, sr, hr) == pytest.approx(expected)


def test_wavelet_bands_answer_to_their_edges() -> None:
    stripes = torch.zeros(1, 1, 5, 7)  # odd sides
    stripes[..., ::2, :] = 1
    approximation, horizontal, vertical, diagonal = haar(stripes)
    assert approximation.shape == (1, 1, 3, 4)
    assert horizontal.abs().max() == 1
    assert vertical.abs().max() == 0
    assert diagonal.abs().max() == 0


def test_wavelet_leaves_the_mean_free_unless_told() -> None:
    _, hr = arrays(16, 16)
    assert evaluate("wavelet", {}, hr + 0.1, hr) == pytest.approx(0, abs=1e-12)
    weighted = evaluate("wavelet", {"approximation": 1.0, "levels": 1}, hr + 0.1, hr)
    assert weighted == pytest.approx(0.2)
