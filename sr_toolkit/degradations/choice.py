"""Several lists of steps, of which each image goes through one."""

from __future__ import annotations

from functools import partial

import numpy as np
from torch import Tensor

from sr_toolkit.degradations.chain import Chain
from sr_toolkit.degradations.config import ChoiceConfig
from sr_toolkit.degradations.operation import (
    Drawn,
    Frame,
    Operation,
    Span,
    pick,
    split_apply,
)
from sr_toolkit.degradations.resize import Resize
from sr_toolkit.errors import ConfigError


class Choice(Operation):
    """One of several lists of steps for each image; all lists end at one size."""

    def __init__(self, config: ChoiceConfig) -> None:
        self.chains = [
            Chain.build(steps, f"choice.options.{index}")
            for index, steps in enumerate(config.options)
        ]
        self.weights = config.weights or (1.0,) * len(self.chains)
        if len({_fixed_size(chain) for chain in self.chains}) > 1:
            raise ConfigError(
                "The options of a degradation's 'choice' leave images of different sizes; end each "
                "of them with a 'resize' to the same 'factor' of 'relative: lr', or none."
            )

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw which list each image takes, and for every list what all images would need."""
        picked = pick(rng, self.weights, count)
        return Drawn({"option": picked}, {}, tuple(c.draw(rng, count) for c in self.chains))

    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Send each image through its list."""
        groups = []
        for index, (chain, draw) in enumerate(zip(self.chains, drawn.options, strict=True)):
            rows = np.flatnonzero(drawn.arrays["option"] == index)
            groups.append((rows, partial(chain.apply, draw=draw[rows], frame=frame)))
        return split_apply(x, groups)

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return the furthest of the lists."""
        reached = [chain.reach(span) for chain in self.chains]
        low, high = min(s.low for _, s in reached), max(s.high for _, s in reached)
        return max(pixels for pixels, _ in reached), Span(low, high)


def _fixed_size(chain: Chain) -> float | None:
    """Return the share of the LR's size that a chain ends at, or None if it keeps the size.

    Raises:
        ConfigError: the size is drawn, or depends on what came in.
    """
    factor: float | None = None
    for op, probability in chain.steps:
        if isinstance(op, Choice):
            # All of its lists end alike; this was seen to when it was built.
            nested = _fixed_size(op.chains[0])
            factor = factor if nested is None else nested
        if isinstance(op, Resize):
            low, high = op.config.factor
            if low != high or op.config.relative != "lr" or probability < 1:
                raise ConfigError(
                    "A 'resize' in a degradation's 'choice' must have one factor, 'relative: lr' "
                    "and probability 1, for all images of a batch keep one size."
                )
            factor = low
    return factor
