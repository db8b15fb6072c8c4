"""A network of spandrel's as a generator.

spandrel (chaiNNer's authors, MIT, https://github.com/chaiNNer-org/spandrel) tells a network and its
parameters from the names and shapes of its weights. Scale, channels and sizes are its descriptor's;
images are padded as it pads them, at the right and below, by reflection as far as that goes.

Departures: SR is not clamped, gradients pass, batches of several images are taken, and noise is
drawn from a seed.
"""

from __future__ import annotations

import torch
from spandrel import SizeRequirements
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.api import ConfigError, Generator
from srtk_spandrel.config import GeneratorConfig
from srtk_spandrel.facts import RANDOM, known
from srtk_spandrel.library import network, quiet
from srtk_spandrel.parameters import complete, plain_parameters
from srtk_spandrel.reach import reach


def build(config: GeneratorConfig, scales: tuple[int, ...]) -> SpandrelGenerator:
    """Return the generator for one scale, with fresh weights."""
    return SpandrelGenerator(config, scales)


class SpandrelGenerator(Generator):
    """Any network of spandrel's that makes an image from an image."""

    def __init__(self, config: GeneratorConfig, scales: tuple[int, ...]) -> None:
        super().__init__()
        found = network(config.architecture)
        if len(scales) != 1:
            raise ConfigError(f"{found.name} serves one scale (received {list(scales)}).")
        keywords = complete(found, config.parameters, scales[0])
        try:
            with quiet():
                self.network = found.cls(**keywords)
        except Exception as error:  # the constructors' own checks are of any kind
            detail = " ".join(str(error).split()) or "no reason given"
            raise ConfigError(
                f"{found.name} cannot be built with 'generator.parameters' {keywords}: "
                f"{type(error).__name__}: {detail}."
            ) from error
        self._facts = facts = known(found, self.network)
        if facts.scale != scales[0]:
            raise ConfigError(
                f"This {found.name} is of ×{facts.scale}, not of ×{scales[0]}: give --scale "
                f"{facts.scale}, or other 'generator.parameters'."
            )
        self.config = GeneratorConfig(
            architecture=found.name, parameters=plain_parameters(found, self.network)
        )
        self.scales, self.channels = scales, facts.channels
        self.deterministic = found.architecture.id not in RANDOM
        size = f" ({', '.join(facts.tags)})" if facts.tags else ""
        use = {"FaceSR": ", for aligned faces", "Restoration": ", restores at ×1"}
        self.remark = (
            f"{found.name}{size}{use.get(facts.purpose, '')}; license of its code: "
            f"{found.license}; the weights' own is their publisher's to say."
        )
        self._reach: tuple[int | None] | None = None

    def forward(self, lr: Tensor, scale: int | None = None, seed: int = 0) -> Tensor:
        """Return the SR; `seed` is that of the noise of networks which draw some."""
        if scale not in (None, *self.scales):
            raise ConfigError(f"This network serves ×{self.scales[0]}, not ×{scale}.")
        height, width = lr.shape[-2] * self.scales[0], lr.shape[-1] * self.scales[0]
        padded = pad(lr, self._facts.sizes)
        if self.deterministic:
            return self._call(padded)[..., :height, :width]
        devices = [lr.device] if lr.is_cuda else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            return self._call(padded)[..., :height, :width]

    def receptive_field(self, scale: int) -> int | None:
        """Return the radius, found by probing; None where spandrel advises against tiles.

        Also where the whole image is looked at, or where it matters on which pixel a tile begins.
        """
        if self._reach is None:
            self._reach = (reach(self, self._facts),)
        return self._reach[0]

    def _call(self, lr: Tensor) -> Tensor:
        with quiet():
            if self._facts.batches or (self.training and self._facts.learns_in_batches):
                return self._facts.call(self.network, lr)
            return torch.cat([self._facts.call(self.network, one) for one in lr.split(1)])


def pad(lr: Tensor, sizes: SizeRequirements) -> Tensor:
    """Return a copy of an LR (N, C, H, W) that the network takes, grown to the right and below."""
    width, height = sizes.get_padding(lr.shape[-1], lr.shape[-2])
    if not (width or height):
        return lr.clone()  # RCAN multiplies its input in place
    # A reflection reaches no further than the image does; the rest repeats its edge.
    right, below = min(width, lr.shape[-1] - 1), min(height, lr.shape[-2] - 1)
    lr = F.pad(lr, (0, right, 0, below), "reflect")
    return F.pad(lr, (0, width - right, 0, height - below), "replicate")
