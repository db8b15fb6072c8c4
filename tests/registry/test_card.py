"""`srtk models show`: parameters, multiply-adds and radius, against papers and counts by hand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from distributions import write_model

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.interfaces import Generator
from sr_toolkit.upscaling.card import describe_model
from sr_toolkit.upscaling.cost import multiply_adds

Srtk = Callable[..., Any]

GROWING = """\
from sr_toolkit.api import ModelSpec

SPEC = ModelSpec(
    api={api}, summary="A model that grows.", scales=(2, 4, 8), grows=True,
    generator="growing_network:build", config="growing_network:Config",
)
"""
NETWORK = """\
from dataclasses import dataclass
import torch
from torch import nn
from torch.nn import functional as F
from sr_toolkit.api import Generator

@dataclass(frozen=True, kw_only=True)
class Config:
    pass

class Growing(Generator):
    size_multiple = 4

    def __init__(self, config, scales):
        super().__init__()
        self.config, self.scales = config, scales
        self.heads = nn.ModuleDict({str(s): nn.Conv2d(3, 3, 1, bias=False) for s in scales})

    def forward(self, lr, scale=None):
        scale = scale or self.scales[-1]
        return self.heads[str(scale)](F.interpolate(lr, scale_factor=scale))

    def receptive_field(self, scale):
        return None

def build(config, scales):
    return Growing(config, scales)
"""


def on_meta(model: str, config: dict[str, Any], scale: int) -> Generator:
    with torch.device("meta"):
        return build_generator(model, config, (scale,))


def sizes(name: str) -> dict[tuple[str, int], dict[str, Any]]:
    return {(size["variant"], size["scale"]): size for size in describe_model(name)["sizes"]}


def test_published_sizes() -> None:
    """Ahn et al. (CARN, ECCV 2018) print 127.8 G for SRResNet ×4 and an SR of 1280×720.

    MSRResNet is their EDSR-baseline with one more convolution of 64 channels at SR size and no
    other at LR size, ×4: 114.2 G, 1,518 thousand parameters.
    """
    srgan = sizes("srgan")
    assert srgan["msrresnet", 4]["parameters"] == 1_517_571
    assert [round(srgan["msrresnet", scale]["parameters"], -3) for scale in (2, 3)] == [
        1_370_000,
        1_554_000,
    ]
    assert srgan["srresnet", 4]["multiply_adds"] == pytest.approx(127.8e9, rel=5e-4)
    edsr = 114.2e9
    at_sr, at_lr = 9 * 64 * 64 * 1280 * 720, 9 * 64 * 64 * 320 * 180
    assert srgan["msrresnet", 4]["multiply_adds"] == pytest.approx(edsr + at_sr - at_lr, rel=5e-4)
    rrdbnet = on_meta("esrgan", {}, 4)
    assert sum(parameter.numel() for parameter in rrdbnet.parameters()) == 16_697_987
    assert multiply_adds(rrdbnet, 4) == pytest.approx(1.03e12, rel=5e-3)


@pytest.mark.parametrize(("scale", "factors"), [(2, [2]), (3, [3]), (4, [2, 2]), (8, [2, 2, 2])])
def test_multiply_adds_by_hand(scale: int, factors: list[int]) -> None:
    """Kernel · channels in · channels out · pixels, one convolution after another."""
    blocks, width = 2, 8
    pixels = math.ceil(720 / scale) * math.ceil(1280 / scale)
    expected = 9 * 3 * width * pixels + blocks * 2 * 9 * width * width * pixels
    for factor in factors:
        expected += 9 * width * (width * factor**2) * pixels
        pixels *= factor**2
    expected += 9 * width * width * pixels + 9 * width * 3 * pixels
    assert multiply_adds(on_meta("srgan", {"blocks": 2, "features": 8}, scale), scale) == expected


def test_a_folding_network_gets_sides_that_fold() -> None:
    """RRDBNet ×2: 2×2 pixels become 12 channels, and an SR of 18×10 asks for an LR of 10×6."""
    network = on_meta("esrgan", {"blocks": 1, "features": 4, "growth": 2}, 2)
    pixels = (10 // 2) * (6 // 2)
    dense = sum(9 * (4 + 2 * n) * 2 for n in range(4)) + 9 * (4 + 2 * 4) * 4
    expected = (9 * 12 * 4 + 3 * dense + 9 * 4 * 4) * pixels
    expected += 9 * 4 * 4 * 4 * pixels + (9 * 4 * 4 * 2 + 9 * 4 * 3) * 16 * pixels
    assert multiply_adds(network, 2, (10, 18)) == expected


def test_a_network_that_needs_values_has_no_count() -> None:
    """An operation that needs values cannot run on the meta device: no count, and no error."""
    network = on_meta("srgan", {"blocks": 1, "features": 2}, 2)
    network.forward = lambda lr, scale=None: lr.sum().item()
    assert multiply_adds(network, 2) is None


def test_one_network_for_several_scales_has_the_smaller_ones_too(site: Path, srtk: Srtk) -> None:
    write_model(site, "growing", "growing", source=GROWING)
    (site / "growing_network.py").write_text(NETWORK)
    card = json.loads(srtk("models", "show", "growing", "--json").out)
    assert card["multiply_adds_output"] == [1280, 720]
    assert [size["parameters"] for size in card["sizes"]] == [9, 18, 27]
    # LR of 360×640, 180×320 and 90×160, the last one padded to 92.
    pixels = [720 * 1280, 720 * 1280, 736 * 1280]
    assert [size["multiply_adds"] for size in card["sizes"]] == [9 * count for count in pixels]
    assert {size["receptive_field"] for size in card["sizes"]} == {None}
    shown = srtk("models", "show", "growing").out
    assert re.search(r"default +×8 +27 +0\.0 G +whole image\n", shown)


def test_the_table_shows_them(srtk: Srtk) -> None:
    shown = srtk("models", "show", "srgan").out
    assert "multiply-adds for an SR of 1280×720" in shown
    assert re.search(r"msrresnet +×4 +1,517,571 +146\.1 G +35\n", shown)
    assert re.search(r"srresnet +×4 +1,547,350 +127\.8 G +40\n", shown)
    assert re.search(r"default +×4 +0 +– +2\n", srtk("models", "show", "bicubic").out)


@pytest.mark.parametrize("config", [{"variant": "msrresnet"}, {"variant": "srresnet"}])
def test_the_radius_is_what_a_gradient_sees(config: dict[str, Any]) -> None:
    """The network in float64 with positive weights: nothing cancels, nothing is cut off."""
    network = build_generator("srgan", {**config, "blocks": 3, "features": 2}, (4,)).double()
    for parameter in network.parameters():
        parameter.data.uniform_(0.1, 1)
    for fused in (network.eval(), network.fused()):
        radius = fused.receptive_field(4)
        assert radius is not None
        side = 2 * radius + 5
        lr = torch.rand(1, 3, side, side).double().requires_grad_()
        middle = side // 2 * 4
        fused(lr)[..., middle : middle + 4, middle : middle + 4].sum().backward()
        assert lr.grad is not None
        rows, columns = lr.grad.abs().sum((0, 1)).nonzero(as_tuple=True)
        measured = max((rows - side // 2).abs().max(), (columns - side // 2).abs().max())
        assert measured == radius
