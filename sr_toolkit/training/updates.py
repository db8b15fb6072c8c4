"""From a loss to a changed network: scaling, the mean over processes, clipping, skipping."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn, optim

from sr_toolkit.errors import TrainingError
from sr_toolkit.hardware import Hardware
from sr_toolkit.training.recipe_parts import Divergence
from sr_toolkit.training.tally import Tally
from sr_toolkit.training.team import Team


class Updates:
    """Turns losses into steps of optimizers.

    Attributes:
        watch: are gradient norms taken in this step? They cost a pass over all gradients.
    """

    def __init__(
        self, hardware: Hardware, tally: Tally, team: Team, divergence: Divergence
    ) -> None:
        self.tally, self.team, self.divergence = tally, team, divergence
        # fp16 has few exponents: gradients are scaled up before they are stored, and back after.
        self.scaler = torch.amp.GradScaler(hardware.kind, enabled=hardware.precision == "fp16")
        self.watch = False
        self.skipped: dict[str, int] = {}

    def backward(self, loss: Tensor) -> None:
        """Add a loss's gradients to those that are there."""
        torch.autograd.backward(self.scaler.scale(loss))

    def apply(
        self,
        optimizer: optim.Optimizer,
        parameters: Iterable[nn.Parameter],
        name: str,
        step: int,
        *,
        clip: float | None,
    ) -> None:
        """Let an optimizer take its step; `name` is that of the gradient's norm in the log.

        Raises:
            TrainingError: too many steps in a row had to be skipped.
        """
        trained = [p for p in parameters if p.grad is not None]
        self.team.average_gradients(trained)
        # With scaled losses an overflow is nothing unusual, and the scaler skips it by itself.
        skipping = self.divergence.action == "skip" and not self.scaler.is_enabled()
        if clip is not None or self.watch or skipping:
            self.scaler.unscale_(optimizer)
            gradients = [p.grad for p in trained if p.grad is not None]
            norm = torch.nn.utils.get_total_norm(gradients)
            if self.watch and (not self.scaler.is_enabled() or bool(torch.isfinite(norm))):
                self.tally.add(name, norm, step + 1)
            if clip is not None:
                torch.nn.utils.clip_grads_with_norm_(trained, clip, norm)
            if skipping and not bool(torch.isfinite(norm)):
                self._skip(name, optimizer, step)
                return
        self.skipped[name] = 0
        self.scaler.step(optimizer)
        self.scaler.update()

    def _skip(self, name: str, optimizer: optim.Optimizer, step: int) -> None:
        skipped = self.skipped[name] = self.skipped.get(name, 0) + 1
        if skipped > self.divergence.retries:
            raise TrainingError(
                f"{skipped} updates in a row were skipped up to step {step + 1}, as their "
                f"gradients were not finite; train again at a lower rate."
            )
        optimizer.zero_grad(set_to_none=True)
