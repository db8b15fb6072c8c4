"""What both forms of the generator share."""

from __future__ import annotations

from collections.abc import Callable

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


class Head(nn.Module):
    """Two convolutions from features to a residual image."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.inner = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, channels, 3, padding=1)
        small(self.inner)
        small(self.last)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last convolution sees, (N, F, H, W)."""
        return F.leaky_relu(self.inner(x), 0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Return a residual image (N, C, H, W) of features (N, F, H, W)."""
        out: Tensor = self.last(self.features(x))
        return out


class Block(nn.Module):
    """conv, ReLU, conv, sum; without norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        small(self.conv1)
        small(self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its residual, (N, F, H, W)."""
        out: Tensor = x + self.conv2(F.relu(self.conv1(x)))
        return out


class Stage(nn.Module):
    """Doubles features and image: blocks, sub-pixel upsampling, and a head for the residual.

    `head` makes, of (width, channels), what turns features into a residual image.
    """

    fade: Tensor

    def __init__(
        self,
        width: int,
        channels: int,
        *,
        blocks: int = 0,
        head: Callable[[int, int], nn.Module] = Head,
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.up = nn.Conv2d(width, 4 * width, 3, padding=1)
        self.head = head(width, channels)
        small(self.up)
        # A buffer, so that a checkpoint of a half faded stage computes what it did.
        self.register_buffer("fade", torch.ones(()))

    def forward(self, x: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (N, F, 2·H, 2·W) and image (N, C, 2·H, 2·W) of those of half the size."""
        x = F.leaky_relu(F.pixel_shuffle(self.up(self.body(x)), 2), 0.1)
        return x, doubled(image) + self.fade * self.head(x)
