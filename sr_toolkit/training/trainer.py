"""One phase of a training: networks, losses, optimizers, and the step that ties them together."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.optim.lr_scheduler import LRScheduler

from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.errors import ConfigError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import AdversarialLoss, Discriminator, Generator, Loss
from sr_toolkit.registry import build
from sr_toolkit.training.ema import EMA
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.recipe import Adversarial, Optimizer, Phase, Schedule


@dataclasses.dataclass(frozen=True)
class Parts:
    """The losses and the discriminator of a phase, built before the first step of the run."""

    losses: dict[str, tuple[float, Loss]]
    adversarial: AdversarialLoss | None
    discriminator: Discriminator | None


def build_parts(plan: Plan, phase: Phase, channels: int) -> Parts:
    """Build what a phase needs; this finds missing weights and wrong settings early.

    Raises:
        SrtkError: an unknown loss or discriminator, settings that do not fit, weights not at hand.
    """
    losses = {}
    for name, term in phase.losses.items():
        if term.weight == 0:
            continue
        wanted = term.loss or name
        loss = build("loss", wanted, term.config, {"weights_root": plan.weights_root})
        if not isinstance(loss, Loss):
            raise ConfigError(f"'{wanted}' is an adversarial loss; name it in 'adversarial.loss'.")
        unknown = set(loss.needs) - {"lr"}
        if unknown:
            raise ConfigError(
                f"The loss '{wanted}' needs {', '.join(sorted(unknown))}, which this version of "
                f"sr-toolkit does not give; leave it out, or upgrade."
            )
        losses[name] = (term.weight, loss)
    if phase.adversarial is None:
        return Parts(losses, None, None)
    game = build("loss", phase.adversarial.loss, phase.adversarial.loss_config)
    if not isinstance(game, AdversarialLoss):
        raise ConfigError(f"'{phase.adversarial.loss}' is no adversarial loss.")
    return Parts(losses, game, _build_discriminator(phase.adversarial, channels))


class Trainer:
    """Runs the steps of one phase.

    Attributes:
        generator: trained in place.
        ema: its average, or None.
        discriminator: None in a phase without a GAN part.
        steps: the length of the phase.
        step: steps done.
    """

    def __init__(
        self,
        phase: Phase,
        parts: Parts,
        generator: Generator,
        store: PixelStore,
        hardware: Hardware,
        *,
        scale: int,
        seed: tuple[int, ...],
    ) -> None:
        self.phase, self.hardware = phase, hardware
        self.generator: Generator = _place(generator, hardware).train()
        self.ema = EMA(self.generator, phase.ema) if phase.ema else None
        self.losses = {n: (w, loss.to(hardware.device)) for n, (w, loss) in parts.losses.items()}
        self.game = parts.adversarial
        self.discriminator = parts.discriminator
        self.sampler = CropSampler(
            store, phase.crop, scale, phase.batch, seed, augment=phase.augment
        )
        self.steps = phase_steps(phase, len(store))
        self.step, self.scale = 0, scale
        self.optimizers = {"generator": make_optimizer(phase.optimizer, self.generator, hardware)}
        if self.discriminator is not None and phase.adversarial is not None:
            self.discriminator = _place(self.discriminator, hardware).train()
            self.optimizers["discriminator"] = make_optimizer(
                phase.adversarial.optimizer, self.discriminator, hardware
            )
        self.schedules = {
            name: make_schedule(phase.schedule, optimizer, self.steps)
            for name, optimizer in self.optimizers.items()
        }
        # fp16 has few exponents: gradients are scaled up before they are stored, and back after.
        self.scaler = torch.amp.GradScaler(hardware.kind, enabled=hardware.precision == "fp16")
        self._sums: dict[str, Tensor] = {}
        self._counted = 0
        self._bad_step = torch.zeros((), dtype=torch.int64, device=hardware.device)

    @property
    def result(self) -> Generator:
        """The generator whose weights are kept: the average where there is one."""
        return self.ema.module if self.ema is not None else self.generator

    def advance(self) -> None:
        """Do one step."""
        lr, hr = self.sampler.draw(self.step)
        lr, hr = (
            x.to(self.hardware.device, non_blocking=True).contiguous(
                memory_format=self.hardware.memory_format
            )
            for x in (lr, hr)
        )
        with self.hardware.autocast():
            sr = self.generator(lr, self.scale)
        sr = sr.float()
        if self.discriminator is not None:
            self._update_discriminator(sr.detach(), hr, lr)
        self._update_generator(sr, hr, lr)
        self.scaler.update()
        for schedule in self.schedules.values():
            schedule.step()
        if self.ema is not None:
            self.ema.update(self.generator)
        self.step += 1
        self._counted += 1

    def _update_discriminator(self, sr: Tensor, hr: Tensor, lr: Tensor) -> None:
        assert self.discriminator is not None
        assert self.game is not None
        self.discriminator.requires_grad_(True)
        with self.hardware.autocast():
            real, fake = self.discriminator(hr, lr), self.discriminator(sr, lr)
            loss = self.game.discriminator(real.float(), fake.float())
        self._count("d_loss", loss)
        self._apply("discriminator", loss)

    def _update_generator(self, sr: Tensor, hr: Tensor, lr: Tensor) -> None:
        terms: list[Tensor] = []
        with self.hardware.autocast():
            for name, (weight, loss) in self.losses.items():
                extra = {"lr": lr} if "lr" in loss.needs else {}
                value = loss(sr, hr, **extra)
                self._count(name, value)
                terms.append(weight * value)
            if self.discriminator is not None and self.game is not None:
                assert self.phase.adversarial is not None
                self.discriminator.requires_grad_(False)
                fake = self.discriminator(sr, lr)
                real = fake.detach()
                if self.game.generator_needs_real:
                    with torch.no_grad():
                        real = self.discriminator(hr, lr)
                value = self.game.generator(real.float(), fake.float())
                self._count("adversarial", value)
                terms.append(self.phase.adversarial.weight * value)
        total = torch.stack(terms).sum()
        self._count("loss", total)
        self._apply("generator", total)

    def _apply(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.step(optimizer)

    def _count(self, name: str, value: Tensor) -> None:
        """Sum a loss on the device; nothing waits for it until it is shown."""
        value = value.detach()
        self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + value
        unseen = (self._bad_step == 0) & ~torch.isfinite(value)
        self._bad_step = torch.where(unseen, self.step + 1, self._bad_step)

    def averages(self) -> dict[str, float]:
        """Return the mean of each loss since the last call."""
        means = {name: float(value) / max(self._counted, 1) for name, value in self._sums.items()}
        self._sums, self._counted = {}, 0
        return means

    def bad_step(self) -> int:
        """Return the first step in which a loss was not finite, or 0; waits for the device."""
        return int(self._bad_step)

    def learning_rate(self) -> float:
        """Return the generator's current learning rate."""
        return float(self.optimizers["generator"].param_groups[0]["lr"])

    def state_dict(self) -> dict[str, Any]:
        """Return what a resume needs, as a tree of tensors and plain data."""
        return {
            "step": self.step,
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict() if self.discriminator else None,
            "ema": self.ema.state_dict() if self.ema else None,
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "schedules": {name: _plain_schedule(s) for name, s in self.schedules.items()},
            "scaler": self.scaler.state_dict(),
            "sums": dict(self._sums),
            "counted": self._counted,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.step = state["step"]
        self.generator.load_state_dict(state["generator"])
        if self.discriminator is not None:
            self.discriminator.load_state_dict(state["discriminator"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
            _match_layout(optimizer)
        for name, schedule in self.schedules.items():
            schedule.load_state_dict(state["schedules"][name])
            if isinstance(schedule, optim.lr_scheduler.MultiStepLR):
                schedule.milestones = Counter(schedule.milestones)
        self.scaler.load_state_dict(state["scaler"])
        self._sums = {n: value.to(self.hardware.device) for n, value in state["sums"].items()}
        self._counted = state["counted"]


def phase_steps(phase: Phase, images: int) -> int:
    """Return a phase's length in steps; an epoch is as many crops as there are images."""
    if phase.steps is not None:
        return phase.steps
    assert phase.epochs is not None  # Phase holds that one of the two is given
    return max(1, math.ceil(phase.epochs * images / phase.batch))


def make_optimizer(settings: Optimizer, module: nn.Module, hardware: Hardware) -> optim.Optimizer:
    """Return torch's optimizer, in its fused form where the device has one."""
    cls: type[optim.Adam] = {"adam": optim.Adam, "adamw": optim.AdamW}[settings.name]
    return cls(
        [p for p in module.parameters() if p.requires_grad],
        lr=settings.lr,
        betas=settings.betas,
        weight_decay=settings.weight_decay,
        fused=hardware.kind in ("cpu", "cuda"),
    )


def make_schedule(settings: Schedule, optimizer: optim.Optimizer, steps: int) -> LRScheduler:
    """Return torch's scheduler over a phase of `steps`, stepped once a step."""
    if settings.name == "milestones":
        places = [max(1, round(share * steps)) for share in settings.milestones]
        return optim.lr_scheduler.MultiStepLR(optimizer, places, settings.gamma)
    peak = optimizer.param_groups[0]["lr"]
    if settings.name == "cosine":
        floor = peak * settings.floor
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, floor)
    if settings.name == "one-cycle":
        # One more than there are steps: the scheduler also steps after the last one.
        return optim.lr_scheduler.OneCycleLR(
            optimizer, peak, total_steps=steps + 1, pct_start=settings.warmup, cycle_momentum=False
        )
    return optim.lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)


def _place(module: Any, hardware: Hardware) -> Any:
    module = module.to(hardware.device)
    return module.to(memory_format=torch.channels_last) if hardware.channels_last else module


def _match_layout(optimizer: optim.Optimizer) -> None:
    """Lay loaded moments out as their weights: fused kernels take it for granted that they are."""
    for parameter, moments in optimizer.state.items():
        for key, value in moments.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                moments[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _plain_schedule(schedule: LRScheduler) -> dict[str, Any]:
    """Return a scheduler's state without what is no plain data (MultiStepLR's Counter, methods)."""
    state = schedule.state_dict()
    return {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in state.items()
        if not callable(value)
    }


def _build_discriminator(settings: Adversarial, channels: int) -> Discriminator:
    name = settings.discriminator
    if not name:
        raise ConfigError("'adversarial.discriminator' is empty; name a registered discriminator.")
    discriminator: Discriminator = build(
        "discriminator", name, settings.config, {"channels": channels}
    )
    return discriminator
