"""What both forms of the generator share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def doubled(image: Tensor) -> Tensor:
    """Return an image (N, C, H, W) at twice its size, (N, C, 2·H, 2·W), by bilinear."""
    return F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False)


def small(convolution: nn.Conv2d) -> None:
    """Initialize a convolution at a tenth of Kaiming's, as residual branches without norm need."""
    nn.init.kaiming_normal_(convolution.weight)
    with torch.no_grad():
        convolution.weight.mul_(0.1)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
