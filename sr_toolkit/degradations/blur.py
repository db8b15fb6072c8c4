"""Blur by Gaussian, generalized Gaussian and plateau kernels, each round or not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

from sr_toolkit.degradations.config import KINDS, BlurConfig
from sr_toolkit.degradations.filtering import filter_images
from sr_toolkit.degradations.kernels import gaussian_kernels
from sr_toolkit.degradations.operation import Array, Drawn, Frame, Operation, Span, pick, uniform


class Blur(Operation):
    """A kernel of its own for each image: kind, size, deviations, rotation and exponent."""

    def __init__(self, config: BlurConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw the parameters of `count` kernels; see `kernels.gaussian_kernels`."""
        config = self.config
        kind = pick(rng, [config.kinds.get(name, 0.0) for name in KINDS], count)
        sizes = draw_sizes(rng, config.sizes, count)
        sigma_x, sigma_y = (uniform(rng, config.sigma, count) for _ in range(2))
        angle = uniform(rng, config.angle, count)
        generalized = _draw_beta(rng, config.generalized_beta, count)
        plateau = _draw_beta(rng, config.plateau_beta, count)
        names = np.array(KINDS)[kind]
        round_ = np.char.endswith(names, "-iso") | (names == "iso")
        is_plateau = np.char.startswith(names, "plateau")
        is_generalized = np.char.startswith(names, "generalized")
        return Drawn(
            {
                "kind": kind,
                "sizes": sizes,
                "sigma_x": sigma_x,
                "sigma_y": np.where(round_, sigma_x, sigma_y),
                "angle": np.where(round_, 0.0, angle),
                "beta": np.select([is_plateau, is_generalized], [plateau, generalized], 1.0),
                "plateau": is_plateau,
            }
        )

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Filter each image with its kernel."""
        parameters = {name: array for name, array in drawn.arrays.items() if name != "kind"}
        return filter_images(x, gaussian_kernels(**parameters, side=self.config.sizes[1]))

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return half of the largest kernel."""
        return (self.config.sizes[1] // 2) / span.low, span


def draw_sizes(rng: np.random.Generator, bounds: tuple[int, int], count: int) -> Array:
    """Draw (count,) odd sizes, each of the range as likely as any."""
    low, high = bounds
    return low + 2 * rng.integers(0, (high - low) // 2 + 1, count)


def _draw_beta(
    rng: np.random.Generator, bounds: tuple[float, float], count: int
) -> npt.NDArray[np.float64]:
    """Draw exponents: below 1 as often as above it, if the range holds 1."""
    low, high = bounds
    below, place = rng.random(count) < 0.5, rng.random(count)
    if not low <= 1 <= high:
        return low + (high - low) * place
    return np.where(below, low + (1 - low) * place, 1 + (high - 1) * place)
