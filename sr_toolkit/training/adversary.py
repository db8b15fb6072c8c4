"""The other side of a GAN: a discriminator, its loss, its optimizer, and what it is fed with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.data.augment import draw_augment
from sr_toolkit.data.batch import Batch
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import AdversarialLoss, Discriminator
from sr_toolkit.losses.penalty import gradient_penalty, r1
from sr_toolkit.training.optimize import Rate, load_optimizer, make_optimizer
from sr_toolkit.training.recipe_parts import Adversarial, Schedule
from sr_toolkit.training.replay import ReplayBuffer
from sr_toolkit.training.spectral import add_spectral_norm
from sr_toolkit.training.tally import Tally
from sr_toolkit.training.updates import Updates

STREAM = 0xD15C  # sets the draws of this side apart from the sampler's


class Adversary:
    """A discriminator in training.

    Args:
        settings: the recipe's GAN part.
        discriminator: trained in place.
        game: the adversarial loss.
        schedule: the learning rate's course, as the generator's.
        hardware: where it runs.
        tally: takes the figures.
        updates: how a gradient becomes a step.
        steps: the length of the phase.
        seed: of its draws.
    """

    def __init__(
        self,
        settings: Adversarial,
        discriminator: Discriminator,
        game: AdversarialLoss,
        *,
        schedule: Schedule,
        hardware: Hardware,
        tally: Tally,
        updates: Updates,
        steps: int,
        seed: tuple[int, ...],
    ) -> None:
        self.settings, self.game, self.hardware = settings, game, hardware
        self.tally, self.updates, self.seed = tally, updates, seed
        if settings.spectral_norm:
            add_spectral_norm(discriminator)
        self.module: Discriminator = hardware.place(discriminator).train()
        self.module.requires_grad_(True)
        self.optimizer = make_optimizer(settings.optimizer, self.module.parameters(), hardware)
        self.rate = Rate(schedule, settings.optimizer.lr, steps)
        self.replay = ReplayBuffer(settings.replay) if settings.replay is not None else None
        self._accuracy = 0.0

    def update(self, pairs: list[tuple[Tensor, Batch]], step: int, turn: int = 0) -> None:
        """Train the discriminator by one step.

        Args:
            pairs: SR (B, C, H, W) without gradient, each with the batch that it was made of;
                several are parts of one batch.
            step: the step to come, counted from 0.
            turn: which of the discriminator's steps in it.
        """
        resting = self.settings.threshold is not None and self._accuracy >= self.settings.threshold
        share = 1 / len(pairs)
        self.rate.apply(self.optimizer)
        self.module.requires_grad_(not resting)
        self.optimizer.zero_grad(set_to_none=True)
        right = []
        for number, (sr, batch) in enumerate(pairs):
            rng = self._rng(step, turn, number)
            fake, fake_lr = self._seen(sr, batch), batch.lr
            real = batch.lr if self.settings.space == "lr" else batch.hr
            if self.replay is not None:
                fake, fake_lr = self.replay.mix(fake, fake_lr, rng)
            drawn = draw_augment(self.settings.augment, rng, len(real))
            (real,), real_lr = drawn.apply([real], batch.lr)
            (fake,), fake_lr = drawn.apply([fake], fake_lr)
            with torch.set_grad_enabled(not resting), self.hardware.autocast():
                real_logits = self._logits(real, real_lr)
                fake_logits = self._logits(fake, fake_lr)
                loss = self.game.discriminator(real_logits, fake_logits)
            right.append(self._count(loss, real_logits, fake_logits, step, share))
            if not resting:
                loss = loss + self._penalty(real, fake, real_lr, step, share, rng)
                self.updates.backward(loss * share)
        if self.settings.threshold is not None:
            # The same in all processes: one that rests while another trains would wait for ever.
            mean = torch.stack(right).mean()
            self.updates.team.average([mean])
            self._accuracy = float(mean)
        if not resting:
            self.updates.apply(
                self.optimizer, self.module.parameters(), "d_norm", step, clip=self.settings.clip
            )

    def term(self, sr: Tensor, batch: Batch, step: int, part: int = 0) -> Tensor:
        """Return the generator's side of the loss, a scalar; call it inside autocast."""
        self.module.requires_grad_(False)
        fake = self._seen(sr, batch)
        real = batch.lr if self.settings.space == "lr" else batch.hr
        # A number that no turn of the discriminator has: its own draw of augmentations.
        drawn = draw_augment(self.settings.augment, self._rng(step, -1, part), len(real))
        (real, fake), lr = drawn.apply([real, fake], batch.lr)
        fake_logits = self._logits(fake, lr)
        real_logits = fake_logits.detach()
        if self.game.generator_needs_real:
            with torch.no_grad():
                real_logits = self._logits(real, lr)
        return self.game.generator(real_logits, fake_logits)

    def end_step(self) -> None:
        """Go on in the learning rate's course."""
        self.rate.step()

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs."""
        return {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rate": self.rate.state_dict(),
            "replay": None if self.replay is None else self.replay.state_dict(),
            "accuracy": self._accuracy,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.module.load_state_dict(state["module"])
        load_optimizer(self.optimizer, state["optimizer"])
        self.rate.load_state_dict(state["rate"])
        if self.replay is not None:
            self.replay.load_state_dict(state["replay"], self.hardware.device)
        self._accuracy = float(state["accuracy"])

    def _rng(self, step: int, turn: int, part: int) -> np.random.Generator:
        rank = self.updates.team.rank
        return np.random.default_rng([*self.seed, STREAM, step, turn + 1, part, rank])

    def _seen(self, sr: Tensor, batch: Batch) -> Tensor:
        # On 8-bit levels as the LR is: else the rounding would tell real from fake.
        return batch.again(sr, quantize=True) if self.settings.space == "lr" else sr

    def _logits(self, image: Tensor, lr: Tensor) -> Tensor:
        logits: Tensor = self.module(image, lr)
        return self.hardware.widen(logits)

    def _count(self, loss: Tensor, real: Tensor, fake: Tensor, step: int, share: float) -> Tensor:
        """Tally loss and accuracy: each side judged against the other's mean, so for any game."""
        real_right = (real > fake.mean()).float().mean()
        fake_right = (fake < real.mean()).float().mean()
        for name, value in (("d_loss", loss), ("d_real", real_right), ("d_fake", fake_right)):
            self.tally.add(name, value, step + 1, share=share)
        return (real_right + fake_right) / 2

    def _penalty(
        self,
        real: Tensor,
        fake: Tensor,
        lr: Tensor,
        step: int,
        share: float,
        rng: np.random.Generator,
    ) -> Tensor:
        settings = self.settings.penalty
        if settings is None or step % settings.every:
            return real.new_zeros(())
        if settings.name == "r1":
            value = r1(self.module, real, lr)
        else:
            drawn = torch.from_numpy(rng.random((len(real), 1, 1, 1)))
            value = gradient_penalty(self.module, real, fake, lr, drawn.to(real))
        self.tally.add("penalty", value, step + 1, share=share)
        return settings.weight * settings.every * value
