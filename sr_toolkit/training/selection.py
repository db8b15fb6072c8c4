"""Which phases of a recipe are run, and which scales they train."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sr_toolkit.errors import ConfigError, UnknownNameError
from sr_toolkit.spec import DEFAULT_SCALE, ModelSpec, default_scale
from sr_toolkit.training.recipe import Recipe


def only_phases(recipe: Recipe, names: Sequence[str]) -> Recipe:
    """Return the recipe with the named phases alone, in its own order; all of them for ().

    Raises:
        UnknownNameError: the recipe has no such phase.
    """
    for name in names:
        if name not in recipe.phases:
            raise UnknownNameError("phase", name, recipe.phases, "It is no phase of this recipe.")
    kept = {name: phase for name, phase in recipe.phases.items() if not names or name in names}
    return dataclasses.replace(recipe, phases=kept)


def select(
    recipe: Recipe,
    spec: ModelSpec,
    model: str,
    wanted: Sequence[int],
    have: Sequence[int] = (),
    *,
    phases: Sequence[str] = (),
    fresh: bool = True,
) -> tuple[Recipe, tuple[int, ...]]:
    """Return the recipe with the phases that are to be run, and the scales that they train.

    Args:
        recipe: with all its phases.
        spec: the model's.
        model: its name, for messages.
        wanted: scales asked for; () for the default: one of them, or, of a model that grows, all
            that the recipe trains or, onto a grown one, the next.
        have: scales that the generator has from the beginning, and that are not trained anew.
        phases: names of the phases asked for; () for all.
        fresh: are its weights random at the beginning?

    Raises:
        ConfigError: scales that the model does not offer, or that cannot be trained so.
        UnknownNameError: the recipe has no such phase.
    """
    part = only_phases(recipe, phases)
    for scale in (*wanted, *(s for phase in part.phases.values() for s in phase.scales)):
        if spec.scales is not None and scale not in spec.scales:
            offered = ", ".join(f"×{s}" for s in spec.scales)
            raise ConfigError(f"The model '{model}' offers {offered}, not ×{scale}.")
    if spec.grows:
        known = _named(recipe) or list(spec.scales or ())
        kept, scales = _growing(part, known, sorted(set(wanted)), sorted(have))
        name, first = next(iter(kept.phases.items()))
        if first.freeze and fresh:
            raise ConfigError(
                f"'phases.{name}.freeze' keeps {', '.join(first.freeze)} as it is, but nothing was "
                f"trained before it; give --grow-from or --from a trained generator, or begin with "
                f"an earlier phase."
            )
    else:
        kept, scales = _plain(
            part, model, wanted or (default_scale(spec.scales or (DEFAULT_SCALE,)),)
        )
    for name, phase in kept.phases.items():
        largest = max(phase.scales or scales)
        if phase.crop % largest:
            raise ConfigError(
                f"'phases.{name}.crop' is {phase.crop}, which is no multiple of the scale "
                f"{largest}."
            )
    return kept, scales


def _plain(recipe: Recipe, model: str, wanted: Sequence[int]) -> tuple[Recipe, tuple[int, ...]]:
    if len(wanted) > 1:
        raise ConfigError(
            f"The model '{model}' is trained for one scale at a time, not for "
            f"{', '.join(f'×{s}' for s in wanted)}; give --scale one of them."
        )
    for name, phase in recipe.phases.items():
        if phase.fade or set(phase.scales) - set(wanted):
            key = "fade" if phase.fade else "scales"
            raise ConfigError(
                f"'phases.{name}.{key}' is for models that grow from scale to scale, which "
                f"'{model}' does not; leave it out."
            )
    return recipe, tuple(wanted)


def _named(recipe: Recipe) -> list[int]:
    """Return the scales that a recipe's phases name, ascending."""
    return sorted({scale for phase in recipe.phases.values() for scale in phase.scales})


def _growing(
    recipe: Recipe, known: Sequence[int], wanted: Sequence[int], have: Sequence[int]
) -> tuple[Recipe, tuple[int, ...]]:
    """Select among phases; `known` are the scales of the whole recipe, of which it is a part."""
    if recipe.unpaired:
        raise ConfigError("A model that grows from scale to scale is not trained unpaired.")
    if not wanted:
        new = [s for s in _named(recipe) or known if s > max(have, default=0)]
        wanted = new[:1] if have else new
    _refuse_gaps(wanted, have, known)
    reachable = {*wanted, *have}
    phases = {
        name: phase
        for name, phase in recipe.phases.items()
        if max(phase.scales or wanted) in wanted and reachable.issuperset(phase.scales)
    }
    covered = {scale for phase in phases.values() for scale in (phase.scales or wanted)}
    for scale in wanted:
        if scale not in covered:
            raise ConfigError(
                f"No phase of this recipe trains ×{scale}; set the 'scales' of one, or take "
                f"another preset."
            )
    return dataclasses.replace(recipe, phases=phases), tuple(wanted)


def _refuse_gaps(wanted: Sequence[int], have: Sequence[int], known: Sequence[int]) -> None:
    """Raise ConfigError where a scale is there already, or what it grows out of is not."""
    if not wanted:
        top = max(have, default=0)
        raise ConfigError(
            f"The generator serves ×{top} already, and this recipe trains nothing above; name a "
            f"larger one by --scales, or another preset."
        )
    for scale in wanted:
        if scale in have:
            raise ConfigError(
                f"The generator has ×{scale} already; give --scales the one to grow, or --from "
                f"instead of --grow-from to train it anew."
            )
        below = [s for s in known if s < scale]
        missing = [s for s in below if s not in wanted and s > max(have, default=0)]
        if missing:
            row = ",".join(map(str, [*below, scale]))
            raise ConfigError(
                f"×{scale} grows out of ×{missing[-1]}; give --scales {row}, or --grow-from a run "
                f"that has it."
            )
