"""A generator that grows: ×2, then ×4, then ×8, each stage fed by the features of the last.

The idea of growing by scale, of one network for all and of a new part that is faded in is that of
Wang, Perazzi, McWilliams, Sorkine-Hornung, Sorkine-Hornung and Schroers: A Fully Progressive
Approach to Single-Image Super-Resolution (ProSR), CVPR Workshops 2018,
https://arxiv.org/abs/1804.02900; that of a chain of residual images is LapSRN's (Lai et al., CVPR
2017, https://arxiv.org/abs/1704.03915).

Departures: the stages are made of plain residual blocks without norm, as in MSRResNet, not of dense
compression units; old stages are frozen while a new one learns; each image is the enlarged one of
the stage below plus a residual, so that a stage whose share is 0 changes nothing.

    LR ─ first ─ x2: blocks, up ──┬── x4: blocks, up ──┬── x8: blocks, up ──┐
     │                           head                 head                 head
     └── bilinear ────────────────+ ×2 ── bilinear ────+ ×4 ── bilinear ────+ ×8
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType

from torch import Tensor, nn
from torch.nn import functional as F

from sr_toolkit.api import Generator
from srtk_progressive.config import GeneratorConfig
from srtk_progressive.heads import GrownHead
from srtk_progressive.layers import Stage, small

SCALES = (2, 4, 8)


def build(config: GeneratorConfig, scales: tuple[int, ...]) -> Generator:
    """Return the form that `config` names, for scales of which the largest is 2, 4 or 8."""
    return GrownHead(config, scales) if config.form == "head" else Progressive(config, scales)


class Progressive(Generator):
    """Stages up to the largest of `scales`; a parameter's name does not depend on how many.

    2,185,737 parameters at ×8 with 16, 4 and 2 blocks of 64 channels, 1,369,859 of them at ×2.
    """

    channels_last = True
    stages = MappingProxyType({"x2": ("first.*", "x2.*"), "x4": ("x4.*",), "x8": ("x8.*",)})

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        if not scales or not set(scales) <= set(SCALES):
            raise ValueError(f"scales must be among {SCALES}, received {scales}")
        self.config, self.scales = config, tuple(sorted(scales))
        self.channels = (config.channels, config.channels)
        self.first = nn.Conv2d(config.channels, config.features, 3, padding=1)
        small(self.first)
        for scale, blocks in zip(SCALES, config.blocks, strict=True):
            if scale <= self.scales[-1]:
                stage = Stage(config.features, config.channels, blocks=blocks)
                self.add_module(f"x{scale}", stage)

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W); larger stages are not computed."""
        scale = scale or self.scales[-1]
        for reached, _, sr in self._images(lr):
            if reached == scale:
                return sr
        raise ValueError(f"scale must be one of {self.scales}, received {scale}")

    def all_scales(self, lr: Tensor) -> dict[int, Tensor]:
        """Return the SR of each of `scales` in one pass, which costs what the largest costs."""
        images = {reached: sr for reached, _, sr in self._images(lr)}
        return {scale: images[scale] for scale in self.scales}

    def features(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the largest stage's last convolution sees, (N, F, s·H, s·W), and its SR."""
        *_, (reached, x, sr) = self._images(lr)
        return self._stage(reached).head.features(x), sr

    def receptive_field(self, scale: int) -> int:
        """Return the radius in LR pixels: 35 at ×2, 39 at ×4, 40 at ×8 with 16, 4, 2 blocks.

        From the image down: at each size, what is above shrinks by two, rounded up; the stage's
        upsampling convolution and blocks add to what is seen of the features, bilinear to what is
        seen of the image, in which there is the head of the stage below.
        """
        features, image = 2, 0  # the head's two convolutions
        for size in reversed([s for s in SCALES if s <= scale]):
            features = math.ceil(features / 2) + 1 + 2 * len(self._stage(size).body)
            image = math.ceil(image / 2) + 1
            if size > SCALES[0]:
                features = max(features, image + 2)
        return max(features + 1, image)

    def fade_in(self, scale: int, share: float) -> None:
        """Let the residual of `scale` count by `share`; at 0 its SR is the enlarged one below."""
        self._stage(scale).fade.fill_(share)

    def _stage(self, scale: int) -> Stage:
        stage = self.get_submodule(f"x{scale}")
        assert isinstance(stage, Stage)
        return stage

    def _images(self, lr: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield (scale, features, SR) of each stage, from the smallest on."""
        x = F.leaky_relu(self.first(lr), 0.1)  # (N, F, H, W)
        sr = lr
        for scale in SCALES:
            if scale <= self.scales[-1]:
                x, sr = self._stage(scale)(x, sr)
                yield scale, x, sr
