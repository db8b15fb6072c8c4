"""Exponential moving average of a network's weights, buffers included."""

from __future__ import annotations

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

ModuleT = TypeVar("ModuleT", bound=nn.Module)


class EMA(Generic[ModuleT]):
    """Keeps a shadow of `module`: shadow ← decay · shadow + (1 − decay) · weights.

    With a warm-up the decay is (1 + n) / (10 + n) where that is smaller, so that the random start
    is soon forgotten. Buffers, such as batch-norm statistics, are copied.
    """

    def __init__(self, module: ModuleT, decay: float, warmup: bool = True) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay, self.warmup = decay, warmup
        self.updates = 0

    @torch.no_grad()
    def update(self, module: ModuleT) -> None:
        """Take one step towards the weights of `module`."""
        self.updates += 1
        decay = self.decay
        if self.warmup:
            decay = min(decay, (1 + self.updates) / (10 + self.updates))
        shadow: list[Tensor] = list(self.module.parameters())
        current = [parameter.detach() for parameter in module.parameters()]
        torch._foreach_lerp_(shadow, current, 1 - decay)
        for mine, theirs in zip(self.module.buffers(), module.buffers(), strict=True):
            mine.copy_(theirs)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        weights: dict[str, Tensor] = self.module.state_dict()
        return {"updates": self.updates, "weights": weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.updates = int(state["updates"])
        self.module.load_state_dict(state["weights"])
