"""Recipes: how a model is trained, as typed data. Imports no torch; plugins declare theirs here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from sr_toolkit.config import option
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.training.recipe_parts import (
    Adversarial,
    Divergence,
    EarlyStop,
    LossTerm,
    Optimizer,
    Penalty,
    Ramp,
    Replay,
    Schedule,
    Search,
    above_zero,
    at_least,
)

RESERVED = ("state", "samples", "tensorboard", "best", "last")
"""What else has its place in a run folder."""

__all__ = [
    "Adversarial",
    "Divergence",
    "EarlyStop",
    "LossTerm",
    "Optimizer",
    "Penalty",
    "Phase",
    "Ramp",
    "Recipe",
    "Replay",
    "Schedule",
    "Search",
]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of a training, with its own losses and length."""

    steps: int | None = option(None, help="Length in optimizer steps; this or epochs.")
    epochs: float | None = option(
        None, help="Length in passes: as many crops as the set has images."
    )
    extend: int = option(0, help="Steps after that, at the last learning rate.")
    batch: int | Literal["auto"] = option(
        16, help="Crops in a batch; auto: as many as memory holds, found once and written down."
    )
    accumulate: int = option(
        1, help="Parts that a batch is computed in, one after another, to save memory."
    )
    scales: tuple[int, ...] = option(
        (),
        help="For models that grow: scales trained together, the largest one judged; one that the "
        "generator lacks is grown. Empty: the training's.",
    )
    fade: int = option(
        0,
        help="For models that grow: steps over which what the newest scale adds comes to count; 0: "
        "at once.",
    )
    crop: int = option(
        96,
        help="Side of an HR crop in pixels, a multiple of the scale; of several scales the largest "
        "one's, and the others have LR crops of the same side.",
    )
    augment: bool = option(True, help="Random flips and rotations.")
    mixing: tuple[Literal["mixup", "cutmix"], ...] = option(
        (), help="Mix crops of a batch, LR and HR alike; of several, one is drawn for each crop."
    )
    degradation: Degradation = option(factory=Degradation, help="How LR is made of HR.")
    losses: dict[str, LossTerm] = option(
        factory=dict, help="Terms of the generator's loss, by name.", extensible=True
    )
    adversarial: Adversarial | None = option(None, help="The GAN part; none: pixels only.")
    optimizer: Optimizer = option(factory=Optimizer, help="The generator's optimizer.")
    schedule: Schedule = option(factory=Schedule, help="The learning rate's course, for both.")
    clip: float | None = option(None, help="Clip the generator's gradient to this norm; none: not.")
    freeze: tuple[str, ...] = option(
        (), help="What of the generator stays as it is: its stages, or patterns as body.*."
    )
    spectral_norm: bool = option(False, help="Spectral norm on the generator's convolutions.")
    ema: float = option(0.0, help="Decay of the averaged weights that are kept; 0: none.")
    ema_warmup: bool = option(
        True, help="A lower decay in the first steps, so that the start is soon forgotten."
    )
    checkpointing: bool = option(
        False, help="Compute activations twice to save memory; for networks without batch norm."
    )
    divergence: Divergence = option(
        factory=Divergence, help="What is done when a loss is not finite, or jumps."
    )
    early_stop: EarlyStop | None = option(None, help="End early; none: the whole length.")
    validate_every: int = option(1000, help="Steps between validations.")
    save_every: int = option(1000, help="Steps between saves of the resume state.")
    save_minutes: float | None = option(
        10.0, help="Minutes between saves where steps take long; none: only save_every counts."
    )
    log_every: int = option(10, help="Steps between log lines.")
    best: Literal["psnr", "ssim", "lpips", "last"] = option(
        "psnr", help="What `best` means: the best validation score of this metric, or the latest."
    )

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError(
                f"give either steps or epochs (received steps={self.steps}, epochs={self.epochs})"
            )
        above_zero(self, "steps", "epochs", "crop", "validate_every", "save_every", "log_every")
        above_zero(self, "save_minutes", "clip")
        at_least(self, 0, "extend", "fade")
        if self.steps is not None and self.fade > self.steps:
            raise ValueError(
                f"fade must end within the {self.steps} steps, received {self.fade}; set it, too"
            )
        if any(scale < 1 for scale in self.scales) or len(set(self.scales)) < len(self.scales):
            raise ValueError(f"scales must be whole numbers, each once, received {self.scales}")
        at_least(self, 1, "accumulate")
        if isinstance(self.batch, int):
            above_zero(self, "batch")
            if self.batch % self.accumulate:
                raise ValueError(
                    f"batch must be a multiple of accumulate ({self.accumulate}), received "
                    f"{self.batch}"
                )
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be in [0, 1), received {self.ema}")
        weights = [term.weight for term in self.losses.values()]
        weights += [self.adversarial.weight] if self.adversarial is not None else []
        if not any(weights):
            raise ValueError("a phase needs at least one loss whose weight is not 0")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The validation metrics that decide anything here, each once."""
        asked = [] if self.best == "last" else [self.best]
        if self.early_stop is not None:
            asked.append(self.early_stop.metric)
        if self.adversarial is not None and self.adversarial.search is not None:
            asked.append(self.adversarial.search.metric)
        return tuple(dict.fromkeys(asked))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole training: phases in order, the generator carried from one to the next."""

    summary: str = option("", help="One line on what it is for and how long it takes.")
    generator: dict[str, Any] = option(factory=dict, help="The generator's settings.")
    phases: dict[str, Phase] = option(factory=dict, help="Phases by name, in order.")
    precision: Literal["auto", "fp32", "fp64", "bf16", "fp16"] = option(
        "auto", help="auto: the fastest that the device computes natively."
    )
    compile: bool = option(
        False, help="Compile the generator: about a minute at the start, some percent after."
    )
    unpaired: bool = option(
        False,
        help="LR and HR images are unrelated: the HR ones are seen by the discriminator alone.",
    )
    validation_images: int = option(8, help="At most so many images are validated on.")
    strip_hr: bool = option(
        False,
        help="Also show the generator applied to the HR itself, shrunk back by MATLAB's bicubic, "
        "in the strips.",
    )

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("a recipe needs at least one phase")
        for name in self.phases:
            # A phase has a folder of its name in the run's.
            if name in RESERVED or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
                raise ValueError(
                    f"a phase may not be called '{name}'; take letters, digits, '_', '-' and '.', "
                    f"and none of {', '.join(RESERVED)}"
                )
        above_zero(self, "validation_images")
