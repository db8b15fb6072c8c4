"""What the discriminators are made of."""

from __future__ import annotations

from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sr_toolkit.errors import ImageError
from sr_toolkit.images.resize_torch import resize_tensor

Norm = Literal["batch", "instance", "none"]
Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)


def bounded(layer: Layer, spectral: bool) -> Layer:
    """Return the layer, its weight's largest singular value held at 1 where asked.

    Miyato et al.: Spectral Normalization for GANs, ICLR 2018: one power iteration a step.
    """
    if spectral:
        spectral_norm(layer)  # in place
    return layer


def normalization(norm: Norm, channels: int) -> nn.Module:
    """Return the normalization of (N, C, H, W) that a config names."""
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    return nn.InstanceNorm2d(channels) if norm == "instance" else nn.Identity()


def judged(image: Tensor, lr: Tensor | None, *, conditional: bool, side: int, who: str) -> Tensor:
    """Return what the first convolution sees: in [−1, 1], beside it the upsampled LR where asked.

    Args:
        image: (N, C, H, W) in [0, 1].
        lr: (N, C, h, w) in [0, 1]; upsampled to the image's size as MATLAB's bicubic does.
        conditional: is the LR wanted?
        side: the smallest H and W that can be judged.
        who: the discriminator, for messages.

    Returns:
        (N, C, H, W), or (N, 2 · C, H, W).

    Raises:
        ImageError: the image is too small.
        ValueError: the LR is wanted and not given.
    """
    height, width = image.shape[-2:]
    if min(height, width) < side:
        raise ImageError(
            f"The {who} judges images of at least {side} pixels a side, received {width}×{height}; "
            f"take a larger crop."
        )
    if conditional:
        if lr is None:
            raise ValueError(f"the {who} is conditional: call it with the LR")
        guide = resize_tensor(lr, size=(height, width)).to(image.dtype)
        image = torch.cat((image, guide), dim=1)
    return image * 2 - 1
