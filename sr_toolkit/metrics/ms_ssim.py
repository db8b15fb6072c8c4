"""Multi-scale SSIM (Wang, Simoncelli, Bovik: Multiscale Structural Similarity, Asilomar 2003).

Five scales; contrast and structure are compared at each, luminance at the coarsest alone. Between
scales the authors' code averages 2×2 pixels and keeps every second one, mirroring an odd border.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import MSSSIMConfig
from sr_toolkit.metrics.ssim import WINDOW, check, similarity

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest scale to the coarsest
SMALLEST = WINDOW * 2 ** (len(WEIGHTS) - 1)


def ms_ssim(sr: NDArray[Any], hr: NDArray[Any], *, peak: float = 255.0) -> float:
    """Return the product of the scales' mean terms, each to the power of its weight.

    A negative mean term, which only images unlike each other have, counts as 0.

    Args:
        sr: (H, W) or (H, W, C), H and W at least 176; of several channels, the mean of theirs.
        hr: the same shape.
        peak: the largest value that a pixel can have.

    Raises:
        ValueError: the shapes differ, or the image is too small for five scales.
    """
    check(sr, hr, "ms_ssim", SMALLEST)
    if sr.ndim == 3:
        values = [ms_ssim(sr[..., c], hr[..., c], peak=peak) for c in range(sr.shape[2])]
        return float(np.mean(values))
    result = 1.0
    for weight in WEIGHTS[:-1]:
        result *= max(similarity(sr, hr, peak, contrast=True)[1], 0.0) ** weight
        sr, hr = _halve(sr), _halve(hr)
    return float(result * max(similarity(sr, hr, peak)[0], 0.0) ** WEIGHTS[-1])


def _halve(plane: NDArray[Any]) -> NDArray[np.float64]:
    """Average (H, W) over 2×2 pixels to (⌈H/2⌉, ⌈W/2⌉)."""
    even = np.pad(plane, [(0, side % 2) for side in plane.shape], mode="symmetric")
    rows = np.add(even[::2], even[1::2], dtype=np.float64)
    halved: NDArray[np.float64] = (rows[:, ::2] + rows[:, 1::2]) / 4
    return halved


class MSSSIM(Metric):
    """MS-SSIM on what the protocol looks at."""

    name = "MS-SSIM"
    digits = 4
    tolerance = 1e-5
    concurrent = True

    def __init__(self, config: MSSSIMConfig) -> None:
        self.config = config

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the MS-SSIM of one image, (H, W, C) on the scale 0 to 255."""
        return ms_ssim(sr, hr)
