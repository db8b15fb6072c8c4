"""Reference upscalers as generators, so that they are rows like any model."""

from __future__ import annotations

from torch import Tensor

from sr_toolkit.images.resize_torch import resize_tensor
from sr_toolkit.interfaces import Generator
from sr_toolkit.upscaling.config import ResizerConfig


def build_bicubic(config: ResizerConfig, scales: tuple[int, ...]) -> Generator:
    """Return the bicubic upscaler."""
    return Bicubic(config, scales)


class Bicubic(Generator):
    """MATLAB's `imresize(lr, scale)` on each channel, in the input's precision."""

    channelwise = True

    def __init__(self, config: ResizerConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.config, self.scales = config, scales

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        sr: Tensor = resize_tensor(lr, scale=float(scale or self.scales[-1]))
        return sr

    def receptive_field(self, scale: int) -> int:
        """Return 2: the cubic kernel spans two pixels to each side of a place between pixels."""
        return 2
