"""One phase of a training: the step that ties networks, losses and optimizers together."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sr_toolkit.data.batch import Batch
from sr_toolkit.errors import TrainingError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.training.adversary import Adversary
from sr_toolkit.training.ema import EMA
from sr_toolkit.training.feeding import Feed
from sr_toolkit.training.freezing import freeze
from sr_toolkit.training.memory import checkpoint_blocks, is_out_of_memory, next_pieces
from sr_toolkit.training.optimize import Rate, load_optimizer, make_optimizer
from sr_toolkit.training.parts import Parts
from sr_toolkit.training.recipe import Phase, Ramp
from sr_toolkit.training.spectral import (
    add_spectral_norm,
    plain_state,
    remove_spectral_norm,
)
from sr_toolkit.training.tally import Tally
from sr_toolkit.training.team import Team
from sr_toolkit.training.updates import Updates


class Trainer:
    """Runs the steps of one phase.

    Args:
        phase: the recipe's phase.
        parts: its losses and discriminator.
        generator: trained in place.
        feed: gives the batches.
        hardware: where it runs.
        scale: the scale, the largest of several.
        others: feeds of smaller scales that are trained together with it; pixel losses alone.
        seed: the run's seed and the phase's number.
        team: the processes that train together.
        compiled: compile the generator's forward pass?

    Attributes:
        ema: the average of the generator's weights, or None.
        adversary: None in a phase without a GAN part.
        tally: the losses since they were last asked for.
        steps: the length of the phase.
        step: steps done.
        raised: factor of the adversarial weight, by a search.
        pieces: parts that a batch is computed in.
    """

    def __init__(
        self,
        phase: Phase,
        parts: Parts,
        generator: Generator,
        feed: Feed,
        hardware: Hardware,
        *,
        scale: int,
        seed: tuple[int, ...],
        others: Mapping[int, Feed] | None = None,
        team: Team | None = None,
        compiled: bool = False,
    ) -> None:
        self.phase, self.hardware, self.feed, self.scale = phase, hardware, feed, scale
        self.others = dict(others or {})
        self.team = team or Team()
        self.generator: Generator = hardware.place(generator).train()
        self._frozen = freeze(self.generator, phase.freeze)
        # Of a network with spectral norm, what is kept and validated is a twin without it.
        self._twin = copy.deepcopy(self.generator) if phase.spectral_norm else None
        if phase.spectral_norm:
            add_spectral_norm(self.generator, without=self._frozen)
        self.ema = EMA(self.generator, phase.ema, phase.ema_warmup) if phase.ema else None
        if phase.checkpointing:
            checkpoint_blocks(self.generator)
        self._forward: Any = torch.compile(self.generator) if compiled else self.generator
        self.losses = {name: loss.to(hardware.device) for name, loss in parts.losses.items()}
        self.tally = Tally(hardware.device)
        self.updates = Updates(hardware, self.tally, self.team, phase.divergence)
        main = phase_steps(phase, feed.images)
        self.steps, self.step = main + phase.extend, 0
        self.fade = min(phase.fade, main)
        self.optimizer = make_optimizer(phase.optimizer, self.generator.parameters(), hardware)
        self.rate = Rate(phase.schedule, phase.optimizer.lr, main)
        self.adversary: Adversary | None = None
        if phase.adversarial is not None and parts.discriminator is not None:
            assert parts.adversarial is not None  # both or none are built
            self.adversary = Adversary(
                phase.adversarial,
                parts.discriminator,
                parts.adversarial,
                schedule=phase.schedule,
                hardware=hardware,
                tally=self.tally,
                updates=self.updates,
                steps=main,
                seed=seed,
            )
        self.raised = 1.0
        self.pieces = phase.accumulate
        self._turns_done = 0

    @property
    def result(self) -> Generator:
        """The generator whose weights are kept: the average where there is one."""
        module = self.ema.module if self.ema is not None else self.generator
        if self._twin is None:
            return module
        self._twin.load_state_dict(plain_state(module))
        return self._twin

    def advance(self) -> None:
        """Do one step; where memory does not suffice, in smaller pieces.

        Raises:
            TrainingError: not even one crop at a time fits.
        """
        self.updates.watch = (self.step + 1) % self.phase.log_every == 0
        for module in self._frozen:
            module.eval()  # a validation in between has set the whole network back to training
        if self.fade:
            self.generator.fade_in(self.scale, min((self.step + 1) / self.fade, 1.0))
        self._turns_done = 0
        while True:
            try:
                self._attempt()
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self._cut_smaller()
        self.rate.step()
        if self.adversary is not None:
            self.adversary.end_step()
        if self.ema is not None:
            self.ema.update(self.generator)
        self.step += 1

    def _attempt(self) -> None:
        """Do what is left of the step: the discriminator's turns, then the generator's."""
        gan = self.phase.adversarial
        turns = gan.steps if gan is not None and self.adversary is not None else 0
        warming = self.warming
        for turn in range(self._turns_done, turns - 1):
            self._train_adversary(self._upscaled_freely(self._draw(turn + 1)), turn + 1)
        pieces = self._draw()
        whole = self._upscale(pieces[0]) if len(pieces) == 1 and not warming else None
        if self._turns_done < turns:
            pairs = (
                self._upscaled_freely(pieces) if whole is None else [(whole.detach(), pieces[0])]
            )
            self._train_adversary(pairs, 0)
        if warming:
            return
        self.rate.apply(self.optimizer)
        self.optimizer.zero_grad(set_to_none=True)
        for number, piece in enumerate(pieces):
            sr = self._upscale(piece) if whole is None else whole
            loss = self.loss(sr, piece, number, share=1 / len(pieces))
            self.updates.backward(loss / len(pieces))
        for scale, feed in self.others.items():
            pieces = self._draw(feed=feed)
            for piece in pieces:
                loss = self._loss_beside(self._upscale(piece, scale), piece, scale, 1 / len(pieces))
                self.updates.backward(loss / len(pieces))
        self.updates.apply(
            self.optimizer, self.generator.parameters(), "g_norm", self.step, clip=self.phase.clip
        )

    def loss(self, sr: Tensor, batch: Batch, part: int = 0, *, share: float = 1.0) -> Tensor:
        """Return the generator's loss on SR of `batch`, a scalar; each term is tallied."""
        with self.hardware.autocast():
            terms = self._terms(sr, batch, "", share)
            if self.adversary is not None:
                value = self.adversary.term(sr, batch, self.step, part)
                self.tally.add("adversarial", value, self.step + 1, share=share)
                terms.append(self.adversarial_weight() * value)
            total = torch.stack(terms).sum()
        self.tally.add("loss", total, self.step + 1, share=share)
        return total

    def _loss_beside(self, sr: Tensor, batch: Batch, scale: int, share: float) -> Tensor:
        """Return the pixel losses of a smaller scale, a scalar."""
        with self.hardware.autocast():
            total = torch.stack(self._terms(sr, batch, f"_x{scale}", share)).sum()
        self.tally.add(f"loss_x{scale}", total, self.step + 1, share=share)
        self.tally.add("loss", total, self.step + 1, share=share, counted=False)
        return total

    def _terms(self, sr: Tensor, batch: Batch, suffix: str, share: float) -> list[Tensor]:
        """Return each loss, weighted; it is tallied under its name and `suffix`."""
        terms: list[Tensor] = []
        again: Tensor | None = None
        for name, loss in self.losses.items():
            settings = self.phase.losses[name]
            compared, target = sr, batch.hr
            if settings.space == "lr":
                again = batch.again(sr) if again is None else again
                compared, target = again, batch.lr
            offered = {"lr": batch.lr, "degradation": batch.again}
            value = loss(compared, target, **{need: offered[need] for need in loss.needs})
            self.tally.add(f"{name}{suffix}", value, self.step + 1, share=share)
            terms.append(ramped(settings.weight, settings.ramp, self.step) * value)
        return terms

    def adversarial_weight(self) -> float:
        """Return the adversarial term's factor in the step to come."""
        gan = self.phase.adversarial
        if gan is None:
            return 0.0
        return self.raised * ramped(gan.weight, gan.ramp, self.step)

    @property
    def warming(self) -> bool:
        """Is the discriminator trained alone in the step to come?"""
        gan = self.phase.adversarial
        return gan is not None and self.step < gan.warmup

    @property
    def fading(self) -> bool:
        """Does what the newest scale adds not yet count whole?"""
        return self.step < self.fade

    def _train_adversary(self, pairs: list[tuple[Tensor, Batch]], turn: int) -> None:
        assert self.adversary is not None
        self.adversary.update(pairs, self.step, turn)
        self._turns_done += 1

    def _draw(self, turn: int = 0, feed: Feed | None = None) -> list[Batch]:
        batch = (feed or self.feed).draw(self.step, turn)
        return [piece.to(self.hardware) for piece in batch.split(self.pieces)]

    def _upscale(self, batch: Batch, scale: int | None = None) -> Tensor:
        with self.hardware.autocast():
            sr: Tensor = self._forward(batch.lr, scale or self.scale)
        return self.hardware.widen(sr)

    def _upscaled_freely(self, pieces: list[Batch]) -> list[tuple[Tensor, Batch]]:
        """Return the SR of each piece, without gradient, and the piece."""
        with torch.no_grad():
            return [(self._upscale(piece), piece) for piece in pieces]

    def _cut_smaller(self) -> None:
        """Compute batches in more and smaller pieces from now on."""
        own = self.feed.batch
        pieces = next_pieces(self.pieces, own)
        if pieces is None:
            raise TrainingError(
                f"Memory does not suffice for {own // self.pieces} crops at a time; set a smaller "
                f"crop, phases.NAME.checkpointing=true, or a smaller generator."
            )
        self.optimizer.zero_grad(set_to_none=True)
        self.pieces = pieces

    def averages(self) -> dict[str, float]:
        """Return the mean of each figure since the last call."""
        return self.tally.means()

    def bad_step(self) -> int:
        """Return the first step in which a loss was not finite, or 0; waits for the device."""
        return self.tally.bad_step()

    def learning_rate(self) -> float:
        """Return the generator's learning rate in the step to come."""
        return self.rate.value

    def is_sound(self) -> bool:
        """Are all weights finite? Looks at each, so only before they are kept."""
        modules = [self.generator, self.adversary.module if self.adversary else None]
        weights = [p.detach() for m in modules if m is not None for p in m.parameters()]
        return bool(torch.isfinite(torch.stack(torch._foreach_norm(weights))).all())

    def synchronize(self) -> None:
        """Let buffers, which each process counts by itself, be the mean of all processes."""
        if self.team.size == 1:
            return
        modules: list[nn.Module | None] = [self.generator]
        modules.append(self.ema.module if self.ema else None)
        modules.append(self.adversary.module if self.adversary else None)
        buffers = [b for m in modules if m is not None for b in m.buffers()]
        self.team.average([buffer for buffer in buffers if buffer.is_floating_point()])

    def hold_rates(self) -> None:
        """Keep the learning rates where they are from now on."""
        for rate in (self.rate, self.adversary.rate if self.adversary else None):
            if rate is not None:
                rate.steps = rate.done

    def slow_down(self, factor: float) -> None:
        """Multiply all learning rates from now on."""
        self.rate.factor *= factor
        if self.adversary is not None:
            self.adversary.rate.factor *= factor

    def networks(self) -> dict[str, Any]:
        """Return what a step back needs: networks, averages and optimizers, not the position."""
        return {
            "generator": self.generator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict() if self.ema else None,
            "adversary": self.adversary.state_dict() if self.adversary else None,
        }

    def load_networks(self, state: dict[str, Any]) -> None:
        """Step back to what `networks` returned; the courses of the rates go on."""
        self.generator.load_state_dict(state["generator"])
        load_optimizer(self.optimizer, state["optimizer"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        if self.adversary is not None:
            course = self.adversary.rate.state_dict()
            self.adversary.load_state_dict(state["adversary"])
            self.adversary.rate.load_state_dict(course)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs, as a tree of tensors and plain data."""
        return {
            **self.networks(),
            "step": self.step,
            "extend": self.phase.extend,
            "rate": self.rate.state_dict(),
            "scaler": self.updates.scaler.state_dict(),
            "skipped": dict(self.updates.skipped),
            "tally": self.tally.state_dict(),
            "raised": self.raised,
            "pieces": self.pieces,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.load_networks(state)
        if self.adversary is not None:
            self.adversary.rate.load_state_dict(state["adversary"]["rate"])
        self.step = state["step"]
        self.rate.load_state_dict(state["rate"])
        self.updates.scaler.load_state_dict(state["scaler"])
        self.updates.skipped = dict(state["skipped"])
        self.tally.load_state_dict(state["tally"])
        self.raised, self.pieces = float(state["raised"]), int(state["pieces"])

    def finish(self) -> None:
        """Give the generator the weights that are kept, and take off what this phase put on it."""
        weights = self.result.state_dict()
        for module in self.generator.modules():
            module.__dict__.pop("forward", None)
        remove_spectral_norm(self.generator)
        self.generator.load_state_dict(weights)
        self.generator.requires_grad_(True)


def ramped(weight: float, ramp: Ramp | None, step: int) -> float:
    """Return a term's factor in the step to come."""
    if ramp is None:
        return weight
    way = min(max((step - ramp.begin) / (ramp.end - ramp.begin), 0.0), 1.0)
    return weight * (ramp.start + (1 - ramp.start) * way)


def phase_steps(phase: Phase, images: int) -> int:
    """Return a phase's length in steps; an epoch is as many crops as there are images."""
    if phase.steps is not None:
        return phase.steps
    assert phase.epochs is not None  # Phase holds that one of the two is given
    assert isinstance(phase.batch, int)  # `auto` was resolved when the run was made
    return max(1, math.ceil(phase.epochs * images / phase.batch))
