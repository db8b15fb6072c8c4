"""JPEG compression of a quality of its own for each image."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from sr_toolkit.degradations.config import JPEGConfig
from sr_toolkit.degradations.jpeg_codec import Rounding, code
from sr_toolkit.degradations.operation import Drawn, Frame, Operation, Span


class JPEG(Operation):
    """What an image is after being written as JPEG and read again."""

    def __init__(self, config: JPEGConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw a quality for each image."""
        low, high = self.config.quality
        return Drawn({"quality": rng.integers(low, high + 1, count)})

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Code and decode each image with its quality."""
        rounding: Rounding = "exact" if frame.exact else self.config.gradient
        halved = self.config.subsampling == "4:2:0"
        return code(x, drawn.arrays["quality"], halved=halved, rounding=rounding)

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return a block's side; where blocks begin in a crop is another matter."""
        return 8 / span.low, span
