"""What one image costs a network: multiply-adds, counted without memory on torch's meta device."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from sr_toolkit.interfaces import Generator

OUTPUT = (720, 1280)
"""Height and width of the SR that papers count for (Ahn et al.: CARN, ECCV 2018)."""


def multiply_adds(generator: Generator, scale: int, output: tuple[int, int] = OUTPUT) -> int | None:
    """Return the multiply-adds of the convolutions and matrix products for one SR image.

    Args:
        generator: with its parameters on the meta device.
        scale: one of its scales.
        output: (height, width) of the SR; the LR is that over the scale, rounded up, and padded to
            the generator's size multiple.

    Returns:
        Half of torch's count of floating point operations, or None where the network has none of
        these or does not run without data.
    """
    multiple = generator.size_multiple
    sides = [-(-side // scale) for side in output]
    height, width = (side + -side % multiple for side in sides)
    counter = FlopCounterMode(display=False)
    try:
        with torch.device("meta"), torch.no_grad(), counter:
            generator.eval()(torch.empty(1, generator.channels[0], height, width), scale)
    except RuntimeError:  # what torch raises for operations that the meta device has not
        return None
    return counter.get_total_flops() // 2 or None
