"""A generator that gains a scale between two phases, and keeps every weight that it has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.errors import PluginError
from sr_toolkit.interfaces import Generator
from sr_toolkit.training.plan import Plan

STREAM = 0x9C41  # sets the draws of new layers apart from all others


def first_generator(plan: Plan) -> Generator:
    """Return a plan's generator as it is in the first phase, with fresh weights."""
    return _built(plan, plan.phases[0])


def network_of(generator: Generator, plan: Plan, phase: str) -> Generator:
    """Return a generator of the scales that `phase` has: the given one, or a fresh one to try."""
    scales = plan.network_scales(phase)
    return generator if generator.scales == scales else _built(plan, phase)


def grown(generator: Generator, plan: Plan, phase: str) -> Generator:
    """Return the generator with the scales of `phase`: itself, or a larger one with its weights.

    New layers are drawn from the plan's seed and the phase's place, whatever was drawn before.

    Raises:
        PluginError: the larger network does not keep every parameter's name and shape.
    """
    scales = plan.network_scales(phase)
    if generator.scales == scales:
        return generator
    larger = _built(plan, phase)
    inherit(larger, generator.state_dict(), generator.scales)
    return larger


def inherit(larger: Generator, weights: Mapping[str, Tensor], scales: tuple[int, ...]) -> None:
    """Give the larger network all weights of the smaller one, which served `scales`.

    Raises:
        PluginError: one has no place there.
    """
    own = larger.state_dict()
    for key, value in weights.items():
        if key not in own or own[key].shape != value.shape:
            raise PluginError(
                f"The network at {larger.scales} has no '{key}' of shape {tuple(value.shape)}, "
                f"which the one at {scales} has, so it cannot be grown; this is a fault of its "
                f"plugin."
            )
    larger.load_state_dict({**own, **weights})


def _built(plan: Plan, phase: str) -> Generator:
    place = plan.phases.index(phase)
    if place == 0:  # the seed was set for this
        return build_generator(plan.qualified, plan.recipe.generator, plan.network_scales(phase))
    with torch.random.fork_rng(devices=[]):
        drawn = np.random.SeedSequence([plan.seed, STREAM, place]).generate_state(1)
        torch.manual_seed(int(drawn[0]))
        return build_generator(plan.qualified, plan.recipe.generator, plan.network_scales(phase))
