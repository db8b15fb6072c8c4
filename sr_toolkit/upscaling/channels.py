"""An image's channels through a generator that takes others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sr_toolkit.images.color import RGB_TO_YCBCR, YCBCR_OFFSET, YCBCR_TO_RGB
from sr_toolkit.images.resize_torch import resize_tensor

CHROMA_RADIUS = 2
"""Of the cubic kernel that enlarges chroma, in LR pixels."""

Enlarge = Callable[[Tensor], Mapping[int, Tensor]]
"""From an LR (N, C, H, W) to the SR of each scale that is wanted."""


def through_gray(gray: Tensor, channels: int, enlarge: Enlarge) -> dict[int, Tensor]:
    """Return the SR (N, 1, s·H, s·W) of a gray LR by a generator of several channels."""
    grown = enlarge(gray.expand(-1, channels, -1, -1))
    return {scale: sr.mean(1, keepdim=True) for scale, sr in grown.items()}


def through_luma(rgb: Tensor, enlarge: Enlarge) -> dict[int, Tensor]:
    """Return the SR (N, 3, s·H, s·W) of an RGB LR by a generator of one channel.

    It gets Y, as in training, and chroma, in which the eye sees little detail, is enlarged by
    bicubic.
    """
    offset = torch.tensor(YCBCR_OFFSET / 255, dtype=rgb.dtype, device=rgb.device)[:, None, None]
    ycbcr = _mix(rgb, RGB_TO_YCBCR / 255) + offset
    grown = {}
    for scale, luma in enlarge(ycbcr[:, :1]).items():
        chroma = resize_tensor(ycbcr[:, 1:], scale=float(scale))
        grown[scale] = _mix(torch.cat([luma, chroma], 1) - offset, YCBCR_TO_RGB * 255)
    return grown


def _mix(x: Tensor, matrix: NDArray[np.float64]) -> Tensor:
    """Return (N, 3, H, W) whose channels are the matrix's rows times those of `x`."""
    # By elements: a matrix product may run in TF32 or, under a caller's autocast, in bf16.
    rows = [x[:, 0] * row[0] + x[:, 1] * row[1] + x[:, 2] * row[2] for row in matrix.tolist()]
    return torch.stack(rows, 1)
