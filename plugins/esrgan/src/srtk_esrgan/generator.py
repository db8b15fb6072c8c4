"""RRDBNet, the generator of ESRGAN and of Real-ESRGAN.

Wang et al.: ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks, ECCV Workshops 2018,
https://arxiv.org/abs/1809.00219. Residual-in-residual dense blocks without norm; upsampling by the
nearest neighbor and a convolution.

×1 and ×2: Wang et al.: Real-ESRGAN, ICCV Workshops 2021, https://arxiv.org/abs/2107.10833. Pixels
are folded into channels and enlarged by four, so that the blocks work on fewer pixels.

ESRGAN+ (`plus`): Rakotonirina and Rasoanaivo, ICASSP 2020, https://arxiv.org/abs/2001.08073. More
residuals inside the dense blocks; the noise of nESRGAN+ is left out, which is for training alone.

Keys and initialization are BasicSR's (Wang et al., Apache-2.0), so that its checkpoints fit.
Departures: ×8 by a third upsampling step, ×3 by a single one of factor 3.
"""

from __future__ import annotations

import math
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_toolkit.api import Generator, ImageError
from srtk_esrgan.config import GeneratorConfig

RESIDUAL = 0.2  # what of a block's output is added to its input


def build(config: GeneratorConfig, scales: tuple[int, ...]) -> RRDBNet:
    """Return the generator for one scale."""
    if len(scales) != 1:
        raise ValueError(f"an ESRGAN generator serves one scale, received {scales}")
    return RRDBNet(config, scales)


def plan(scale: int, unshuffle: bool) -> tuple[int, tuple[int, ...]]:
    """Return the side of the squares folded into channels, and the factor of each upsampling step.

    Raises:
        ValueError: a scale other than 1, 2, 3, 4, 8.
    """
    steps = {1: (), 2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
    if scale not in steps:
        raise ValueError(f"scale must be 1, 2, 3, 4 or 8, received {scale}")
    if unshuffle and scale in (1, 2):
        return 4 // scale, steps[4]
    return 1, steps[scale]


class RRDBNet(Generator):
    """RRDBNet; 16,697,987 parameters at ×4 with 23 blocks, 4,467,779 with 6."""

    channels_last = True
    stages = MappingProxyType(
        {
            "trunk": ("conv_first.*", "body.*", "conv_body.*"),
            "upsampling": ("conv_up*", "conv_hr.*", "conv_last.*"),
        }
    )

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        self.config, self.scales = config, scales
        self.channels = (config.channels, config.channels)
        self.size_multiple, self.factors = plan(scales[-1], config.unshuffle)
        width = config.features
        self.conv_first = nn.Conv2d(config.channels * self.size_multiple**2, width, 3, padding=1)
        self.body = nn.Sequential(
            *(RRDB(width, config.growth, config.plus) for _ in range(config.blocks))
        )
        self.conv_body = nn.Conv2d(width, width, 3, padding=1)
        for number in range(1, len(self.factors) + 1):
            self.add_module(f"conv_up{number}", nn.Conv2d(width, width, 3, padding=1))
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, config.channels, 3, padding=1)

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W).

        Raises:
            ImageError: a side is no multiple of `size_multiple`.
        """
        return self.features(lr)[1]

    def features(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the last convolution sees, (N, F, s·H, s·W), and the SR, as `forward`."""
        fold = self.size_multiple
        height, width = lr.shape[-2:]
        if height % fold or width % fold:
            raise ImageError(
                f"RRDBNet at ×{self.scales[-1]} takes LR sides that are a multiple of {fold}, "
                f"received {width}×{height}; pad the image, or take another crop."
            )
        x = F.pixel_unshuffle(lr, fold) if fold > 1 else lr  # (N, C·f², H/f, W/f)
        shallow = self.conv_first(x)  # (N, F, H/f, W/f)
        x = shallow + self.conv_body(self.body(shallow))
        for number, factor in enumerate(self.factors, start=1):
            x = F.interpolate(x, scale_factor=factor, mode="nearest")
            x = lrelu(self.get_submodule(f"conv_up{number}")(x))
        x = lrelu(self.conv_hr(x))  # (N, F, s·H, s·W)
        return x, self.conv_last(x)

    def receptive_field(self, scale: int) -> int:
        """Return the radius in LR pixels: 94 with 6 blocks at ×4, 349 with 23.

        Going down from SR size, each upsampling step adds its convolution's 1, and the nearest
        neighbor divides, rounded up. Folded pixels count by their side.
        """
        radius = 2  # conv_hr, conv_last
        for factor in reversed(self.factors):
            radius = math.ceil((radius + 1) / factor)
        blocks: int = 15 * self.config.blocks  # three times five convolutions each
        return (radius + 1 + blocks + 1) * self.size_multiple


class RRDB(nn.Module):
    """Three dense blocks, and a residual around them."""

    def __init__(self, width: int, growth: int, plus: bool = False) -> None:
        super().__init__()
        self.rdb1 = ResidualDenseBlock(width, growth, plus)
        self.rdb2 = ResidualDenseBlock(width, growth, plus)
        self.rdb3 = ResidualDenseBlock(width, growth, plus)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus a fifth of its residual, (N, F, H, W)."""
        return torch.add(x, self.rdb3(self.rdb2(self.rdb1(x))), alpha=RESIDUAL)


class ResidualDenseBlock(nn.Module):
    """Five convolutions, each of which sees the input and all outputs before it."""

    def __init__(self, width: int, growth: int, plus: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, growth, 3, padding=1)
        self.conv2 = nn.Conv2d(width + growth, growth, 3, padding=1)
        self.conv3 = nn.Conv2d(width + 2 * growth, growth, 3, padding=1)
        self.conv4 = nn.Conv2d(width + 3 * growth, growth, 3, padding=1)
        self.conv5 = nn.Conv2d(width + 4 * growth, width, 3, padding=1)
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5):
            nn.init.kaiming_normal_(convolution.weight)
            with torch.no_grad():
                convolution.weight.mul_(0.1)
            nn.init.zeros_(convolution.get_parameter("bias"))
        self.conv1x1 = nn.Conv2d(width, growth, 1, bias=False) if plus else None

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus a fifth of its residual, (N, F, H, W)."""
        x1 = lrelu(self.conv1(x))  # (N, G, H, W), as x2 to x4
        x2 = lrelu(self.conv2(torch.cat((x, x1), 1)))
        if self.conv1x1 is not None:
            x2 = x2 + self.conv1x1(x)
        x3 = lrelu(self.conv3(torch.cat((x, x1, x2), 1)))
        x4 = lrelu(self.conv4(torch.cat((x, x1, x2, x3), 1)))
        if self.conv1x1 is not None:
            x4 = x4 + x2
        x5 = self.conv5(torch.cat((x, x1, x2, x3, x4), 1))
        return torch.add(x, x5, alpha=RESIDUAL)


def lrelu(x: Tensor) -> Tensor:
    """Return LeakyReLU of slope .2, in place: no gradient needs what the convolution returned."""
    return F.leaky_relu(x, 0.2, inplace=True)
