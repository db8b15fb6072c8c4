"""Generators of SRGAN.

SRResNet: Ledig et al.: Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network, CVPR 2017, https://arxiv.org/abs/1609.04802. Sixteen residual blocks with batch norm,
PReLU, 9×9 first and last convolution, sub-pixel upsampling.

MSRResNet: the modified form of BasicSR (Wang et al., Apache-2.0): no batch norm, LeakyReLU, 3×3
convolutions, a bilinear skip from LR to SR, weights initialized at a tenth. Keys are BasicSR's, so
that its checkpoints fit. Departure: ×8, which BasicSR has not, by a third upsampling convolution.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sr_toolkit.api import Generator
from srtk_srgan.config import GeneratorConfig


def build(config: GeneratorConfig, scales: tuple[int, ...]) -> Generator:
    """Return the variant that `config` names, for one scale."""
    if len(scales) != 1:
        raise ValueError(f"an SRGAN generator serves one scale, received {scales}")
    cls = SRResNet if config.variant == "srresnet" else MSRResNet
    return cls(config, scales)


def upsampling_factors(scale: int) -> tuple[int, ...]:
    """Return the factors of the sub-pixel steps: (3,) for ×3, twos for powers of two."""
    if scale == 3:
        return (3,)
    steps = scale.bit_length() - 1
    if scale < 2 or 2**steps != scale:
        raise ValueError(f"scale must be 3 or a power of two, received {scale}")
    return (2,) * steps


def upsampled_radius(at_sr: int, factors: Iterable[int]) -> int:
    """Return how far a radius of `at_sr` pixels at SR size reaches in LR pixels.

    Going down, a radius shrinks by each factor, rounded up, and each step's 3×3 convolution adds 1.
    """
    radius = at_sr
    for factor in reversed(tuple(factors)):
        radius = math.ceil(radius / factor) + 1
    return radius


class MSRResNet(Generator):
    """MSRResNet, 1,517,571 parameters at ×4 with 16 blocks of 64 channels."""

    channels_last = True
    stages = MappingProxyType(
        {
            "trunk": ("conv_first.*", "body.*"),
            "upsampling": ("upconv*", "conv_hr.*", "conv_last.*"),
        }
    )

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.config, self.scales = config, scales
        self.channels = (config.channels, config.channels)
        self.factors = upsampling_factors(scales[-1])
        width = config.features
        self.conv_first = nn.Conv2d(config.channels, width, 3, padding=1)
        self.body = nn.Sequential(*(PlainBlock(width) for _ in range(config.blocks)))
        for number, factor in enumerate(self.factors, start=1):
            self.add_module(f"upconv{number}", nn.Conv2d(width, width * factor**2, 3, padding=1))
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, config.channels, 3, padding=1)
        outer = [m for name, m in self.named_children() if name != "body"]
        for convolution in outer:
            nn.init.kaiming_normal_(convolution.weight, a=0.1, nonlinearity="leaky_relu")
            with torch.no_grad():
                convolution.weight.mul_(0.1)
            nn.init.zeros_(convolution.bias)

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        return self.features(lr)[1]

    def features(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the last convolution sees, (N, F, s·H, s·W), and the SR."""
        x = F.leaky_relu(self.conv_first(lr), 0.1)  # (N, F, H, W)
        x = self.body(x)
        for number, factor in enumerate(self.factors, start=1):
            convolution = self.get_submodule(f"upconv{number}")
            x = F.leaky_relu(F.pixel_shuffle(convolution(x), factor), 0.1)  # (N, F, f·H, f·W)
        x = F.leaky_relu(self.conv_hr(x), 0.1)  # (N, F, s·H, s·W)
        skip = F.interpolate(lr, scale_factor=self.scales[-1], mode="bilinear", align_corners=False)
        return x, self.conv_last(x) + skip

    def receptive_field(self, scale: int) -> int:
        """Return the radius in LR pixels: 35 for 16 blocks at ×4."""
        return upsampled_radius(2, self.factors) + 2 * self.config.blocks + 1


class PlainBlock(nn.Module):
    """conv, ReLU, conv, sum; initialized at a tenth, as residual branches without norm need."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        for convolution in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(convolution.weight)
            with torch.no_grad():
                convolution.weight.mul_(0.1)
            nn.init.zeros_(convolution.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its residual, (N, F, H, W)."""
        out: Tensor = x + self.conv2(F.relu(self.conv1(x)))
        return out


class SRResNet(Generator):
    """The paper's generator, 1,547,350 parameters at ×4 with RGB in and out."""

    channels_last = True
    stages = MappingProxyType(
        {
            "trunk": ("head.*", "body.*", "merge.*"),
            "upsampling": ("upsample.*", "tail.*"),
        }
    )

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.config, self.scales = config, scales
        self.channels = (config.channels, config.channels)
        self.factors = upsampling_factors(scales[-1])
        width = config.features
        self.head = nn.Sequential(nn.Conv2d(config.channels, width, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*(NormBlock(width) for _ in range(config.blocks)))
        normed = config.merge == "norm"
        self.merge = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=not normed),
            nn.BatchNorm2d(width) if normed else nn.PReLU(),
        )
        steps: list[nn.Module] = []
        for factor in self.factors:
            steps += [
                nn.Conv2d(width, width * factor**2, 3, padding=1),
                nn.PixelShuffle(factor),
                nn.PReLU(),
            ]
        self.upsample = nn.Sequential(*steps)
        self.tail = nn.Conv2d(width, config.channels, 9, padding=4)

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W)."""
        return self.features(lr)[1]

    def features(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the last convolution sees, (N, F, s·H, s·W), and the SR."""
        shallow = self.head(lr)  # (N, F, H, W)
        deep = shallow + self.merge(self.body(shallow))
        upsampled = self.upsample(deep)  # (N, F, s·H, s·W)
        sr: Tensor = self.tail(upsampled)
        return upsampled, (torch.tanh(sr) + 1) / 2 if self.config.output == "tanh" else sr

    def fused(self) -> SRResNet:
        """Return an equal network for inference, each batch norm folded into its convolution."""
        network = copy.deepcopy(self).eval()
        network.merge = without_norm(network.merge)
        for block in network.body:
            block.layers = without_norm(block.layers)
        return network

    def receptive_field(self, scale: int) -> int:
        """Return the radius in LR pixels: 40 for 16 blocks at ×4."""
        return upsampled_radius(4, self.factors) + 1 + 2 * self.config.blocks + 4


class NormBlock(nn.Module):
    """conv, BN, PReLU, conv, BN, sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),  # BN has the bias
            nn.BatchNorm2d(width),
            nn.PReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its residual, (N, F, H, W)."""
        out: Tensor = x + self.layers(x)
        return out


def without_norm(layers: nn.Sequential) -> nn.Sequential:
    """Return the layers with each batch norm folded into the convolution before it."""
    folded: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            convolution = folded.pop()
            assert isinstance(convolution, nn.Conv2d)
            layer = fuse_conv_bn_eval(convolution, layer)
        folded.append(layer)
    return nn.Sequential(*folded).eval()
