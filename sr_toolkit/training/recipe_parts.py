"""The smaller records that a phase is made of. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sr_toolkit.config import option


def at_least(owner: object, bound: float, *names: str) -> None:
    """Raise ValueError if a field of `owner`, None aside, is below `bound`."""
    for name in names:
        value = getattr(owner, name)
        if value is not None and value < bound:
            raise ValueError(f"{name} must be at least {bound:g}, received {value}")


def above_zero(owner: object, *names: str) -> None:
    """Raise ValueError if a field of `owner`, None aside, is not above 0."""
    for name in names:
        value = getattr(owner, name)
        if value is not None and value <= 0:
            raise ValueError(f"{name} must be above 0, received {value}")


def within(owner: object, low: float, high: float, *names: str) -> None:
    """Raise ValueError if a field of `owner`, None aside, is outside [low, high]."""
    for name in names:
        value = getattr(owner, name)
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} must be in [{low:g}, {high:g}], received {value}")


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """An optimizer of torch, in its fused form where there is one."""

    name: Literal["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"] = option(
        "adam", help="Which optimizer."
    )
    lr: float = option(1e-4, help="Learning rate; the peak one of the schedule.")
    betas: tuple[float, float] = option(
        (0.9, 0.999), help="Decay of the two moments; of sgd and rmsprop the first is momentum."
    )
    weight_decay: float = option(0.0, help="Weight decay.")

    def __post_init__(self) -> None:
        above_zero(self, "lr")
        at_least(self, 0, "weight_decay")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How the learning rate changes over a phase; torch's own schedulers."""

    name: Literal["constant", "milestones", "cosine", "restarts", "one-cycle"] = option(
        "constant", help="Which schedule."
    )
    milestones: tuple[float, ...] = option(
        (),
        help="Milestones: where the rate is cut; shares of the phase up to 1, steps above.",
    )
    gamma: float = option(0.5, help="Milestones: factor of each cut.")
    floor: float = option(0.0, help="Cosine, restarts: lowest rate, as a share of lr.")
    cycles: int = option(4, help="Restarts: cosines of equal length in the phase.")
    warmup: float | None = option(
        None,
        help="Where the rate has risen to lr: a share of the phase up to 1, steps above; "
        "empty: no rise, and 0.1 for one-cycle.",
    )

    def __post_init__(self) -> None:
        at_least(self, 0, "gamma", "floor", "warmup")
        at_least(self, 1, "cycles")
        if any(place <= 0 for place in self.milestones):
            raise ValueError(f"milestones must be above 0, received {list(self.milestones)}")


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A weight's way, in a straight line, from a share of itself to the whole."""

    start: float = option(0.0, help="Share of the weight that counts at first.")
    begin: int = option(0, help="Step of the phase at which it begins to change.")
    end: int = option(help="Step from which the whole weight counts.")

    def __post_init__(self) -> None:
        at_least(self, 0, "begin")
        if self.end <= self.begin:
            raise ValueError(f"end must be after begin ({self.begin}), received {self.end}")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A weight is raised while it helps: tried, judged by validation, kept or taken back."""

    metric: Literal["psnr", "ssim", "lpips"] = option("lpips", help="The judge.")
    factor: float = option(1.5, help="Each trial multiplies the weight by this.")
    every: int = option(1, help="Validations between two judgments.")
    tolerance: float = option(
        0.0, help="How much worse the metric may become for the higher weight to be kept."
    )
    trials: int = option(8, help="At most so many trials; the first one that fails is the last.")

    def __post_init__(self) -> None:
        at_least(self, 1, "every", "trials")
        at_least(self, 0, "tolerance")
        if self.factor <= 1:
            raise ValueError(f"factor must be above 1, received {self.factor}")


@dataclass(frozen=True, kw_only=True)
class LossTerm:
    """One weighted term of the generator's loss."""

    weight: float = option(1.0, help="Factor of this term; 0 leaves it out.")
    ramp: Ramp | None = option(None, help="The weight changes over the first steps; none: fixed.")
    loss: str = option("", help="Registered loss; empty: the term's own name.")
    config: dict[str, Any] = option(factory=dict, help="The loss's settings.")
    space: Literal["hr", "lr"] = option(
        "hr", help="hr: SR against HR; lr: SR, degraded again, against the LR (LR-consistency)."
    )

    def __post_init__(self) -> None:
        at_least(self, 0, "weight")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Old generated images, shown to the discriminator again, so that it does not forget them."""

    size: int = option(64, help="Images kept; a new one replaces one at random.")
    ratio: float = option(0.5, help="Share of the discriminator's fakes that are old ones.")

    def __post_init__(self) -> None:
        at_least(self, 1, "size")
        within(self, 0, 1, "ratio")


@dataclass(frozen=True, kw_only=True)
class Penalty:
    """A penalty on the discriminator's gradient."""

    name: Literal["gradient", "r1"] = option(
        "r1", help="gradient: WGAN-GP's, between real and fake; r1: on real images."
    )
    weight: float = option(10.0, help="Its factor.")
    every: int = option(1, help="Steps between two penalties; each then counts so many times.")

    def __post_init__(self) -> None:
        above_zero(self, "weight")
        at_least(self, 1, "every")


