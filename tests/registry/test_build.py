"""Building a part: what the caller offers fills only settings that the part has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from distributions import write_distribution
from made import TINY_TRAINING

import sr_toolkit as sr
from sr_toolkit.errors import ConfigError
from sr_toolkit.registry import build


def test_an_offer_fills_a_free_setting_and_no_other() -> None:
    offered = {"features": 4, "channels": 1, "nothing of its own": 3}
    assert build("discriminator", "srgan", offered=offered).config.channels == 1
    settled = build("discriminator", "srgan", {"features": 8}, offered).config
    assert (settled.features, settled.channels) == (8, 1)


def test_an_offer_is_held_to_the_schema() -> None:
    with pytest.raises(ConfigError, match=r"srgan\.channels"):
        build("discriminator", "srgan", offered={"channels": "many"})
    with pytest.raises(ConfigError, match="nothing"):
        build("metric", "psnr", {"nothing": 3})


PLUGIN = """\
from sr_toolkit.api import ComponentSpec

LOSS = ComponentSpec(
    api=(1, 0), summary="x", factory="{module}_parts:Fourth", config="{module}_parts:Config"
)
JUDGE = ComponentSpec(
    api=(1, 0), summary="x", factory="{module}_parts:Judge", config="{module}_parts:Config"
)
"""
PARTS = """\
from dataclasses import dataclass

from torch import nn

from sr_toolkit.api import Discriminator, Loss, option


@dataclass(frozen=True, kw_only=True)
class Config:
    width: int = option(4, help="Width.")


class Fourth(Loss):
    def __init__(self, config):
        super().__init__()

    def forward(self, sr, hr, **extra):
        return (sr - hr).pow(4).mean()


class Judge(Discriminator):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.net = nn.Sequential(nn.Conv2d(3, config.width, 3), nn.Conv2d(config.width, 1, 3))

    def forward(self, image, lr=None):
        return self.net(image)
"""


def test_a_recipe_names_a_plugins_loss_and_discriminator(site: Path, tmp_path: Path) -> None:
    """No edit in any tree: an installed distribution is all it takes."""
    points = {
        "srtk.losses": {"fourth": "acme:LOSS"}, "srtk.discriminators": {"acme-judge": "acme:JUDGE"}
    }  # fmt: skip
    modules = {"acme": PLUGIN.replace("{module}", "acme"), "acme_parts": PARTS}
    write_distribution(site, "acme", points=points, modules=modules)
    run = sr.train(
        "srgan", preset="quick", data="sample", out=tmp_path / "run", quiet=True,
        settings=(
            *TINY_TRAINING, "phases.psnr.losses={fourth: {weight: 2}}",
            "phases.gan.adversarial.discriminator=acme-judge",
            "phases.gan.adversarial.config={width: 6}",
        ),
    )  # fmt: skip
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    assert any("fourth" in line for line in lines)
    assert (run.path / "gan" / "discriminator.safetensors").is_file()
