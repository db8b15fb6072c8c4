"""A list of steps, one after another, each for the images that it was drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor

from sr_toolkit.degradations.config import DegradationStep
from sr_toolkit.degradations.operation import Draw, Frame, Operation, Span, split_apply
from sr_toolkit.degradations.presets import build_operation, step_settings


@dataclass(frozen=True)
class Chain:
    """Operations in order, with the probability of each."""

    steps: tuple[tuple[Operation, float], ...]

    @classmethod
    def build(cls, steps: Sequence[DegradationStep], where: str) -> Chain:
        """Build the operations of `steps`.

        Raises:
            SrtkError: an unknown operation, or settings that do not fit; `where` says which.
        """
        built = []
        for index, step in enumerate(steps):
            settings = step_settings(step, f"{where}.{index}")
            built.append((build_operation(step.name, settings), step.probability))
        return cls(tuple(built))

    def draw(self, rng: np.random.Generator, count: int) -> Draw:
        """Draw all that `count` images need."""
        active, steps = [], []
        for op, probability in self.steps:
            chance = rng.random(count)
            active.append((chance[:1] if op.whole_batch else chance) < probability)
            steps.append(op.draw(rng, count))
        return Draw(count, tuple(np.broadcast_to(a, count) for a in active), tuple(steps))

    def apply(self, x: Tensor, draw: Draw, frame: Frame) -> Tensor:
        """Return what the steps make of x (B, C, H, W)."""
        for (op, _), active, drawn in zip(self.steps, draw.active, draw.steps, strict=True):
            rows, others = np.flatnonzero(active), np.flatnonzero(~active)
            done = partial(op.apply, drawn=drawn[rows], frame=frame)
            x = split_apply(x, [(rows, done), (others, lambda part: part)])
        return x

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return how many LR pixels far a pixel looks, and the span of sizes that comes out."""
        total = 0.0
        for op, probability in self.steps:
            pixels, after = op.reach(span)
            total += pixels
            if probability < 1:
                after = Span(min(span.low, after.low), max(span.high, after.high))
            span = after
        return total, span
