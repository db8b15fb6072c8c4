"""Gaussian and Poisson noise, colored or gray, from a seed of its own for each image.

Every image has a generator of its own, so that its noise does not depend on the others of the
batch. Generators belong to a device: another kind of device gives other noise of the same law.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.degradations.config import GaussianNoiseConfig, PoissonNoiseConfig
from sr_toolkit.degradations.operation import (
    Array,
    Drawn,
    Frame,
    Operation,
    per_image,
    uniform,
)


class GaussianNoise(Operation):
    """x + σ n / 255 with n normal, the same in all channels of gray noise; then clipped."""

    def __init__(self, config: GaussianNoiseConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw deviations, which images are gray, and seeds."""
        sigma = uniform(rng, self.config.sigma, count)
        return Drawn({"sigma": sigma, **_draw_noise(rng, self.config.gray, count)})

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Add the noise."""

        def normal(part: Tensor, generator: torch.Generator) -> Tensor:
            return torch.randn(part.shape, generator=generator, device=part.device)

        noise = _each(x, drawn, normal)
        return (x + per_image(drawn.arrays["sigma"] / 255, x) * noise).clamp(0, 1)


class PoissonNoise(Operation):
    """x + s (P(v x) / v − x), P a Poisson number; then clipped.

    As in Real-ESRGAN, v is the number of different levels in an image, rounded up to a power of
    two, so the noise's variance is s² x / v; gray noise is that of the luma. The gradient passes
    the noise by.
    """

    def __init__(self, config: PoissonNoiseConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw factors, which images are gray, and seeds."""
        scale = uniform(rng, self.config.scale, count)
        return Drawn({"scale": scale, **_draw_noise(rng, self.config.gray, count)})

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Add the noise."""
        # Rates are those of 8-bit pixels, on which the number of levels is counted.
        levels = (x.detach() * 255).round().clamp(0, 255)
        gray = to_gray(levels).round()
        is_gray = per_image(drawn.arrays["gray"], x)
        rates = torch.where(is_gray, gray, levels)
        values = _power_of_two(rates)
        rates = rates / 255

        def poisson(part: Tensor, generator: torch.Generator) -> Tensor:
            return torch.poisson(part, generator=generator)

        noise = _each(rates * values, drawn, poisson) / values - rates
        return (x + per_image(drawn.arrays["scale"], x) * noise).clamp(0, 1)


def to_gray(x: Tensor) -> Tensor:
    """Return (B, 1, H, W): BT.601 luma of three channels, the mean of any other number."""
    if x.shape[1] == 3:
        return 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]
    return x.mean(1, keepdim=True)


def _draw_noise(rng: np.random.Generator, gray: float, count: int) -> dict[str, Array]:
    return {
        "gray": rng.random(count) < gray,
        "seed": rng.integers(0, 2**63 - 1, count, dtype=np.int64),
    }


def _each(x: Tensor, drawn: Drawn, sample: Callable[[Tensor, torch.Generator], Tensor]) -> Tensor:
    """Return noise (B, C, H, W): for gray images that of the first channel, in all channels."""
    channels, fields = x.shape[1], []
    for image, gray, seed in zip(x, drawn.arrays["gray"], drawn.arrays["seed"], strict=True):
        generator = torch.Generator(x.device).manual_seed(int(seed))
        field = sample(image[:1].contiguous() if gray else image.contiguous(), generator)
        fields.append(field.expand(channels, -1, -1))
    return torch.stack(fields)


def _power_of_two(levels: Tensor) -> Tensor:
    """Return (B, 1, 1, 1): how many levels 0 to 255 an image has, rounded up to a power of two."""
    flat = levels.flatten(1).long()
    seen = torch.zeros(len(flat), 256, device=levels.device)
    count = seen.scatter_(1, flat, 1.0).sum(1)
    return torch.exp2(count.log2().ceil())[:, None, None, None]
