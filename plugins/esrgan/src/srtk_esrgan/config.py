"""Settings of the ESRGAN networks."""

from __future__ import annotations

from dataclasses import dataclass

from sr_toolkit.api import option


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Settings of RRDBNet."""

    blocks: int = option(23, help="Residual-in-residual dense blocks; 6 in the light variant.")
    features: int = option(64, help="Feature channels.")
    growth: int = option(32, help="Channels that each dense convolution adds.")
    channels: int = option(3, help="Image channels: 3 for RGB, 1 for gray.")
    unshuffle: bool = option(
        True,
        help="×1 and ×2: fold pixels into channels, then enlarge four times (Real-ESRGAN); false: "
        "no folding, as many upsampling steps as the scale has (ESRGAN, 2018).",
    )

    plus: bool = option(
        False, help="ESRGAN+: residuals inside the dense blocks, by a 1×1 convolution each."
    )

    def __post_init__(self) -> None:
        _at_least_one(self, "blocks", "features", "growth", "channels")


@dataclass(frozen=True, kw_only=True)
class VGGConfig:
    """Settings of the discriminator `esrgan-vgg`."""

    features: int = option(
        64, help="Channels of the first convolution; the last has 8 times as many."
    )
    hidden: int = option(100, help="Width of the first dense layer.")
    pooling: bool = option(
        False, help="Pool the last feature map to 4×4: any crop of at least 32, not 128 alone."
    )
    channels: int = option(3, help="Image channels; set from the generator's.")

    def __post_init__(self) -> None:
        _at_least_one(self, "features", "hidden", "channels")


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    """Settings of the discriminator `unet`."""

    features: int = option(
        64, help="Channels of the first convolution; the deepest has 8 times as many."
    )
    skips: bool = option(True, help="Add each map on the way down to its equal on the way up?")
    channels: int = option(3, help="Image channels; set from the generator's.")

    def __post_init__(self) -> None:
        _at_least_one(self, "features", "channels")


def _at_least_one(config: object, *names: str) -> None:
    for name in names:
        if getattr(config, name) < 1:
            raise ValueError(f"{name} must be at least 1, received {getattr(config, name)}")
