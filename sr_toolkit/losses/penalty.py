"""Penalties on the slope of a discriminator, in float32 whatever the surrounding precision.

The slope is that of an image's mean logit: for a discriminator of patches it is on the same scale
as the losses, which average the logits too. Gradients reach the discriminator's weights through the
slope (`create_graph`). Batch norm makes an image's logits depend on the others; use a discriminator
without it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Judge = Callable[[Tensor, Tensor | None], Tensor]
"""A `Discriminator`, or anything called as `judge(image, lr)`."""


def gradient_penalty(
    discriminator: Judge, real: Tensor, fake: Tensor, lr: Tensor | None, mix: Tensor
) -> Tensor:
    """Return mean (‖∇D(x)‖ − 1)² at x = mix · real + (1 − mix) · fake.

    Gulrajani et al.: Improved Training of Wasserstein GANs, NIPS 2017, where its weight is 10.

    Args:
        discriminator: called as `discriminator(image, lr)`.
        real: (N, C, H, W) in [0, 1].
        fake: the same shape; no gradient flows back to it.
        lr: the LR of both, or None where the discriminator does not look at it.
        mix: (N, 1, 1, 1) in [0, 1], drawn by the caller.
    """
    with torch.autocast(real.device.type, enabled=False):
        real, fake = _wide(real.detach()), _wide(fake.detach())
        share = mix.to(real)
        between = share * real + (1 - share) * fake
        lengths = torch.linalg.vector_norm(_slope(discriminator, between, lr), dim=1)
        penalty: Tensor = (lengths - 1).square().mean()
        return penalty


def r1(discriminator: Judge, real: Tensor, lr: Tensor | None) -> Tensor:
    """Return ½ mean ‖∇D(real)‖², to be weighted by the paper's γ, such as 10.

    Mescheder, Geiger, Nowozin: Which Training Methods for GANs do actually Converge?, ICML 2018.

    Args:
        discriminator: called as `discriminator(image, lr)`.
        real: (N, C, H, W) in [0, 1].
        lr: its LR, or None where the discriminator does not look at it.
    """
    with torch.autocast(real.device.type, enabled=False):
        slope = _slope(discriminator, _wide(real.detach()), lr)
        return slope.square().sum(1).mean() / 2


def _slope(discriminator: Judge, images: Tensor, lr: Tensor | None) -> Tensor:
    """Return the slope of each image's mean logit, (N, C · H · W)."""
    images = images.requires_grad_()
    logits = discriminator(images, None if lr is None else _wide(lr.detach()))
    means = _wide(logits).reshape(len(images), -1).mean(1)
    (slope,) = torch.autograd.grad(means.sum(), images, create_graph=True)
    return slope.flatten(1)


def _wide(x: Tensor) -> Tensor:
    """Return a tensor in float32, or as it is where it is wider."""
    return x if x.dtype == torch.float64 else x.float()
