"""Pixel losses: `forward(sr, hr)` with images (N, C, H, W) in [0, 1]."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import PixelConfig


class L1(Loss):
    """Mean absolute error."""

    def __init__(self, config: PixelConfig) -> None:
        super().__init__()

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean |sr − hr|."""
        return F.l1_loss(sr, hr)


class MSE(Loss):
    """Mean squared error."""

    def __init__(self, config: PixelConfig) -> None:
        super().__init__()

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean (sr − hr)²."""
        return F.mse_loss(sr, hr)
