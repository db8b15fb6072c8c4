"""Settings of the core's discriminators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class PatchConfig:
    """Settings of the PatchGAN discriminator."""

    n_layers: int = option(3, help="Convolutions of stride 2; 3 see 70×70 pixels, 1 sees 16×16.")
    features: int = option(64, help="Channels of the first convolution; at most 8 times as many.")
    norm: Literal["batch", "instance", "none"] = option("batch", help="Normalization.")
    spectral: bool = option(False, help="Spectral norm of every convolution?")
    conditional: bool = option(False, help="Show it the upsampled LR beside the image?")
    channels: int = option(3, help="Image channels; set from the generator's.")

    def __post_init__(self) -> None:
        _at_least_one(self, "n_layers", "features", "channels")


@dataclass(frozen=True, kw_only=True)
class VGGConfig:
    """Settings of the VGG-like discriminator."""

    features: int = option(
        64, help="Channels of the first convolution; the last has 8 times as many."
    )
    hidden: int = option(1024, help="Width of the first dense layer.")
    norm: Literal["batch", "instance", "none"] = option("batch", help="Normalization.")
    spectral: bool = option(False, help="Spectral norm of every layer?")
    conditional: bool = option(False, help="Show it the upsampled LR beside the image?")
    channels: int = option(3, help="Image channels; set from the generator's.")

    def __post_init__(self) -> None:
        _at_least_one(self, "features", "hidden", "channels")


def _at_least_one(config: object, *names: str) -> None:
    for name in names:
        if getattr(config, name) < 1:
            raise ValueError(f"{name} must be at least 1, received {getattr(config, name)}")
