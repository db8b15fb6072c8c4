"""What every loss asks of its pair of images."""

from __future__ import annotations

import torch
from torch import Tensor

from sr_toolkit.errors import ImageError


def check_pair(loss: str, sr: Tensor, hr: Tensor, *, side: int = 1, advice: str = "") -> None:
    """Refuse images (N, C, H, W) that differ in shape or are smaller than `side`.

    Args:
        loss: the loss's registered name, for the message.
        sr: (N, C, H, W).
        hr: must have the same shape.
        side: the smallest H and W that the loss can judge.
        advice: what to do about a small image, beside a larger crop.

    Raises:
        ImageError: says what was received.
    """
    if sr.ndim != 4 or sr.shape != hr.shape:
        raise ImageError(
            f"The loss '{loss}' compares images of one shape (N, C, H, W), received "
            f"{tuple(sr.shape)} and {tuple(hr.shape)}."
        )
    if min(sr.shape[-2:]) < side:
        raise ImageError(
            f"The loss '{loss}' needs at least {side} pixels a side, received "
            f"{sr.shape[-1]}×{sr.shape[-2]}; take a larger crop{advice}."
        )


def full_precision(image: Tensor) -> Tensor:
    """Return float64 as it is and all smaller types as float32."""
    return image if image.dtype == torch.float64 else image.float()
