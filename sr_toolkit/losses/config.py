"""Settings of the core's losses that judge images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class PixelConfig:
    """L1 and MSE have no settings."""


@dataclass(frozen=True, kw_only=True)
class CharbonnierConfig:
    """Settings of the Charbonnier loss."""

    eps: float = option(1e-3, help="Radius of the rounded tip, in units of the image's range.")

    def __post_init__(self) -> None:
        _above_zero(eps=self.eps)


@dataclass(frozen=True, kw_only=True)
class HuberConfig:
    """Settings of the Huber loss."""

    delta: float = option(0.1, help="Error from which it grows linearly, for images in [0, 1].")

    def __post_init__(self) -> None:
        _above_zero(delta=self.delta)


@dataclass(frozen=True, kw_only=True)
class TVConfig:
    """Settings of the total variation."""

    norm: Literal["l1", "l2"] = option(
        "l1", help="l1: absolute steps, edges stay; l2: squared steps, edges soften."
    )


@dataclass(frozen=True, kw_only=True)
class GradientConfig:
    """The Sobel gradient loss has no settings."""


@dataclass(frozen=True, kw_only=True)
class SSIMConfig:
    """SSIM has no settings: window and constants are those of the literature."""


@dataclass(frozen=True, kw_only=True)
class MultiScaleSSIMConfig:
    """Settings of MS-SSIM."""

    scales: int = option(
        5, help="Scales, 1 to 5; n of them need 11 · 2^(n − 1) pixels a side, 5 need 176."
    )

    def __post_init__(self) -> None:
        if not 1 <= self.scales <= 5:
            raise ValueError(f"scales must be 1 to 5, received {self.scales}")


@dataclass(frozen=True, kw_only=True)
class FocalFrequencyConfig:
    """Settings of the focal frequency loss."""

    alpha: float = option(1.0, help="Exponent of the frequencies' weights; 0: all alike.")
    log_matrix: bool = option(False, help="Take the logarithm of the weights?")
    ave_spectrum: bool = option(False, help="Compare the batch's mean spectrum?")
    patch_factor: int = option(1, help="Cut each side into so many patches; 1: whole image.")

    def __post_init__(self) -> None:
        _above_zero(patch_factor=self.patch_factor)
        _not_negative(alpha=self.alpha)


@dataclass(frozen=True, kw_only=True)
class WaveletConfig:
    """Settings of the Haar wavelet loss."""

    levels: int = option(2, help="Levels; n of them need 2^n pixels a side.")
    horizontal: float = option(1.0, help="Weight of the detail at horizontal edges.")
    vertical: float = option(1.0, help="Weight of the detail at vertical edges.")
    diagonal: float = option(1.0, help="Weight of the diagonal detail.")
    approximation: float = option(0.0, help="Weight of the last level's coarse image.")

    def __post_init__(self) -> None:
        _above_zero(levels=self.levels)
        bands = ("horizontal", "vertical", "diagonal", "approximation")
        weights = {name: getattr(self, name) for name in bands}
        _not_negative(**weights)
        if not any(weights.values()):
            raise ValueError("at least one band needs a weight above 0")


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
class GramConfig:
    """Settings of the Gram (style) loss."""

    layers: dict[str, float] = option(
        factory=lambda: {"conv1_1": 1.0, "conv2_1": 1.0, "conv3_1": 1.0},
        help="Layer of VGG19, conv1_1 to conv5_4, to its weight.",
    )
    activation: Literal["before", "after"] = option(
        "after", help="Features before the ReLU or after it (Gatys et al.)."
    )
    criterion: Literal["l1", "mse"] = option("mse", help="Distance of the Gram matrices.")
    weights: str = option("", help="File with VGG19's weights; empty: look it up.")
    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")


@dataclass(frozen=True, kw_only=True)
class LPIPSConfig:
    """Settings of LPIPS as a loss."""

    net: Literal["alex", "vgg", "squeeze"] = option(
        "vgg", help="Backbone; its authors advise vgg for training, alex for measuring."
    )
    weights: str = option("", help="File with the backbone's weights; empty: look it up.")
    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")


def _above_zero(**values: float) -> None:
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be above 0, received {value}")


def _not_negative(**values: float) -> None:
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} must not be negative, received {value}")
