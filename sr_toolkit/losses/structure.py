"""Structural similarity as losses: one scale, and several.

Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, TIP 2004; Wang, Simoncelli, Bovik:
Multi-Scale Structural Similarity, Asilomar 2003. 11×11 Gaussian window of sigma 1.5, K1 = .01,
K2 = .03, population covariance, the 'valid' region, each channel alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import MultiScaleSSIMConfig, SSIMConfig
from sr_toolkit.losses.pairs import check_pair, full_precision

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2  # for images in [0, 1]
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang 2003, finest scale first
FLOOR = 1e-6  # a power below 1 has no finite slope at 0


class SSIMLoss(Loss):
    """1 − SSIM of images in [0, 1]; 0 where they are equal, at most 2."""

    window: Tensor

    def __init__(self, config: SSIMConfig) -> None:
        super().__init__()
        self.register_buffer("window", gaussian_window(), persistent=False)

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return 1 − mean SSIM over images, channels and the valid region."""
        check_pair("ssim", sr, hr, side=WINDOW)
        with torch.autocast(sr.device.type, enabled=False):
            luminance, structure = _terms(full_precision(sr), full_precision(hr), self.window)
            return 1 - (luminance * structure).mean()


class MultiScaleSSIMLoss(Loss):
    """1 − MS-SSIM of images in [0, 1]; of fewer than 5 scales, the finest ones' weights, sum 1.

    Each image's and channel's contrast and structure term enters with a floor of 1e-6: their
    powers have no real value below 0. The next scale is the mean of 2×2 pixels.
    """

    window: Tensor

    def __init__(self, config: MultiScaleSSIMConfig) -> None:
        super().__init__()
        kept = SCALE_WEIGHTS[: config.scales]
        self.weights = tuple(weight / sum(kept) for weight in kept)
        self.register_buffer("window", gaussian_window(), persistent=False)

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return 1 − the mean over images and channels of Π cs_j^w_j · l_M^w_M."""
        scales = len(self.weights)
        side = WINDOW * 2 ** (scales - 1)
        advice = f", or fewer than {scales} scales" if scales > 1 else ""
        check_pair("ms-ssim", sr, hr, side=side, advice=advice)
        with torch.autocast(sr.device.type, enabled=False):
            x, y = full_precision(sr), full_precision(hr)
            similarity = x.new_ones(x.shape[:2])  # (N, C)
            for number, weight in enumerate(self.weights, start=1):
                luminance, structure = _terms(x, y, self.window)
                last = number == scales
                term = luminance * structure if last else structure
                similarity = similarity * term.mean((-2, -1)).clamp(min=FLOOR) ** weight
                if not last:
                    x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
            return 1 - similarity.mean()


def gaussian_window() -> Tensor:
    """Return the window's 11 weights along one axis, float64, of sum 1."""
    offsets = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weights = torch.exp(-offsets.square() / (2 * SIGMA**2))
    return weights / weights.sum()


def _terms(x: Tensor, y: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
    """Return the luminance and the contrast-structure maps, (N, C, H − 10, W − 10)."""
    # The formula needs the two variances only as their sum: four filters instead of five.
    means = _blur(torch.cat((x, y, x * y, x.square() + y.square()), dim=1), window)
    mean_x, mean_y, mean_products, mean_squares = means.chunk(4, dim=1)
    product, squares = mean_x * mean_y, mean_x.square() + mean_y.square()
    luminance = (2 * product + C1) / (squares + C1)
    structure = (2 * (mean_products - product) + C2) / (mean_squares - squares + C2)
    return luminance, structure


def _blur(maps: Tensor, window: Tensor) -> Tensor:
    """Filter (N, C, H, W) by the window along both axes, keeping the valid region."""
    channels = maps.shape[1]
    kernel = window.to(maps.dtype).view(1, 1, -1, 1).repeat(channels, 1, 1, 1)
    rows = F.conv2d(maps, kernel, groups=channels)
    return F.conv2d(rows, kernel.mT, groups=channels)
