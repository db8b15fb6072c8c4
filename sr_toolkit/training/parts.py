"""The losses and the discriminator of a phase, built before the first step of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sr_toolkit.errors import ConfigError, WeightsError
from sr_toolkit.interfaces import AdversarialLoss, Discriminator, Loss
from sr_toolkit.registry import build
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.recipe import Adversarial, LossTerm, Phase, Recipe
from sr_toolkit.training.spectral import plain_state

OFFERED = ("lr", "degradation")
"""What a loss may ask for by `needs`, beside SR and HR."""


@dataclass(frozen=True)
class Parts:
    """What a phase is made of.

    Attributes:
        losses: by the name of their term; those of weight 0 are left out.
        adversarial: the adversarial loss, or None.
        discriminator: with it.
    """

    losses: dict[str, Loss]
    adversarial: AdversarialLoss | None = None
    discriminator: Discriminator | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know about these losses."""
        return tuple(loss.remark for loss in self.losses.values() if loss.remark)


def build_all_parts(plan: Plan, channels: int) -> dict[str, Parts]:
    """Build what every phase of a plan needs; errors as `build_parts`, the phase named."""
    parts = {}
    for name, phase in plan.recipe.phases.items():
        try:
            parts[name] = build_parts(
                phase, channels, plan.weights_root, unpaired=plan.recipe.unpaired
            )
        except WeightsError as error:
            raise WeightsError(
                f"Phase {name} of this recipe needs pretrained weights. {error} Or take "
                f"'--preset quick', which needs none."
            ) from None
    return parts


def carry_discriminator(recipe: Recipe, parts: Mapping[str, Parts], index: int) -> None:
    """Hand phase `index` the discriminator of the phase before, where it is the same one."""
    phases = list(recipe.phases)
    if index == 0:
        return
    before, now = phases[index - 1], phases[index]
    theirs, ours = recipe.phases[before].adversarial, recipe.phases[now].adversarial
    if ours is None or theirs is None or not ours.carry:
        return
    if (ours.discriminator, ours.config, ours.space) != (
        theirs.discriminator,
        theirs.config,
        theirs.space,
    ):
        return
    source, target = parts[before].discriminator, parts[now].discriminator
    if source is not None and target is not None:
        target.load_state_dict(plain_state(source))


def build_parts(phase: Phase, channels: int, weights_root: str, *, unpaired: bool = False) -> Parts:
    """Build what a phase needs; this finds missing weights and wrong settings early.

    Raises:
        SrtkError: an unknown loss or discriminator, settings that do not fit, weights not at hand,
            a loss that compares SR with HR where the two are unrelated.
    """
    losses = {}
    for name, term in phase.losses.items():
        if term.weight == 0:
            continue
        losses[name] = _build_loss(name, term, weights_root)
        if unpaired and term.space == "hr" and losses[name].reference == "target":
            raise ConfigError(
                f"The loss '{name}' compares SR with HR, but in unpaired training the two are "
                f"unrelated; set its space to lr, or leave it out."
            )
    if phase.adversarial is None:
        return Parts(losses)
    settings = phase.adversarial
    game = build("loss", settings.loss, settings.loss_config)
    if not isinstance(game, AdversarialLoss):
        raise ConfigError(f"'{settings.loss}' is no adversarial loss.")
    return Parts(losses, game, _build_discriminator(settings, channels, unpaired))


def _build_loss(name: str, term: LossTerm, weights_root: str) -> Loss:
    wanted = term.loss or name
    loss = build("loss", wanted, term.config, {"weights_root": weights_root})
    if not isinstance(loss, Loss):
        raise ConfigError(f"'{wanted}' is an adversarial loss; name it in 'adversarial.loss'.")
    unknown = set(loss.needs) - set(OFFERED)
    if unknown:
        raise ConfigError(
            f"The loss '{wanted}' needs {', '.join(sorted(unknown))}, which this version of "
            f"sr-toolkit does not give; leave it out, or upgrade."
        )
    return loss


def _build_discriminator(settings: Adversarial, channels: int, unpaired: bool) -> Discriminator:
    name = settings.discriminator
    if not name:
        raise ConfigError("'adversarial.discriminator' is empty; name a registered discriminator.")
    discriminator: Discriminator = build(
        "discriminator", name, settings.config, {"channels": channels}
    )
    if discriminator.conditional and (unpaired or settings.space == "lr"):
        why = "HR and LR are unrelated" if unpaired else "the LR is what it judges"
        raise ConfigError(
            f"The discriminator '{name}' looks at the LR beside the image, but {why}; set its "
            f"conditional to false."
        )
    return discriminator
