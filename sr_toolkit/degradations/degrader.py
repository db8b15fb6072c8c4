"""HR to LR for batches: one draw for the whole batch, which any process can take its slice of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.degradations.chain import Chain
from sr_toolkit.degradations.config import Degradation, Method
from sr_toolkit.degradations.operation import Draw, Frame, Span
from sr_toolkit.degradations.presets import realesrgan_steps
from sr_toolkit.degradations.resize import reach_of, resize_by, resize_levels
from sr_toolkit.errors import ImageError

MOST_MARGIN = 8  # LR pixels; the far tails of long chains are not worth more computation


@dataclass(frozen=True)
class Degrader:
    """Makes LR of HR; see `build_degrader`.

    Attributes:
        settings: what it was built from.
        scale: ratio between the sides of HR and LR.
        channels: channels of the images.
        margin: LR pixels of context that an LR pixel depends on. A crop degraded with this margin
            and trimmed is that place of the degraded whole image, exactly for MATLAB's and
            OpenCV's resizers, for Pillow's save at the image's borders, where it cuts its kernel
            off. For chains it is an approximation of at most `MOST_MARGIN`: blocks of a JPEG,
            noise and drawn sizes have their place in the crop, not in the image.
    """

    settings: Degradation
    scale: int
    channels: int
    margin: int
    _chain: Chain
    _resizer: Method

    def draw(self, rng: np.random.Generator, count: int) -> Draw:
        """Draw all that is random for a batch of `count` images."""
        return self._chain.draw(rng, count)

    def apply(self, hr: Tensor, draw: Draw, *, quantize: bool = True) -> Tensor:
        """Degrade a batch, without gradient.

        Args:
            hr: (B, C, H, W) float in [0, 1], H and W multiples of the scale.
            draw: what was drawn for these B images.
            quantize: round to the 8-bit levels k/255, and clip. A preset that only resizes then
                takes `hr` for such levels too, and rounds as the original does.

        Returns:
            LR (B, C, H/scale, W/scale), float32.

        Raises:
            ImageError: a shape that does not fit.
        """
        with torch.no_grad():
            if quantize and not self._chain.steps:
                return resize_levels(hr.float(), self._lr_size(hr, draw), self._resizer)
            lr = self._run(hr, draw, exact=True)
            return (lr * 255).round().clamp(0, 255) / 255 if quantize else lr

    def again(self, sr: Tensor, draw: Draw, *, quantize: bool = False) -> Tensor:
        """Degrade as `apply` did, but with gradient to `sr` and without rounding in the end.

        Roundings inside of the chain let the gradient through as if they were not there, as does
        noise that depends on the image. The shapes are those of `apply`. With `quantize` it is
        rounded and clipped in the end after all, and gradients pass that too.

        Raises:
            ImageError: a shape that does not fit.
        """
        lr = self._run(sr, draw, exact=False)
        if not quantize:
            return lr
        levels = (lr.detach() * 255).round().clamp(0, 255) / 255
        return levels + (lr - lr.detach())

    def _run(self, hr: Tensor, draw: Draw, *, exact: bool) -> Tensor:
        size = self._lr_size(hr, draw)
        with torch.autocast(hr.device.type, enabled=False):
            x = self._chain.apply(hr.float(), draw, Frame(size, exact))
            return resize_by(x, size, self._resizer)

    def _lr_size(self, hr: Tensor, draw: Draw) -> tuple[int, int]:
        shape = tuple(hr.shape)
        wanted = (draw.count, self.channels)
        if len(shape) != 4 or shape[:2] != wanted or shape[2] % self.scale or shape[3] % self.scale:
            raise ImageError(
                f"Degrading takes images of shape ({wanted[0]}, {wanted[1]}, H, W), H and W "
                f"multiples of {self.scale}, not {shape}."
            )
        return shape[2] // self.scale, shape[3] // self.scale


def build_degrader(settings: Degradation, scale: int, channels: int = 3) -> Degrader:
    """Build what degrades HR to LR.

    Args:
        settings: the preset and its steps.
        scale: ratio between the sides of HR and LR, a whole number.
        channels: channels of the images.

    Raises:
        SrtkError: an unknown operation, or settings that do not fit.
    """
    steps = realesrgan_steps() if settings.preset == "realesrgan" else settings.steps
    chain = Chain.build(steps, "degradation.steps")
    resizer: Method = "bicubic"
    if settings.preset != "realesrgan" and settings.preset != "custom":
        resizer = settings.preset
    pixels, span = chain.reach(Span(scale, scale))
    if (span.low, span.high) != (1, 1):
        pixels += reach_of(resizer, span.low, 1)
    return Degrader(settings, scale, channels, min(MOST_MARGIN, math.ceil(pixels)), chain, resizer)
