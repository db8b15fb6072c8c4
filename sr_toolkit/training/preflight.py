"""What can be found out before the first step: names, sizes, and whether the parts fit together."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor

from sr_toolkit.data.batch import Batch
from sr_toolkit.degradations.degrader import build_degrader
from sr_toolkit.errors import ConfigError, SrtkError
from sr_toolkit.interfaces import Generator
from sr_toolkit.training.freezing import freeze
from sr_toolkit.training.growth import network_of
from sr_toolkit.training.memory import checkpoint_blocks
from sr_toolkit.training.parts import Parts
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.recipe import Phase


def check(plan: Plan, parts: Mapping[str, Parts], generator: Generator) -> None:
    """Try every phase's parts on a batch of noise; nothing of it remains.

    `generator` is that of the first phase.

    Raises:
        SrtkError: something that the first step of a phase would have refused, the phase named.
    """
    rng = torch.get_rng_state()
    try:
        for name, phase in plan.recipe.phases.items():
            try:
                network = network_of(generator, plan, name)
                *others, largest = plan.phase_scales(name)
                for scale in others:
                    crop = phase.crop // largest * scale
                    beside = dataclasses.replace(phase, crop=crop, adversarial=None)
                    _check_phase(beside, Parts(parts[name].losses), network, scale)
                _check_phase(phase, parts[name], network, largest)
            except SrtkError as error:
                error.args = (f"Phase {name}: {error}",)
                raise
    finally:
        generator.requires_grad_(True)
        torch.set_rng_state(rng)


def _check_phase(phase: Phase, parts: Parts, generator: Generator, scale: int) -> None:
    side, multiple = phase.crop // scale, generator.size_multiple
    if side % multiple:
        raise ConfigError(
            f"this generator takes LR sides that are multiples of {multiple}, but a crop of "
            f"{phase.crop} makes {side}; set a crop that is a multiple of {multiple * scale}."
        )
    freeze(generator, phase.freeze)
    if phase.fade:
        try:
            generator.fade_in(scale, 1.0)
        except (NotImplementedError, KeyError):
            raise ConfigError(
                f"'fade' is {phase.fade}, but nothing of this generator can be faded in at "
                f"×{scale}; set it to 0."
            ) from None
    if phase.checkpointing:
        checkpoint_blocks(copy.deepcopy(generator))
    build_degrader(phase.degradation, scale, generator.channels[0])
    batch = _noise(generator, phase.crop, scale)
    for name, loss in parts.losses.items():
        space = phase.losses[name].space
        x, y = (batch.lr, batch.lr.flip(-1)) if space == "lr" else (batch.hr, batch.hr.flip(-1))
        offered = {"lr": batch.lr, "degradation": batch.again}
        with torch.no_grad():
            value = loss(x, y, **{need: offered[need] for need in loss.needs})
        if not isinstance(value, Tensor) or value.ndim:
            raise ConfigError(f"the loss '{name}' returns no scalar; this is a fault of its plugin")
    if parts.discriminator is not None and phase.adversarial is not None:
        judged = batch.lr if phase.adversarial.space == "lr" else batch.hr
        judge = copy.deepcopy(parts.discriminator).eval()
        try:
            with torch.no_grad():
                judge(judged, batch.lr)
        except (RuntimeError, ValueError) as error:
            detail = " ".join(str(error).split())[:200].rstrip(".")
            raise ConfigError(
                f"the discriminator '{phase.adversarial.discriminator}' cannot judge crops of "
                f"{judged.shape[-1]}×{judged.shape[-2]} ({detail}); set another crop."
            ) from None


def _noise(generator: Generator, crop: int, scale: int) -> Batch:
    side = crop // scale
    lr = torch.rand(2, generator.channels[0], side, side)
    return Batch.of(lr, torch.rand(2, generator.channels[1], crop, crop), scale=scale)
