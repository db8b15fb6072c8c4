"""`batch: auto`: the largest batch that memory holds, found once and written down."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import torch

from sr_toolkit.data.batch import Batch
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.training.growth import network_of
from sr_toolkit.training.memory import largest_batch
from sr_toolkit.training.parts import Parts
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.recipe import Phase
from sr_toolkit.training.team import Team
from sr_toolkit.training.trainer import Trainer


def with_batches(
    plan: Plan, parts: Mapping[str, Parts], generator: Generator, hardware: Hardware, team: Team
) -> Plan:
    """Return the plan with every `auto` batch replaced by a number.

    Raises:
        ConfigError: not even one crop fits.
    """
    phases = dict(plan.recipe.phases)
    for name, phase in phases.items():
        if phase.batch == "auto":
            network = network_of(generator, plan, name)
            scale = plan.phase_scales(name)[-1]
            found = team.smallest(_largest(phase, parts[name], network, hardware, scale))
            phases[name] = dataclasses.replace(phase, batch=found * team.size)
    recipe = dataclasses.replace(plan.recipe, phases=phases)
    return dataclasses.replace(plan, recipe=recipe)


def _largest(
    phase: Phase, parts: Parts, generator: Generator, hardware: Hardware, scale: int
) -> int:
    rng = torch.get_rng_state()
    one = dataclasses.replace(phase, steps=1, epochs=None, batch=phase.accumulate)
    noise = _Noise(phase, generator, hardware, scale)
    trial = copy.deepcopy(parts)
    trainer = Trainer(one, trial, copy.deepcopy(generator), noise, hardware, scale=scale, seed=(0,))

    def step(batch: int) -> Any:
        made = noise.made(batch // phase.accumulate).to(hardware)
        with hardware.autocast():
            sr = trainer.generator(made.lr, scale)
        loss = trainer.loss(hardware.widen(sr), made)
        if hardware.kind != "cpu":
            loss.backward()  # type: ignore[no-untyped-call]
        return loss

    found = largest_batch(step, hardware.device, multiple=phase.accumulate)
    torch.set_rng_state(rng)
    return found


class _Noise:
    """Batches of noise, of any size."""

    images = 1

    def __init__(self, phase: Phase, generator: Generator, hardware: Hardware, scale: int) -> None:
        self.side, self.scale, self.batch = phase.crop // scale, scale, phase.accumulate
        self.channels = generator.channels

    def made(self, count: int) -> Batch:
        lr = torch.rand(count, self.channels[0], self.side, self.side)
        hr = torch.rand(count, self.channels[1], self.side * self.scale, self.side * self.scale)
        return Batch.of(lr, hr, scale=self.scale)

    def draw(self, step: int, turn: int = 0) -> Batch:
        return self.made(self.batch)
