"""Recipes: how a model is trained, as typed data. Imports no torch; plugins declare theirs here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class LossTerm:
    """One weighted term of the generator's loss."""

    weight: float = option(1.0, help="Factor of this term; 0 leaves it out.")
    loss: str = option("", help="Registered loss; empty: the term's own name.")
    config: dict[str, Any] = option(factory=dict, help="The loss's settings.")


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """An optimizer of torch."""

    name: Literal["adam", "adamw"] = option("adam", help="Which optimizer.")
    lr: float = option(1e-4, help="Learning rate; the peak one of the schedule.")
    betas: tuple[float, float] = option((0.9, 0.999), help="Decay of the two moments.")
    weight_decay: float = option(0.0, help="Weight decay.")

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError(f"lr must be above 0, received {self.lr}")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How the learning rate changes over a phase; torch's own schedulers."""

    name: Literal["constant", "milestones", "cosine", "one-cycle"] = option(
        "constant", help="Which schedule."
    )
    milestones: tuple[float, ...] = option(
        (), help="Milestones: shares of the phase, 0 to 1, at which the rate is cut."
    )
    gamma: float = option(0.5, help="Milestones: factor of each cut.")
    floor: float = option(0.0, help="Cosine: rate at the end, as a share of lr.")
    warmup: float = option(0.1, help="One-cycle: share of the phase in which the rate rises.")


@dataclass(frozen=True, kw_only=True)
class Adversarial:
    """The GAN part of a phase."""

    weight: float = option(1e-3, help="Factor of the adversarial term in the generator's loss.")
    loss: str = option("vanilla", help="Registered adversarial loss.")
    loss_config: dict[str, Any] = option(factory=dict, help="Its settings.")
    discriminator: str = option("", help="Registered discriminator.")
    config: dict[str, Any] = option(factory=dict, help="The discriminator's settings.")
    optimizer: Optimizer = option(factory=Optimizer, help="The discriminator's optimizer.")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of a training, with its own losses and length."""

    steps: int | None = option(None, help="Length in optimizer steps; this or epochs.")
    epochs: float | None = option(
        None, help="Length in passes: as many crops as the set has images."
    )
    batch: int = option(16, help="Crops in a batch.")
    crop: int = option(96, help="Side of an HR crop in pixels, a multiple of the scale.")
    augment: bool = option(True, help="Random flips and rotations.")
    losses: dict[str, LossTerm] = option(
        factory=dict, help="Terms of the generator's loss, by name.", extensible=True
    )
    adversarial: Adversarial | None = option(None, help="The GAN part; none: pixels only.")
    optimizer: Optimizer = option(factory=Optimizer, help="The generator's optimizer.")
    schedule: Schedule = option(factory=Schedule, help="The learning rate's course, for both.")
    ema: float = option(0.0, help="Decay of the averaged weights that are kept; 0: none.")
    validate_every: int = option(1000, help="Steps between validations.")
    save_every: int = option(1000, help="Steps between saves of the resume state.")
    log_every: int = option(10, help="Steps between log lines.")
    best: Literal["psnr", "last"] = option(
        "psnr", help="What `best` means: highest validation PSNR, or the latest weights."
    )

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError(
                f"give either steps or epochs (received steps={self.steps}, epochs={self.epochs})"
            )
        for name in (
            "steps",
            "epochs",
            "batch",
            "crop",
            "validate_every",
            "save_every",
            "log_every",
        ):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be above 0, received {value}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be in [0, 1), received {self.ema}")
        weights = [term.weight for term in self.losses.values()]
        weights += [self.adversarial.weight] if self.adversarial is not None else []
        if not any(weights):
            raise ValueError("a phase needs at least one loss whose weight is not 0")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole training: phases in order, the generator carried from one to the next."""

    summary: str = option("", help="One line on what it is for and how long it takes.")
    generator: dict[str, Any] = option(factory=dict, help="The generator's settings.")
    phases: dict[str, Phase] = option(factory=dict, help="Phases by name, in order.")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "auto", help="auto: the fastest that the device computes natively."
    )
    validation_images: int = option(8, help="At most so many images are validated on.")

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("a recipe needs at least one phase")
