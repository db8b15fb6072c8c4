"""Pixel losses: `forward(sr, hr)` with images (N, C, H, W) in [0, 1]."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import CharbonnierConfig, HuberConfig, PixelConfig
from sr_toolkit.losses.pairs import check_pair, full_precision


class L1(Loss):
    """Mean absolute error."""

    def __init__(self, config: PixelConfig) -> None:
        super().__init__()

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean |sr − hr|."""
        check_pair("l1", sr, hr)
        return F.l1_loss(sr, hr)


class MSE(Loss):
    """Mean squared error."""

    def __init__(self, config: PixelConfig) -> None:
        super().__init__()

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean (sr − hr)²."""
        check_pair("mse", sr, hr)
        return F.mse_loss(sr, hr)


class Charbonnier(Loss):
    """L1 with a rounded tip (Charbonnier et al., ICIP 1994; Lai et al.: LapSRN, CVPR 2017)."""

    def __init__(self, config: CharbonnierConfig) -> None:
        super().__init__()
        self.eps = config.eps

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean √((sr − hr)² + eps²), which is `eps` where the images are equal."""
        check_pair("charbonnier", sr, hr)
        difference = full_precision(sr) - full_precision(hr)
        return (difference.square() + self.eps**2).sqrt().mean()


class Huber(Loss):
    """Quadratic up to `delta`, linear beyond (Huber, 1964)."""

    def __init__(self, config: HuberConfig) -> None:
        super().__init__()
        self.delta = config.delta

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return mean h(|sr − hr|); h(d) is d²/2 up to delta, delta · (d − delta/2) beyond."""
        check_pair("huber", sr, hr)
        return F.huber_loss(full_precision(sr), full_precision(hr), delta=self.delta)