@dataclass(frozen=True, kw_only=True)
class Adversarial:
    """The GAN part of a phase."""

    weight: float = option(1e-3, help="Factor of the adversarial term in the generator's loss.")
    ramp: Ramp | None = option(None, help="The weight changes over the first steps; none: fixed.")
    search: Search | None = option(None, help="The weight is raised while it helps; none: fixed.")
    loss: str = option("vanilla", help="Registered adversarial loss.")
    loss_config: dict[str, Any] = option(factory=dict, help="Its settings.")
    discriminator: str = option("", help="Registered discriminator.")
    config: dict[str, Any] = option(factory=dict, help="The discriminator's settings.")
    optimizer: Optimizer = option(factory=Optimizer, help="The discriminator's optimizer.")
    carry: bool = option(
        True, help="Go on with the discriminator of the phase before, where it is the same one."
    )
    warmup: int = option(0, help="Steps at the beginning in which it alone is trained.")
    steps: int = option(1, help="Discriminator steps per generator step, each on a new batch.")
    threshold: float | None = option(
        None, help="It is trained only while it judges less than this share rightly; none: always."
    )
    clip: float | None = option(None, help="Clip its gradient to this norm; none: not.")
    space: Literal["hr", "lr"] = option(
        "hr", help="hr: judges SR; lr: judges SR, degraded again, against LR (AmbientGAN)."
    )
    spectral_norm: bool = option(False, help="Spectral norm on its convolutions and dense layers.")
    replay: Replay | None = option(None, help="Old generated images; none: new ones only.")
    penalty: Penalty | None = option(None, help="Penalty on its gradient; none: no penalty.")
    augment: tuple[Literal["color", "translation", "cutout", "cutblur"], ...] = option(
        (), help="What is done alike to real and fake before it judges."
    )

    def __post_init__(self) -> None:
        at_least(self, 0, "weight", "warmup")
        at_least(self, 1, "steps")
        within(self, 0, 1, "threshold")
        above_zero(self, "clip")


@dataclass(frozen=True, kw_only=True)
class EarlyStop:
    """The phase ends where validation no longer improves."""

    metric: Literal["psnr", "ssim", "lpips"] = option("psnr", help="Which score must improve.")
    patience: int = option(5, help="Validations without an improvement that are waited for.")
    by: float = option(0.0, help="What counts as an improvement.")

    def __post_init__(self) -> None:
        at_least(self, 1, "patience")
        at_least(self, 0, "by")


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """What is done when a loss is NaN or infinite, or jumps out of all proportion."""

    action: Literal["rollback", "skip", "stop"] = option(
        "rollback",
        help="rollback: back to the last good state at a lower rate; skip: leave the update out; "
        "stop: end with an error.",
    )
    jump: float | None = option(
        100.0,
        help="Also when the loss is so many times its median over the log points before; none: "
        "only when it is not finite.",
    )
    factor: float = option(0.5, help="Rollback: the learning rates are multiplied by this.")
    retries: int = option(
        3, help="Rollbacks in a phase, or skipped updates in a row, before it stops."
    )

    def __post_init__(self) -> None:
        within(self, 0, 1, "factor")
        at_least(self, 0, "retries")
        at_least(self, 1, "jump")
