"""Clipping, and rounding to levels, with gradients that pass a rounding by."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.degradations.config import ClampConfig, QuantizeConfig
from sr_toolkit.degradations.operation import Drawn, Frame, Operation

# Pushes exact ties, common among mean values of integers, to one side whatever the order of sums.
_TIE = 1e-3


def round_away(x: Tensor) -> Tensor:
    """Round to whole numbers, half away from zero, as libjpeg does its coefficients."""
    return torch.copysign((x.abs() + (0.5 + _TIE)).floor(), x)


def passed(x: Tensor, rounded: Tensor, *, exact: bool) -> Tensor:
    """Return `rounded`, made of x: for good if `exact`, else with the gradient of x."""
    return rounded if exact else x + (rounded - x).detach()


def soft_round(x: Tensor) -> Tensor:
    """Return [x] + (x − [x])³, differentiable (Shin and Song, NIPS workshop 2017)."""
    whole = round_away(x.detach())
    return whole + (x - whole) ** 3


class Clamp(Operation):
    """To a range of values."""

    def __init__(self, config: ClampConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw nothing."""
        return Drawn()

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Clip."""
        return x.clamp(self.config.low, self.config.high)


class Quantize(Operation):
    """To whole levels in [0, 1]."""

    def __init__(self, config: QuantizeConfig) -> None:
        self.config = config

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw nothing."""
        return Drawn()

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Round and clip."""
        levels = x * self.config.levels
        whole = passed(levels, levels.detach().round(), exact=frame.exact)
        return whole.clamp(0, self.config.levels) / self.config.levels
