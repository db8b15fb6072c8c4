"""Which networks are cut into tiles, and that tiles are the whole image."""

from __future__ import annotations

import pytest
import torch
from spandrel_networks import SMALL, make

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.interfaces import Generator
from sr_toolkit.upscaling.upscaler import Upscaler
from srtk_spandrel.keys import PREFIX, read_keys

TILED = ("Compact", "DnCNN", "ESRGAN", "MoSR", "PLKSR", "SPAN", "SwiftSRGAN")


def opened(name: str, **changes: object) -> Generator:
    config, scales, state = read_keys(make(name, **changes).state_dict())
    generator = build_generator("spandrel", config, scales)
    generator.load_state_dict(state)
    return generator.eval()


@pytest.mark.parametrize("name", TILED)
def test_tiles_are_the_whole_image(name: str) -> None:
    generator = opened(name)
    radius = generator.receptive_field(generator.scales[0])
    assert radius is not None and radius > 2
    lr = torch.rand(1, 3, 3 * radius + 9, 2 * radius + 23)
    upscaler = Upscaler(generator)
    whole = upscaler.tensor(lr, tile=None)
    tiled = upscaler.tensor(lr, tile=16)
    torch.testing.assert_close(tiled, whole, rtol=0, atol=2e-6 * float(whole.abs().max()))
    assert whole.std() > 1e-3


@pytest.mark.parametrize("name", TILED)
def test_the_radius_is_not_too_large_either(name: str) -> None:
    """A gradient in float64 reaches so far, or nearly: what it loses is cancelled, not unseen."""
    # PLKSR lets a gradient through in training alone; DnCNN's batch norm would see all of it.
    generator = opened(name).double().train(name == "PLKSR")
    scale = generator.scales[0]
    radius = generator.receptive_field(scale)
    assert radius is not None
    side = 2 * radius + 9
    lr = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    middle = side // 2 * scale
    generator(lr)[..., middle, middle].sum().backward()
    assert lr.grad is not None
    seen = lr.grad.abs().amax((0, 1)).nonzero()
    furthest = int((seen - side // 2).abs().max())
    assert radius - 1 <= furthest <= radius


def test_radius_of_known_networks() -> None:
    assert opened("Compact").receptive_field(2) == 4  # four convolutions of 3×3
    assert opened("Compact", num_conv=5).receptive_field(2) == 7
    from srtk_esrgan.config import GeneratorConfig
    from srtk_esrgan.generator import build

    ours = build(GeneratorConfig(blocks=1, features=8), (4,)).receptive_field(4)
    assert opened("ESRGAN", scale=4).receptive_field(4) == ours


@pytest.mark.parametrize("name", ["HAT", "NAFNet", "RCAN", "RealPLKSR", "SAFMN", "SwinIR"])
def test_what_is_not_cut_of_each_kind(name: str) -> None:
    """Attention, a grid and global pooling, group norm, folded pixels, spandrel's own advice."""
    generator = opened(name)
    assert generator.receptive_field(generator.scales[0]) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL.keys() - set(TILED)))
def test_what_is_not_cut(name: str) -> None:
    generator = opened(name)
    assert generator.receptive_field(generator.scales[0]) is None


def test_it_would_not_be_the_same() -> None:
    """That the networks above need their whole image is no caution: in tiles, they differ."""
    for name in ("RCAN", "SAFMN", "HAT", "NAFNet"):
        generator = opened(name)
        lr = torch.rand(1, 3, 48, 48)
        with torch.inference_mode():
            scale = generator.scales[0]
            whole = generator(lr)[..., 24 * scale : 28 * scale, 24 * scale : 28 * scale]
            window = generator(lr[..., 3:, 3:])[
                ..., 21 * scale : 25 * scale, 21 * scale : 25 * scale
            ]
        assert (whole - window).abs().max() > 1e-5 * whole.abs().max(), name


def test_probing_leaves_the_generator_as_it_was() -> None:
    generator = opened("SPAN").train()
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    state = torch.get_rng_state()
    generator.receptive_field(2)
    assert generator.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[key], value) for key, value in generator.state_dict().items())
    assert all(key.startswith(PREFIX) for key in before)
