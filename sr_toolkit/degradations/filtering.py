"""A filter of its own for each image of a batch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.degradations.operation import to_device


def filter_images(x: Tensor, kernels: npt.NDArray[np.float64]) -> Tensor:
    """Filter each image with its kernel, borders reflected without repeating the border pixel.

    Args:
        x: (B, C, H, W) float32.
        kernels: (B, K, K), K odd, symmetric about their middle.

    Returns:
        (B, C, H, W).
    """
    batch, channels, height, width = x.shape
    size = kernels.shape[-1]
    rows = torch.from_numpy(_reflected(height, size // 2)).to(x.device)
    columns = torch.from_numpy(_reflected(width, size // 2)).to(x.device)
    wide = x.index_select(2, rows).index_select(3, columns)
    weight = to_device(kernels, x)[:, None].repeat_interleave(channels, 0)  # (B * C, 1, K, K)
    wide = wide.reshape(1, batch * channels, *wide.shape[-2:])
    out = F.conv2d(wide, weight, groups=batch * channels)
    return out.view(batch, channels, height, width)


def _reflected(length: int, border: int) -> npt.NDArray[np.int64]:
    """Return the positions of a row with borders, which may be longer than the row."""
    position = np.arange(-border, length + border)
    period = max(1, 2 * (length - 1))
    folded = position % period
    return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(position)
