"""Reference upscalers as generators, so that they are rows like any model."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sr_toolkit.images.resize import Kernel
from sr_toolkit.images.resize_torch import resize_tensor
from sr_toolkit.interfaces import Generator
from sr_toolkit.upscaling.config import ResizerConfig


class Resizer(Generator):
    """MATLAB's `imresize(lr, scale, kernel)` on each channel, in the input's precision."""

    channelwise = True
    kernel: ClassVar[Kernel]
    radius: ClassVar[int]

    def __init__(self, config: ResizerConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.config, self.scales = config, scales

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        sr: Tensor = resize_tensor(lr, scale=float(scale or self.scales[-1]), kernel=self.kernel)
        return sr

    def receptive_field(self, scale: int) -> int | None:
        """Return how many pixels the kernel spans to each side of a place between pixels."""
        return self.radius


class Nearest(Resizer):
    """Each pixel repeated."""

    kernel, radius = "nearest", 1


class Bilinear(Resizer):
    """Linear between neighbors."""

    kernel, radius = "bilinear", 1


class Bicubic(Resizer):
    """Cubic convolution, a = -0.5."""

    kernel, radius = "bicubic", 2


class Lanczos(Resizer):
    """Lanczos' windowed sinc of three lobes."""

    kernel, radius = "lanczos3", 3


class PillowBicubic(Resizer):
    """Pillow's `Image.resize(…, BICUBIC)` of uint8 images.

    The kernel is MATLAB's, but it is cut off at the borders and rounded in fixed point. The LR is
    rounded to uint8 first, also where a protocol hands a resizer a float Y.
    """

    kernel, radius = "bicubic", 2

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        factor = scale or self.scales[-1]
        height, width = lr.shape[-2] * factor, lr.shape[-1] * factor
        levels = (lr.detach().cpu() * 255).round().clamp(0, 255).byte().numpy()
        planes = levels.reshape(-1, *lr.shape[-2:])
        grown = [
            np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))
            for plane in planes
        ]
        sr = torch.from_numpy(np.stack(grown)).reshape(*lr.shape[:2], height, width)
        return sr.to(lr.dtype).div(255).to(lr.device)

    def receptive_field(self, scale: int) -> None:
        """Return None: what is cut off at a border must not be cut off at a tile's."""
        return
