"""Losses on differences of neighboring pixels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import GradientConfig, TVConfig
from sr_toolkit.losses.pairs import check_pair, full_precision


class TotalVariation(Loss):
    """Anisotropic total variation of the SR alone (Rudin, Osher, Fatemi, Physica D 1992)."""

    reference = "none"

    def __init__(self, config: TVConfig) -> None:
        super().__init__()
        self.norm = config.norm

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean |Δx| + mean |Δy| of the SR, or of their squares; `hr` is not looked at."""
        check_pair("tv", sr, sr, side=2)
        sr = full_precision(sr)
        steps = (sr.diff(dim=-1), sr.diff(dim=-2))
        means = [(s.abs() if self.norm == "l1" else s.square()).mean() for s in steps]
        return torch.stack(means).sum()


class SobelGradient(Loss):
    """L1 distance of the Sobel gradients, over the region where the 3×3 kernel fits."""

    def __init__(self, config: GradientConfig) -> None:
        super().__init__()

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean |∂x sr − ∂x hr| + mean |∂y sr − ∂y hr|; a ramp of 1 a pixel has slope 1."""
        check_pair("gradient", sr, hr, side=3)
        difference = full_precision(sr) - full_precision(hr)  # the filter is linear: once is enough
        return _sobel(difference).abs().mean() + _sobel(difference.mT).abs().mean()


def _sobel(image: Tensor) -> Tensor:
    """Return the horizontal slope of (N, C, H, W), (N, C, H − 2, W − 2)."""
    slope = image[..., 2:] - image[..., :-2]
    return (slope[..., :-2, :] + 2 * slope[..., 1:-1, :] + slope[..., 2:, :]) / 8
