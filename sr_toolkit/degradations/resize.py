"""Resizing by the ways in which the field's low-resolution images are made."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.degradations.config import Method, ResizeConfig
from sr_toolkit.degradations.operation import Drawn, Frame, Operation, Span, pick, uniform
from sr_toolkit.images.resize_torch import resize_tensor

# Pixels to each side: of the output where an antialiased kernel widens, of the input elsewhere.
_RADIUS = {
    "bicubic": 2.0,
    "pillow-bicubic": 2.0,
    "area": 1.0,
    "opencv-bicubic": 2.0,
    "bilinear": 1.0,
    "nearest": 1.0,
}
_WIDENING = ("bicubic", "pillow-bicubic", "area")


def resize_by(x: Tensor, size: tuple[int, int], method: Method) -> Tensor:
    """Resize a batch, with gradient and without rounding.

    Args:
        x: (B, C, H, W) float32.
        size: (height, width) of the output.
        method: `bicubic`: MATLAB's, a = -0.5 and antialiased; `opencv-bicubic`: INTER_CUBIC,
            a = -0.75 and not antialiased; `pillow-bicubic`: a = -0.5, antialiased, the kernel cut
            off at borders; `area`: the mean of the pixels covered; `bilinear`: not antialiased;
            `nearest`: the pixel at each output's middle, as MATLAB picks it.

    Returns:
        (B, C, height, width), which cubic kernels may leave a little outside of x's range.
    """
    if tuple(x.shape[-2:]) == size:
        return x
    if method == "bicubic":
        out: Tensor = resize_tensor(x, size=size)
        return out
    if method == "area":
        return F.interpolate(x, size, mode="area")
    if method == "nearest":
        return F.interpolate(x, size, mode="nearest-exact")
    mode = "bilinear" if method == "bilinear" else "bicubic"
    antialias = method == "pillow-bicubic"
    return F.interpolate(x, size, mode=mode, align_corners=False, antialias=antialias)


def resize_levels(x: Tensor, size: tuple[int, int], method: Method) -> Tensor:
    """Resize a batch of uint8 levels k/255 to such levels, rounding where the original does.

    MATLAB and Pillow round after each of their passes, the others in the end. MATLAB's result is
    exact; OpenCV's and Pillow's fixed point leaves some pixels one level away. Without gradient.
    """
    with torch.no_grad():
        if method == "bicubic":
            out: Tensor = resize_tensor(x, size=size, quantize=True)
            return out
        if method == "pillow-bicubic":  # width first
            x = _levels(resize_by(x, (x.shape[-2], size[1]), method))
        return _levels(resize_by(x, size, method))


def _levels(x: Tensor) -> Tensor:
    return (x * 255).round().clamp(0, 255) / 255


class Resize(Operation):
    """To a size of its own, or to one that is given in that of the LR."""

    whole_batch: ClassVar[bool] = True

    def __init__(self, config: ResizeConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw one factor and one method for the batch."""
        low, high = self.config.factor
        if self.config.directions is not None:
            ranges = ((1.0, high), (low, 1.0), (1.0, 1.0))
            low, high = ranges[int(pick(rng, self.config.directions, 1)[0])]
        factor = float(uniform(rng, (low, high), 1)[0])
        method = int(rng.integers(0, len(self.config.methods)))
        return Drawn({}, {"factor": factor, "method": method})

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Resize all images alike."""
        factor, method = drawn.shared["factor"], self.config.methods[int(drawn.shared["method"])]
        base = frame.lr_size if self.config.relative == "lr" else x.shape[-2:]
        height, width = (max(1, math.floor(side * factor)) for side in base)
        return resize_by(x, (height, width), method)

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return the radius of the widest kernel in LR pixels."""
        low, high = self.config.factor
        lr = self.config.relative == "lr"
        after = Span(low, high) if lr else Span(span.low * low, span.high * high)
        pixels = max(reach_of(method, span.low, after.low) for method in self.config.methods)
        return pixels, after


def reach_of(method: Method, before: float, after: float) -> float:
    """Return how many LR pixels far a resizer looks.

    Args:
        method: the resizer.
        before: size of its input, in pixels for each pixel of the LR.
        after: size of its output, likewise.
    """
    widens = method in _WIDENING and after < before
    return _RADIUS[method] / (after if widens else before)
