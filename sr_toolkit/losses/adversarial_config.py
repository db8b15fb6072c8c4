"""Settings of the core's adversarial losses."""

from __future__ import annotations

from dataclasses import dataclass

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class LabelConfig:
    """Labels that the discriminator is taught; the generator's own target is never disturbed."""

    real_label: float = option(1.0, help="Label of real images for the discriminator.")
    fake_label: float = option(0.0, help="Label of fake images for the discriminator.")
    label_noise: float = option(
        0.0, help="Deviation of the noise added to each image's label for the discriminator."
    )
    flip: float = option(
        0.0, help="Probability that an image gets the other label for the discriminator."
    )

    def __post_init__(self) -> None:
        if self.fake_label >= self.real_label:
            raise ValueError(
                f"fake_label must be below real_label, received {self.fake_label} and "
                f"{self.real_label}"
            )
        if self.label_noise < 0:
            raise ValueError(f"label_noise must not be negative, received {self.label_noise}")
        if not 0 <= self.flip < 0.5:
            raise ValueError(f"flip must be in [0, 0.5), received {self.flip}")


@dataclass(frozen=True, kw_only=True)
class AdversarialConfig(LabelConfig):
    """Settings of the losses by cross-entropy, whose labels are probabilities."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("real_label", "fake_label"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], received {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class HingeConfig:
    """Settings of the hinge loss."""

    margin: float = option(1.0, help="Logit beyond which the discriminator is content.")

    def __post_init__(self) -> None:
        if self.margin <= 0:
            raise ValueError(f"margin must be above 0, received {self.margin}")


@dataclass(frozen=True, kw_only=True)
class WassersteinConfig:
    """Settings of the Wasserstein loss."""

    drift: float = option(
        0.0, help="Factor of the mean squared real logit, which keeps the critic near 0."
    )

    def __post_init__(self) -> None:
        if self.drift < 0:
            raise ValueError(f"drift must not be negative, received {self.drift}")
