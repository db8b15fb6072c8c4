"""Settings of the SRGAN networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.api import option


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Settings of the generator."""

    variant: Literal["msrresnet", "srresnet"] = option(
        "msrresnet",
        help="msrresnet: no batch norm, LeakyReLU, bilinear skip; srresnet: as in the paper.",
    )
    blocks: int = option(16, help="Residual blocks.")
    features: int = option(64, help="Feature channels.")
    channels: int = option(3, help="Image channels: 3 for RGB, 1 for gray.")
    output: Literal["linear", "tanh"] = option(
        "linear",
        help="Of srresnet: the last convolution as it is, or (tanh + 1) / 2 of it, as programs "
        "have it whose weights are shared.",
    )

    merge: Literal["norm", "prelu"] = option(
        "norm",
        help="Of srresnet: what follows the convolution after the blocks, batch norm as in the "
        "paper, or PReLU, as a widely used program has it.",
    )

    def __post_init__(self) -> None:
        for name in ("blocks", "features", "channels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, received {getattr(self, name)}")
        for name, usual in (("output", "linear"), ("merge", "norm")):
            value = getattr(self, name)
            if value != usual and self.variant != "srresnet":
                raise ValueError(
                    f"{name} {value} is for the variant srresnet, received {self.variant}"
                )


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Settings of the discriminator."""

    features: int = option(
        64, help="Channels of the first convolution; the last has 8 times as many."
    )
    channels: int = option(3, help="Image channels; set from the generator's.")
    hidden: int = option(1024, help="Width of the first dense layer.")
    pool: int = option(
        6, help="Side to which the last feature map is pooled; 6 is that of a 96 crop."
    )
