"""How long a phase will take, and what would be shorter."""

from __future__ import annotations

import dataclasses

from sr_toolkit.registry import registry
from sr_toolkit.training.memory import peak_bytes
from sr_toolkit.training.plan import Plan, load_recipe
from sr_toolkit.training.recipe import Recipe
from sr_toolkit.training.reporter import duration
from sr_toolkit.training.trainer import Trainer, phase_steps

LONG = 1800.0  # seconds from which a training is worth a warning


def foretell(plan: Plan, trainer: Trainer, seconds_a_step: float, images: int) -> str:
    """Return how long this phase will take at this rate, its memory, and shorter presets."""
    expected = (trainer.steps - trainer.step) * seconds_a_step
    peak = peak_bytes(trainer.hardware.device) / 2**30
    text = (
        f"At {1 / seconds_a_step:.2f} it/s this phase takes about {duration(expected)} more; "
        f"memory peaks at {peak:.1f} GiB so far."
    )
    shorter = _shorter_presets(plan, images) if expected > LONG else []
    return text + (f" Shorter presets: {', '.join(shorter)}." if shorter else "")


def _shorter_presets(plan: Plan, images: int) -> list[str]:
    spec = registry().model(plan.qualified)
    recipes = {name: load_recipe(spec, name, plan.model) for name in spec.recipes}
    ours = _total_steps(plan.recipe, images)
    return [name for name, recipe in recipes.items() if _total_steps(recipe, images) < ours]


def _total_steps(recipe: Recipe, images: int) -> int:
    # What `auto` would find is not known of other recipes; the usual batch stands in.
    phases = [
        dataclasses.replace(phase, batch=16) if phase.batch == "auto" else phase
        for phase in recipe.phases.values()
    ]
    return sum(phase_steps(phase, images) for phase in phases)
