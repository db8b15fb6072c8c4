"""Settings of the core's metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class PSNRConfig:
    """PSNR has no settings: the protocol says all."""


@dataclass(frozen=True, kw_only=True)
class SSIMConfig:
    """SSIM has no settings: window and constants are those of the literature."""


@dataclass(frozen=True, kw_only=True)
class MSSSIMConfig:
    """MS-SSIM has no settings: five scales with the weights of its paper."""


@dataclass(frozen=True, kw_only=True)
class NIQEConfig:
    """NIQE has no settings: blocks, scales and the pristine model are its authors'."""


@dataclass(frozen=True, kw_only=True)
class LPIPSConfig:
    """Settings of LPIPS."""

    net: Literal["alex", "vgg", "squeeze"] = option("alex", help="Backbone; always printed.")
    weights: str = option("", help="File with the backbone's weights; empty: look it up.")
    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")
    download: bool = option(False, help="Fetch the backbone if it is not on this machine?")
    device: str = option("cpu", help="Device that runs the backbone.")


@dataclass(frozen=True, kw_only=True)
class DISTSConfig:
    """Settings of DISTS."""

    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")
    download: bool = option(False, help="Fetch VGG16 if it is not on this machine?")
    device: str = option("cpu", help="Device that runs the network.")


@dataclass(frozen=True, kw_only=True)
class FIDConfig:
    """Settings of FID."""

    weights_root: str = option("", help="Folder searched before SRTK_WEIGHTS.")
    download: bool = option(False, help="Fetch the network if it is not on this machine?")
    device: str = option("cpu", help="Device that runs the network.")


@dataclass(frozen=True, kw_only=True)
class TorchMetricsConfig:
    """Which of torchmetrics' metrics."""

    metric: str = option("", help="Its name there, such as visual_information_fidelity.")


@dataclass(frozen=True, kw_only=True)
class PyIQAConfig:
    """Which of pyiqa's metrics."""

    metric: str = option("", help="Its name there, such as brisque or musiq.")
    device: str = option("cpu", help="Device that runs the metric.")
