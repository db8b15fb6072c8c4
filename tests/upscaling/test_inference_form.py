"""A loaded generator takes its quickest form, equal to the trained one; all scales at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from made import generator, metadata
from torch import nn
from torch.nn import functional as F

from sr_toolkit import checkpoint
from sr_toolkit.errors import ImageError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.upscaling.upscaler import Upscaler, load

LR = torch.rand(1, 3, 11, 14, generator=torch.Generator().manual_seed(0))


class Pyramid(Generator):
    """One network of three scales: an image plus a bias of its own at each."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.config, self.scales = SimpleNamespace(), (2, 4, 8)
        self.channels, self.size_multiple = (channels, channels), 4
        self.bias = nn.Parameter(torch.tensor([0.1, 0.2, 0.3]))
        self.passes = 0

    def forward(self, lr: torch.Tensor, scale: int | None = None) -> torch.Tensor:
        return self.all_scales(lr)[scale or 8]

    def all_scales(self, lr: torch.Tensor) -> dict[int, torch.Tensor]:
        assert lr.shape[1] == self.channels[0]
        assert not lr.shape[-1] % 4 and not lr.shape[-2] % 4, lr.shape
        self.passes += 1
        return {
            scale: F.interpolate(lr, scale_factor=scale) + bias
            for scale, bias in zip(self.scales, self.bias, strict=True)
        }

    def receptive_field(self, scale: int) -> int:
        return 1


def saved(path: Path, module: Generator) -> Path:
    checkpoint.save(path, module, metadata(module))
    return path


@pytest.fixture
def srresnet(tmp_path: Path) -> tuple[Generator, Path]:
    module = generator(4, variant="srresnet", blocks=2)
    return module, saved(tmp_path / "srresnet.safetensors", module)


def test_a_loaded_network_is_fused_and_equal(srresnet: tuple[Generator, Path]) -> None:
    module, path = srresnet
    upscaler = load(path, device="cpu")
    assert any(isinstance(part, nn.BatchNorm2d) for part in module.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in upscaler.generator.modules())
    with torch.inference_mode():
        expected = module(LR)
    assert expected.std() > 0.05
    bound = 1e-5 * max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(upscaler.tensor(LR), expected, rtol=0, atol=bound)


def test_parameters_are_those_that_were_trained(srresnet: tuple[Generator, Path]) -> None:
    """A table of scores must not call a network smaller for having been fused."""
    module, path = srresnet
    upscaler = load(path, device="cpu")
    assert upscaler.parameters() == sum(p.numel() for p in module.parameters())
    assert upscaler.parameters() > sum(p.numel() for p in upscaler.generator.parameters())


def test_a_network_in_training_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A validator's upscaler runs the very object that is trained, in the layout it has."""
    module = generator(4, variant="srresnet")
    monkeypatch.setattr(module, "channels_last", True)
    strides = [parameter.stride() for parameter in module.parameters()]
    upscaler = Upscaler(module, Hardware.choose("cpu", "fp32"))
    upscaler.tensor(LR)
    assert upscaler.generator is module
    assert [parameter.stride() for parameter in module.parameters()] == strides
    assert not upscaler.hardware.channels_last


@pytest.mark.parametrize("variant", ["msrresnet", "srresnet"])
def test_channels_last_where_the_generator_asks_for_it(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = generator(4, variant=variant)
    path = saved(tmp_path / "network.safetensors", module)
    monkeypatch.setattr(type(module), "channels_last", False)
    plain = load(path, device="cpu")
    monkeypatch.setattr(type(module), "channels_last", True)
    upscaler = load(path, device="cpu")
    assert not plain.hardware.channels_last
    assert upscaler.hardware.channels_last
    convolutions = [part for part in upscaler.generator.modules() if isinstance(part, nn.Conv2d)]
    assert convolutions
    for part in convolutions:
        assert part.weight.is_contiguous(memory_format=torch.channels_last)
    expected = plain.tensor(LR)
    bound = 1e-5 * max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(upscaler.tensor(LR), expected, rtol=0, atol=bound)
    assert torch.equal(upscaler.tensor(LR), load(path, device="cpu").tensor(LR))


@pytest.mark.parametrize("image", [torch.rand(3, 4, 4), torch.zeros(1, 3, 4, 4).byte(), "photo"])
def test_all_scales_takes_tensors_alone(image: Any) -> None:
    with pytest.raises(ImageError, match="all_scales takes a float tensor"):
        Upscaler(generator(4)).all_scales(image)


@pytest.mark.parametrize(("channels", "image"), [(3, 3), (3, 1), (1, 3), (1, 1)])
def test_all_scales_at_once_are_each_scale(channels: int, image: int) -> None:
    upscaler = Upscaler(Pyramid(channels))
    network = upscaler.generator
    assert isinstance(network, Pyramid)
    lr = LR[:, :image].double()  # any float type is taken
    found = upscaler.all_scales(lr)
    assert network.passes == 1
    assert list(found) == [2, 4, 8]
    for scale, sr in found.items():
        assert sr.shape == (1, image, 11 * scale, 14 * scale)
        assert torch.equal(sr, upscaler.tensor(lr, scale=scale))
    assert not torch.equal(found[2], found[4][..., ::2, ::2])


def test_all_scales_of_a_network_of_one() -> None:
    upscaler = Upscaler(generator(3))
    [(scale, sr)] = upscaler.all_scales(LR).items()
    assert scale == 3
    assert torch.equal(sr, upscaler.tensor(LR))
