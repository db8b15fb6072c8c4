"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, 2004).

11×11 Gaussian window of sigma 1.5, K1 = .01, K2 = .03, population covariance, the mean over the
'valid' region: the figures of the authors' MATLAB code, and of the super-resolution literature.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import SSIMConfig

RADIUS, SIGMA, K1, K2 = 5, 1.5, 0.01, 0.03


def ssim(sr: NDArray[Any], hr: NDArray[Any], *, peak: float = 255.0) -> float:
    """Return the mean SSIM; of several channels, the mean of theirs.

    Args:
        sr: (H, W) or (H, W, C), H and W at least 11.
        hr: the same shape.
        peak: the largest value that a pixel can have.

    Raises:
        ValueError: the shapes differ, or the image is smaller than the window.
    """
    if sr.shape != hr.shape:
        raise ValueError(f"ssim needs equal shapes, received {sr.shape} and {hr.shape}")
    if min(sr.shape[:2]) < 2 * RADIUS + 1:
        raise ValueError(f"ssim needs at least 11×11 pixels, received {sr.shape[:2]}")
    if sr.ndim == 3:
        return float(np.mean([ssim(sr[..., c], hr[..., c], peak=peak) for c in range(sr.shape[2])]))
    x, y = sr.astype(np.float64), hr.astype(np.float64)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    # The formula needs the two variances only as their sum: four filters instead of five.
    mean_x, mean_y = _blur(x), _blur(y)
    mean_xy, mean_squares = mean_x * mean_y, mean_x**2 + mean_y**2
    covariance = _blur(x * y) - mean_xy
    variances = _blur(x**2 + y**2) - mean_squares
    luminance = (2 * mean_xy + c1) / (mean_squares + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return float(np.mean(luminance * structure))


def _window() -> NDArray[np.float64]:
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-(offsets**2) / (2 * SIGMA**2))
    window: NDArray[np.float64] = weights / weights.sum()
    return window


def _blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter (H, W) by the Gaussian window, rows then columns, keeping the valid region."""
    return _blur_rows(_blur_rows(image).T).T


def _blur_rows(image: NDArray[np.float64]) -> NDArray[np.float64]:
    weights, size = _window(), image.shape[0] - 2 * RADIUS
    result: NDArray[np.float64] = weights[RADIUS] * image[RADIUS : RADIUS + size]
    for tap in range(RADIUS):  # the window is symmetric: two rows share a weight
        opposite = 2 * RADIUS - tap
        result += weights[tap] * (image[tap : tap + size] + image[opposite : opposite + size])
    return result


class SSIM(Metric):
    """SSIM on what the protocol looks at."""

    name = "SSIM"
    digits = 4
    tolerance = 1e-5
    concurrent = True

    def __init__(self, config: SSIMConfig) -> None:
        self.config = config

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the SSIM of one image, (H, W, C) on the scale 0 to 255."""
        return ssim(sr, hr)
