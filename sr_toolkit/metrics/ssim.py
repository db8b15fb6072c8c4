"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, 2004).

11×11 Gaussian window of sigma 1.5, K1 = .01, K2 = .03, population covariance, the mean over the
'valid' region: the figures of the authors' MATLAB code, and of the super-resolution literature.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import SSIMConfig

RADIUS, SIGMA, K1, K2 = 5, 1.5, 0.01, 0.03
WINDOW = 2 * RADIUS + 1
ROWS, COLUMNS = 16, 8  # outputs of one small matrix product; of 8 to 32 the fastest measured
WIDEST = 2048  # columns taken at a time: a strip and all that is made of it stay in the cache


def ssim(sr: NDArray[Any], hr: NDArray[Any], *, peak: float = 255.0) -> float:
    """Return the mean SSIM; of several channels, the mean of theirs.

    Args:
        sr: (H, W) or (H, W, C), H and W at least 11.
        hr: the same shape.
        peak: the largest value that a pixel can have.

    Raises:
        ValueError: the shapes differ, or the image is smaller than the window.
    """
    check(sr, hr, "ssim", WINDOW)
    if sr.ndim == 3:
        return float(np.mean([ssim(sr[..., c], hr[..., c], peak=peak) for c in range(sr.shape[2])]))
    return similarity(sr, hr, peak)[0]


def check(sr: NDArray[Any], hr: NDArray[Any], name: str, smallest: int) -> None:
    """Refuse a pair that cannot be compared.

    Raises:
        ValueError: the shapes differ, or a side is shorter than `smallest`.
    """
    if sr.shape != hr.shape:
        raise ValueError(f"{name} needs equal shapes, received {sr.shape} and {hr.shape}")
    if min(sr.shape[:2]) < smallest:
        raise ValueError(
            f"{name} needs at least {smallest}×{smallest} pixels, received {sr.shape[:2]}"
        )


def similarity(
    x: NDArray[Any], y: NDArray[Any], peak: float, *, contrast: bool = False
) -> tuple[float, float]:
    """Return the mean SSIM of one channel, and the mean of its contrast-structure term if wanted.

    Args:
        x: (H, W), H and W at least 11.
        y: the same shape.
        peak: the largest value that a pixel can have.
        contrast: whether the second figure is wanted; else it is 0.
    """
    height, width = (side - 2 * RADIUS for side in x.shape)
    strips = -(-width // WIDEST)  # side by side
    strip = _Strip(-(-width // (strips * COLUMNS)), peak, contrast)
    full = partial = 0.0
    for row in range(0, height, ROWS):
        rows = slice(row, min(row + ROWS, height) + 2 * RADIUS)
        for column in range(0, width, strip.width):
            columns = slice(column, min(column + strip.width, width) + 2 * RADIUS)
            sums = strip.add_up(x[rows, columns], y[rows, columns])
            full, partial = full + sums[0], partial + sums[1]
    return full / (height * width), partial / (height * width)


class _Strip:
    """`ROWS` rows and `blocks` times `COLUMNS` columns of the result, in buffers used again.

    With s = x + y and d = x - y the formula asks for four filtered images instead of five:
    4 E(xy) = E(s²) - E(d²) and 2 E(x² + y²) = E(s²) + E(d²), and so for the squares of the means.
    Both passes of the window are banded matrix products; the first has a row of constants beside
    the pixels, so that the formula's constants cost nothing.
    """

    def __init__(self, blocks: int, peak: float, contrast: bool) -> None:
        self.width, self.contrast = blocks * COLUMNS, contrast
        self.c1, c2 = 2 * (K1 * peak) ** 2, 2 * (K2 * peak) ** 2
        self.down = np.hstack([_band(ROWS), np.ones((ROWS, 1))])
        self.across = np.ascontiguousarray(_band(COLUMNS).T)
        padded, item = self.width + 2 * RADIUS, np.dtype(np.float64).itemsize
        self.images = np.zeros((4, ROWS + 2 * RADIUS + 1, padded))  # s, d, s², d²
        self.images[2, -1] = self.c1 + c2
        self.tall = np.empty((4, ROWS, padded))
        self.windows = as_strided(  # overlapping views: the products read them where they lie
            self.tall,
            (blocks, 4 * ROWS, COLUMNS + 2 * RADIUS),
            (COLUMNS * item, padded * item, item),
        )
        means = np.empty((4 * ROWS, self.width))
        self.placed = means.reshape(4 * ROWS, blocks, COLUMNS).transpose(1, 0, 2)
        self.means = means.reshape(4, ROWS, self.width)
        self.above, self.inner = np.empty((2, ROWS, self.width))

    def add_up(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
        """Return the sums of SSIM and of its contrast term over a strip's valid region."""
        height, width = x.shape
        total, difference, total_square, difference_square = self.images[:, :height, :width]
        np.add(x, y, out=total, dtype=np.float64)
        np.subtract(x, y, out=difference, dtype=np.float64)
        np.multiply(total, total, out=total_square)
        np.multiply(difference, difference, out=difference_square)
        np.matmul(self.down, self.images, out=self.tall)
        np.matmul(self.windows, self.across, out=self.placed)
        return self._formula(height - 2 * RADIUS, width - 2 * RADIUS)

    def _formula(self, height: int, width: int) -> tuple[float, float]:
        total, difference, total_spread, difference_spread = self.means
        np.multiply(total, total, out=total)
        total += self.c1
        np.multiply(difference, difference, out=difference)
        total_spread -= total  # the variance of s, and 2 C2
        difference_spread -= difference
        above, inner = self.above, self.inner
        np.subtract(total, difference, out=above)  # 4 mean(x) mean(y) + 2 C1
        total += difference  # 2 mean(x)² + 2 mean(y)² + 2 C1
        np.subtract(total_spread, difference_spread, out=inner)  # 4 cov(x, y) + 2 C2
        total_spread += difference_spread  # 2 var(x) + 2 var(y) + 2 C2
        above *= inner
        total *= total_spread
        above /= total
        if not self.contrast:
            return float(above[:height, :width].sum()), 0.0
        inner /= total_spread
        return float(above[:height, :width].sum()), float(inner[:height, :width].sum())


def _band(places: int) -> NDArray[np.float64]:
    """Return the window as a matrix: `places` places of it, each one further to the right."""
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-(offsets**2) / (2 * SIGMA**2))
    band = np.zeros((places, places + 2 * RADIUS))
    for place in range(places):
        band[place, place : place + WINDOW] = weights / weights.sum()
    return band


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
