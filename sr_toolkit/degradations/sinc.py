"""The ringing of ideal low-pass filters, which sharpening and compression leave in pictures."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from sr_toolkit.degradations.blur import draw_sizes
from sr_toolkit.degradations.config import SincConfig
from sr_toolkit.degradations.filtering import filter_images
from sr_toolkit.degradations.kernels import sinc_kernels
from sr_toolkit.degradations.operation import Drawn, Frame, Operation, Span, uniform

_LARGE = 13  # from this size on, Real-ESRGAN's authors let the cutoff be lower


class Sinc(Operation):
    """A circular low-pass filter of its own for each image."""

    def __init__(self, config: SincConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw the sizes and cutoffs of `count` kernels."""
        sizes = draw_sizes(rng, self.config.sizes, count)
        small = uniform(rng, self.config.cutoff, count)
        large = uniform(rng, self.config.cutoff_large, count)
        return Drawn({"sizes": sizes, "cutoff": np.where(sizes < _LARGE, small, large)})

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Filter each image with its kernel."""
        return filter_images(x, sinc_kernels(**drawn.arrays, side=self.config.sizes[1]))

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return half of the largest kernel."""
        return (self.config.sizes[1] // 2) / span.low, span
