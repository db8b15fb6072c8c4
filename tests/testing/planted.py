"""A sound plugin of each kind, to plant faults into."""

from __future__ import annotations

from dataclasses import dataclass

CONFIG = """\
from dataclasses import dataclass

from sr_toolkit.api import option


@dataclass(frozen=True, kw_only=True)
class Config:
    width: int = option(8, help="Feature channels.")
    factor: float = option(1.0, help="Of the residual.")

    def __post_init__(self):
        if self.width < 1:
            raise ValueError(f"width must be at least 1, received {self.width}")
"""

MODEL = {
    "plugin": """\
from sr_toolkit.api import ModelSpec

SPEC = ModelSpec(
    api=(1, 0),
    summary="A small network of the tests.",
    scales=(2, 3),
    generator="planted_network:build",
    config="planted_config:Config",
    recipes={"quick": "planted_recipes:QUICK", "paper": "planted_recipes:QUICK"},
    license="MIT",
)
""",
    "config": CONFIG,
    "recipes": """\
from sr_toolkit.api import LossTerm, Phase, Recipe

QUICK = Recipe(phases={"psnr": Phase(steps=10, crop=48, losses={"l1": LossTerm()})})
""",
    "network": """\
import os
import random

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from sr_toolkit.api import Generator


def build(config, scales):
    return Net(config, scales)


class Net(Generator):
    stages = {"body": ("body.*",)}

    def __init__(self, config, scales):
        super().__init__()
        self.config, self.scales = config, scales
        scale = scales[-1]
        self.head = nn.Conv2d(3, config.width, 3, padding=1)
        self.body = nn.Conv2d(config.width, config.width, 3, padding=1)
        self.tail = nn.Conv2d(config.width, 3 * scale**2, 3, padding=1)
        # more layers

    def forward(self, lr, scale=None):
        scale = scale or self.scales[-1]
        x = F.relu(self.head(lr))
        x = x + F.relu(self.body(x))
        sr = F.pixel_shuffle(self.tail(x), scale) * self.config.factor
        sr = sr + F.interpolate(lr, scale_factor=scale, mode="nearest")
        return sr

    def receptive_field(self, scale):
        return 3
""",
}

LOSS = {
    "plugin": """\
from sr_toolkit.api import ComponentSpec

SPEC = ComponentSpec(
    api=(1, 0),
    summary="A loss of the tests.",
    factory="planted_network:Part",
    config="planted_config:Config",
)
""",
    "config": CONFIG,
    "network": """\
import torch

from sr_toolkit.api import Loss


class Part(Loss):
    def __init__(self, config):
        super().__init__()
        self.config = config

    def forward(self, sr, hr):
        error = ((sr - hr) ** 2 + 1e-6).sqrt()
        return error.mean() * self.config.factor
""",
}

GAME = {
    **LOSS,
    "network": """\
import torch
from torch.nn import functional as F

from sr_toolkit.api import AdversarialLoss


class Part(AdversarialLoss):
    def __init__(self, config):
        super().__init__()

    def generator(self, real, fake):
        return F.softplus(-fake).mean()

    def discriminator(self, real, fake):
        return F.softplus(-real).mean() + F.softplus(fake).mean()
""",
}

DISCRIMINATOR = {
    **LOSS,
    "network": """\
import torch
from torch import nn
from torch.nn import functional as F

from sr_toolkit.api import Discriminator


class Part(Discriminator):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.first = nn.Conv2d(3, config.width, 4, stride=2)
        self.last = nn.Conv2d(config.width, 1, 3)
        # more layers

    def forward(self, image, lr=None):
        x = F.leaky_relu(self.first(image), 0.2)
        return self.last(x)
""",
}

METRIC = {
    **LOSS,
    "network": """\
import numpy as np

from sr_toolkit.api import Metric


class Part(Metric):
    name = "mean-error"
    higher_is_better = False
    concurrent = True

    def __init__(self, config):
        self.seen = []

    def score(self, sr, hr):
        sr, hr = sr.astype(float), hr.astype(float)
        return float(np.abs(sr - hr).mean())
""",
}

DATASET = {
    **LOSS,
    "network": """\
import hashlib

import numpy as np

from sr_toolkit.api import DataError, Dataset


class Part(Dataset):
    name = "stripes"
    kind = "paired"

    def __init__(self, config):
        self.names = [f"image-{number}" for number in range(6)]

    def __len__(self):
        return len(self.names)

    def image(self, index):
        rng = np.random.default_rng(index)
        if not 0 <= index < 6:
            raise IndexError(index)
        small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        return small.repeat(8, axis=0).repeat(8, axis=1)

    def lr(self, index, scale):
        if scale not in (2, 4):
            raise DataError(f"no LR at x{scale}")
        return self.image(index)[::scale, ::scale]

    def label(self, index):
        return self.names[index]

    def fingerprint(self):
        return hashlib.sha256(b"stripes").hexdigest()
""",
}

STEP = {
    **LOSS,
    "network": """\
import numpy as np
import torch

from sr_toolkit.api import Drawn, Operation, Span


class Part(Operation):
    def __init__(self, config):
        self.config = config

    def draw(self, rng, count):
        return Drawn({"gain": 0.8 + 0.4 * rng.random(count)})

    def apply(self, x, drawn, frame):
        gain = torch.from_numpy(drawn.arrays["gain"]).to(x)[:, None, None, None]
        y = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
        return y * gain

    def reach(self, span):
        return 1 / span.low, span
""",
}

SOUND = {
    "model": MODEL,
    "loss": LOSS,
    "game": GAME,
    "discriminator": DISCRIMINATOR,
    "metric": METRIC,
    "dataset": DATASET,
    "degradation": STEP,
}
"""What is sound: name to modules. `game` is an adversarial loss."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: what is wrong.
        what: the sound plugin that it is planted into.
        found_by: the check.
        changes: (module, text, other text) for each place.
    """

    name: str
    what: str
    found_by: str
    changes: tuple[tuple[str, str, str], ...]


def fault(name: str, what: str, found_by: str, *changes: tuple[str, str, str]) -> Fault:
    return Fault(name, what, found_by, changes)
