"""The core's discriminators: any crop, the condition, norms, and the bound of spectral norm."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from sr_toolkit.discriminators.layers import judged
from sr_toolkit.errors import ConfigError, ImageError
from sr_toolkit.images.resize_torch import resize_tensor
from sr_toolkit.interfaces import Discriminator
from sr_toolkit.registry import build

SMALLEST = {"patch": 24, "vgg": 17}


def make(name: str, **settings: Any) -> Discriminator:
    torch.manual_seed(0)
    discriminator: Discriminator = build("discriminator", name, {"features": 8, **settings})
    return discriminator


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_any_crop_down_to_the_smallest(name: str, norm: str) -> None:
    discriminator, side = make(name, norm=norm), SMALLEST[name]
    for height, width in ((side, side), (side, 50), (64, 41)):
        logits = discriminator(torch.rand(2, 3, height, width))
        shape = (2, 1) if name == "vgg" else (2, 1, height // 8 - 2, width // 8 - 2)
        assert logits.shape == shape
        assert logits.isfinite().all()
    with pytest.raises(ImageError, match=f"at least {side} pixels.*{side}×{side - 1}.*crop"):
        discriminator(torch.rand(2, 3, side - 1, side))


@pytest.mark.parametrize("n_layers", [1, 2, 4])
def test_layers_of_patch(n_layers: int) -> None:
    discriminator = make("patch", n_layers=n_layers)
    convolutions = [m for m in discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == n_layers + 2
    assert max(c.out_channels for c in convolutions) == 8 * min(2**n_layers, 8)
    side = 3 * 2**n_layers
    assert discriminator(torch.rand(2, 3, side, side)).shape == (2, 1, 1, 1)


def test_patch_by_default_is_the_papers() -> None:
    discriminator = build("discriminator", "patch")
    convolutions = [m for m in discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [64, 128, 256, 512, 1]
    assert [c.stride[0] for c in convolutions] == [2, 2, 2, 1, 1]
    assert sum(p.numel() for p in discriminator.parameters()) == 2_765_633
    # What pix2pix (image and condition) and CycleGAN (instance norm) print: 2.769 M and 2.765 M.
    pix2pix = build("discriminator", "patch", {"conditional": True})
    assert sum(p.numel() for p in pix2pix.parameters()) == 2_768_705
    cyclegan = build("discriminator", "patch", {"norm": "instance"})
    assert sum(p.numel() for p in cyclegan.parameters()) == 2_764_737
    image = torch.zeros(1, 3, 128, 128, requires_grad=True)
    (slope,) = torch.autograd.grad(discriminator.eval()(image)[0, 0, 6, 6], image)
    rows = slope.abs().sum((0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 70


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_every_parameter_gets_a_gradient(name: str, norm: str, spectral: bool) -> None:
    discriminator = make(name, norm=norm, spectral=spectral)
    # Squared: an instance norm takes the mean of its maps away, and a bias with it.
    discriminator(torch.rand(4, 3, 48, 48)).square().mean().backward()
    for key, parameter in discriminator.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.abs().sum() > 0, key


@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_condition(name: str) -> None:
    image, lr = torch.rand(2, 3, 48, 48), torch.rand(2, 3, 12, 12)
    plain = make(name).eval()
    assert not plain.conditional
    assert torch.equal(plain(image, lr), plain(image))
    conditional = make(name, conditional=True).eval()
    assert conditional.conditional
    first = next(m for m in conditional.modules() if isinstance(m, nn.Conv2d))
    assert first.in_channels == 6
    assert not torch.allclose(conditional(image, lr), conditional(image, lr.flip(-1)))
    assert not torch.allclose(conditional(image, lr), conditional(image.flip(-1), lr))
    with pytest.raises(ValueError, match="conditional: call it with the LR"):
        conditional(image)


def test_what_the_first_convolution_sees() -> None:
    image, lr = torch.rand(1, 3, 16, 24), torch.rand(1, 3, 4, 6)
    seen = judged(image, lr, conditional=True, side=8, who="test")
    expected = torch.cat((image, resize_tensor(lr, scale=4)), 1) * 2 - 1
    torch.testing.assert_close(seen, expected)
    torch.testing.assert_close(
        judged(image, lr, conditional=False, side=8, who="test"), image * 2 - 1
    )


@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_spectral_norm_bounds_every_layer(name: str) -> None:
    discriminator = make(name, spectral=True, norm="none")
    layers = [m for m in discriminator.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    for layer in layers:  # far from 1 without the norm
        layer.parametrizations.weight.original.data *= 30
    for _ in range(30):
        discriminator(torch.rand(1, 3, 32, 32))
    discriminator.eval()
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert largest == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_state_goes_round(name: str) -> None:
    settings = {"spectral": True, "conditional": True, "channels": 1}
    first, image, lr = make(name, **settings), torch.rand(2, 1, 32, 32), torch.rand(2, 1, 8, 8)
    first(image, lr)
    torch.manual_seed(9)
    second = build("discriminator", name, {"features": 8, **settings})
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.eval()(image, lr), second.eval()(image, lr))


@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_runs_in_half_precision(name: str) -> None:
    discriminator = make(name, spectral=True)
    with torch.autocast("cpu", torch.bfloat16):
        logits = discriminator(torch.rand(2, 3, 32, 32))
    logits.float().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in discriminator.parameters())


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(ConfigError, match="n_layers must be at least 1, received 0"):
        build("discriminator", "patch", {"n_layers": 0})
    with pytest.raises(ConfigError, match="hidden must be at least 1"):
        build("discriminator", "vgg", {"hidden": 0})
    with pytest.raises(ConfigError, match="norm"):
        build("discriminator", "vgg", {"norm": "layer"})
