"""The smallest way to grow: a trained generator stays whole, and only a head is added above it.

The generator below is any that gives its features (`Generator.features`), such as SRGAN's or
RRDBNet; each scale above adds one upsampling convolution and one from features to a residual image.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sr_toolkit.api import ConfigError, Generator, build_generator
from srtk_progressive.config import GeneratorConfig
from srtk_progressive.layers import Stage, small

PREFIX = "base."


def onto(
    model: str, config: Mapping[str, Any], scales: tuple[int, ...]
) -> tuple[dict[str, Any], str]:
    """Return the settings that put heads onto another model's generator, and its weights' prefix.

    Args:
        model: the other model's registered name.
        config: its generator's settings.
        scales: what it serves.

    Raises:
        ConfigError: it serves several scales, or ×8 already.
    """
    if len(scales) != 1 or scales[0] not in (2, 4):
        served = ", ".join(f"×{scale}" for scale in scales)
        raise ConfigError(
            f"A head is put onto a generator of ×2 or ×4; '{model}' here serves {served}."
        )
    base = {"model": model, "config": dict(config), "scale": scales[0]}
    return {"form": "head", "base": base, "channels": int(config.get("channels", 3))}, PREFIX


class GrownHead(Generator):
    """Another generator, and for each scale above it an upsampling convolution and a head."""

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        bottom = int(config.base["scale"])
        offered = [scale for scale in (2, 4, 8) if scale >= bottom]
        if not scales or not set(scales) <= set(offered):
            raise ValueError(f"scales must be among {tuple(offered)}, received {scales}")
        self.config, self.scales, self.bottom = config, tuple(sorted(scales)), bottom
        self.base = build_generator(config.base["model"], config.base["config"], (bottom,))
        self.channels, self.size_multiple = self.base.channels, self.base.size_multiple
        self.channels_last = self.base.channels_last
        self.above = tuple(s for s in offered if bottom < s <= self.scales[-1])
        width = _width(self.base)
        for scale in self.above:
            self.add_module(f"x{scale}", Stage(width, self.channels[1], head=_convolution))
        below = {f"x{s}": (f"{PREFIX}*",) for s in (2, 4, 8) if s <= bottom}
        self.stages = {**below, **{f"x{s}": (f"x{s}.*",) for s in self.above}}

    def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
        """Return the SR (N, C, s·H, s·W) of an LR (N, C, H, W); larger heads are not computed."""
        scale = scale or self.scales[-1]
        if scale == self.bottom:
            sr: Tensor = self.base(lr)
            return sr
        for reached, sr in self._images(lr):
            if reached == scale:
                return sr
        raise ValueError(f"scale must be one of {self.scales}, received {scale}")

    def all_scales(self, lr: Tensor) -> dict[int, Tensor]:
        """Return the SR of each of `scales` in one pass, which costs what the largest costs."""
        images = dict(self._images(lr))
        return {scale: images[scale] for scale in self.scales}

    def receptive_field(self, scale: int) -> int | None:
        """Return the radius in LR pixels; None where the generator below has none.

        The heads see a little beside what one pixel of the base's SR sees.
        """
        below = self.base.receptive_field(self.bottom)
        if below is None or scale == self.bottom:
            return below
        features, image = 1, 0
        for _ in [s for s in self.above if s <= scale]:
            features, image = math.ceil(features / 2) + 1, math.ceil(image / 2) + 1
        return below + math.ceil(max(features, image) / self.bottom)

    def fused(self) -> Generator:
        """Return an equal generator whose base is fused."""
        base = self.base.fused()
        if base is self.base:
            return self
        twin = copy.deepcopy(self).eval()
        twin.base = base
        return twin

    def fade_in(self, scale: int, share: float) -> None:
        """Let the residual of `scale` count by `share`; at 0 its SR is the enlarged one below."""
        stage = self.get_submodule(f"x{scale}") if scale in self.above else None
        if not isinstance(stage, Stage):
            raise KeyError(f"there is no head for ×{scale}")
        stage.fade.fill_(share)

    def _images(self, lr: Tensor) -> Iterator[tuple[int, Tensor]]:
        x, sr = self.base.features(lr)
        yield self.bottom, sr
        for scale in self.above:
            x, sr = self.get_submodule(f"x{scale}")(x, sr)
            yield scale, sr


def _convolution(width: int, channels: int) -> nn.Module:
    """Return the smallest head: one convolution from features to a residual image."""
    last = nn.Conv2d(width, channels, 3, padding=1)
    small(last)
    return last


def _width(base: Generator) -> int:
    """Return the channels of a generator's features, from a pass over a few pixels.

    Raises:
        ConfigError: the generator does not give its features.
    """
    side = 4 * base.size_multiple
    first = next(base.parameters(), None)
    if first is None:
        raise ConfigError(
            f"No head can be put onto a {type(base).__name__}: it is a method without weights."
        )
    device = first.device
    was_training = base.training
    base.eval()  # a norm must not count this
    try:
        with torch.no_grad():
            x, _ = base.features(torch.zeros(1, base.channels[0], side, side, device=device))
    except NotImplementedError:
        raise ConfigError(
            f"No head can be put onto a {type(base).__name__}: it does not give its features."
        ) from None
    base.train(was_training)
    return int(x.shape[1])
