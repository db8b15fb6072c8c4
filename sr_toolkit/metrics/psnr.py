"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import PSNRConfig

STRIP = 1 << 16  # values whose difference is taken at a time: half a megabyte


def psnr(sr: NDArray[Any], hr: NDArray[Any], *, peak: float = 255.0) -> float:
    """Return 10 · log10(peak² / MSE) in dB over all pixels and channels; inf for equal images.

    Args:
        sr: any shape.
        hr: the same shape.
        peak: the largest value that a pixel can have.

    Raises:
        ValueError: the shapes differ.

    >>> round(psnr(np.full((4, 4, 1), 100.0), np.full((4, 4, 1), 110.0)), 4)
    28.1308
    """
    if sr.shape != hr.shape:
        raise ValueError(f"psnr needs equal shapes, received {sr.shape} and {hr.shape}")
    error = _squared_error(sr, hr) / sr.size
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


def _squared_error(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """Return the sum of squares of the difference, strip by strip: no copy of a large image."""
    if not sr.ndim:
        return float(sr - hr.astype(np.float64)) ** 2
    rows = max(1, STRIP * sr.shape[0] // max(1, sr.size))
    total = 0.0
    for row in range(0, sr.shape[0], rows):
        difference = np.subtract(sr[row : row + rows], hr[row : row + rows], dtype=np.float64)
        flat = difference.ravel()
        total += float(flat @ flat)
    return total


class PSNR(Metric):
    """PSNR on what the protocol looks at."""

    name = "PSNR"
    digits = 4
    tolerance = 1e-3
    concurrent = True

    def __init__(self, config: PSNRConfig) -> None:
        self.config = config

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the PSNR in dB of one image, (H, W, C) on the scale 0 to 255."""
        return psnr(sr, hr)
