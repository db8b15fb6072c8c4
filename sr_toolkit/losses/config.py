"""Settings of the core's losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class PixelConfig:
    """Pixel losses have no settings."""


@dataclass(frozen=True, kw_only=True)
class VGGConfig:
    """Settings of the VGG19 content loss."""

    layers: dict[str, float] = option(
        factory=lambda: {"conv5_4": 1.0}, help="Layer, conv1_1 to conv5_4, to its weight."
    )
    activation: Literal["before", "after"] = option(
        "before", help="Features before the ReLU (ESRGAN) or after it (SRGAN)."
    )
    criterion: Literal["l1", "mse"] = option("l1", help="Distance of the features.")
    rescale: Literal["none", "1/12.75"] = option(
        "none", help="Multiply features by the SRGAN paper's factor, 1/12.75, or not."
    )
    weights: str = option("", help="File with VGG19's weights; empty: look it up.")
    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")


@dataclass(frozen=True, kw_only=True)
class AdversarialConfig:
    """Settings of the adversarial losses."""

    real_label: float = option(1.0, help="Label of real images for the discriminator, 0 to 1.")
