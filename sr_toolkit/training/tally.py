"""Losses and other figures of a step, summed on the device until somebody asks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Tally:
    """Sums figures by name; nothing waits for the device before `means` or `bad_step`.

    Args:
        device: where the figures are.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, float] = {}
        self._bad_step = torch.zeros((), dtype=torch.int64, device=device)

    def add(
        self, name: str, value: Tensor, step: int, *, share: float = 1.0, counted: bool = True
    ) -> None:
        """Add a figure of `step`, counted from 1; `share` is that of a part of a batch.

        What is not counted is a further term of a figure that is: it adds to the mean.
        """
        value = value.detach().to(torch.float64)
        self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + share * value
        self._counts[name] = self._counts.get(name, 0.0) + (share if counted else 0.0)
        unseen = (self._bad_step == 0) & ~torch.isfinite(value)
        self._bad_step = torch.where(unseen, step, self._bad_step)

    def means(self) -> dict[str, float]:
        """Return the mean of each figure since the last call."""
        means = {name: float(value) / self._counts[name] for name, value in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def bad_step(self) -> int:
        """Return the first step in which a figure was not finite, or 0."""
        return int(self._bad_step)

    def peek(self, name: str) -> float | None:
        """Return the mean of a figure since the last call of `means`, which it does not end."""
        if name not in self._sums:
            return None
        return float(self._sums[name]) / self._counts[name]

    def forgive(self) -> None:
        """Forget what was not finite."""
        self._bad_step = torch.zeros_like(self._bad_step)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again; what was not finite is forgotten."""
        self._sums = {name: value.to(self.device) for name, value in state["sums"].items()}
        self._counts = {name: float(count) for name, count in state["counts"].items()}
        self._bad_step = torch.zeros((), dtype=torch.int64, device=self.device)
