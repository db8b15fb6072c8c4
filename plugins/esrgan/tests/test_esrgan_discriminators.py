"""The discriminators against their published layers, and on any crop."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.api import ImageError
from srtk_esrgan.config import UNetConfig, VGGConfig
from srtk_esrgan.discriminators import UNetDiscriminator, VGGDiscriminator128


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def vgg(**settings: object) -> VGGDiscriminator128:
    torch.manual_seed(0)
    return VGGDiscriminator128(VGGConfig(**{"features": 4, "hidden": 8, **settings}))


def unet(**settings: object) -> UNetDiscriminator:
    torch.manual_seed(0)
    return UNetDiscriminator(UNetConfig(**{"features": 4, **settings}))


def test_parameters_of_vgg128() -> None:
    """Counted from the paper's description: norm has the bias, but in the first convolution."""
    widths = [3, 64, 128, 256, 512, 512]
    expected = 64 - 2 * 64  # the first convolution's bias, and its missing norm
    for inputs, outputs in itertools.pairwise(widths):
        expected += inputs * outputs * 9 + outputs * outputs * 16 + 4 * outputs
    expected += (512 * 4 * 4 + 1) * 100 + 100 + 1
    with torch.device("meta"):
        assert count(VGGDiscriminator128(VGGConfig())) == expected == 14_499_401


def test_vgg128_is_its_description_written_with_functions() -> None:
    network = vgg().eval()
    for name, buffer in network.named_buffers():
        if "running" in name:  # a forgotten norm would show
            buffer.uniform_(0.5, 1.5)
    state = network.state_dict()
    image = torch.rand(2, 3, 128, 128)
    x = image
    for stage in range(5):
        for place, stride in ((0, 1), (1, 2)):
            key = f"{stage}_{place}"
            bias = state.get(f"conv{key}.bias")
            x = F.conv2d(x, state[f"conv{key}.weight"], bias, stride, padding=1)
            if key != "0_0":
                mean, variance = (
                    state[f"bn{key}.running_{of}"][:, None, None] for of in ("mean", "var")
                )
                x = (x - mean) / (variance + 1e-5).sqrt()  # fresh: scaled by 1, moved by 0
            x = torch.where(x > 0, x, 0.2 * x)
    assert x.shape == (2, 32, 4, 4)
    x = F.linear(x.reshape(2, -1), state["linear1.weight"], state["linear1.bias"])
    x = torch.where(x > 0, x, 0.2 * x)
    expected = F.linear(x, state["linear2.weight"], state["linear2.bias"])
    torch.testing.assert_close(network(image), expected)


def test_pooling_changes_nothing_at_128() -> None:
    plain, pooled = vgg().eval(), vgg(pooling=True).eval()
    image = torch.rand(2, 3, 128, 128)
    torch.testing.assert_close(plain(image), pooled(image))


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (96, 72), (200, 150)])
def test_vgg_takes_any_crop_by_pooling(size: tuple[int, int]) -> None:
    network = vgg(pooling=True)
    logits = network(torch.rand(3, 3, *size))
    assert logits.shape == (3, 1)
    learns(network, logits)


def test_vgg_refuses_other_sizes() -> None:
    with pytest.raises(ImageError, match=r"128×128, received 96×64.*pooling to true\.$"):
        vgg()(torch.rand(1, 3, 64, 96))
    with pytest.raises(ImageError, match="at least 32 pixels a side, received 96×31"):
        vgg(pooling=True)(torch.rand(1, 3, 31, 96))


def test_parameters_of_the_unet() -> None:
    with torch.device("meta"):
        assert count(UNetDiscriminator(UNetConfig())) == 4_376_897  # as BasicSR's


@pytest.mark.parametrize("skips", [True, False])
def test_the_unet_is_its_description_written_with_functions(skips: bool) -> None:
    network = unet(skips=skips).eval()
    image = torch.rand(2, 3, 32, 48)

    def conv(x: Tensor, number: int, stride: int = 1) -> Tensor:
        layer = network.get_submodule(f"conv{number}")
        x = F.conv2d(x, layer.weight, layer.bias, stride, padding=1)
        return torch.where(x > 0, x, 0.2 * x) if number < 9 else x

    def double(x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    with torch.no_grad():
        down = [conv(image, 0)]
        for number in (1, 2, 3):
            down.append(conv(down[-1], number, 2))
        x = down[3]
        for number in (4, 5, 6):
            x = conv(double(x), number)
            if skips:
                x = x + down[6 - number]
        expected = conv(conv(conv(x, 7), 8), 9)
        assert expected.shape == (2, 1, 32, 48)
        torch.testing.assert_close(network(image), expected)


def test_spectral_norm_holds_eight_layers() -> None:
    network = unet()
    for _ in range(30):  # power iterations
        network(torch.rand(1, 3, 16, 16))
    for number in range(1, 9):
        weight = network.get_submodule(f"conv{number}").weight.detach().flatten(1)
        assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(1, abs=0.05)
    assert not hasattr(network.conv0, "parametrizations")
    assert not hasattr(network.conv9, "parametrizations")


@pytest.mark.parametrize("size", [(8, 8), (9, 15), (72, 96), (101, 64)])
def test_the_unet_takes_any_crop(size: tuple[int, int]) -> None:
    network = unet()
    logits = network(torch.rand(2, 3, *size))
    assert logits.shape == (2, 1, *size)
    learns(network, logits)


def test_the_unet_refuses_what_is_too_small() -> None:
    with pytest.raises(ImageError, match="at least 8 pixels a side, received 16×7"):
        unet()(torch.rand(1, 3, 7, 16))


@pytest.mark.parametrize("network", [vgg(pooling=True), unet()], ids=["esrgan-vgg", "unet"])
def test_finite_in_bf16(network: torch.nn.Module) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(torch.rand(2, 3, 40, 40))
        assert torch.isfinite(logits).all()
        learns(network, logits.float())


def test_gray_images_and_what_is_refused() -> None:
    assert unet(channels=1)(torch.rand(1, 1, 16, 16)).shape == (1, 1, 16, 16)
    with pytest.raises(ValueError, match="features must be at least 1, received 0"):
        UNetConfig(features=0)


def learns(network: torch.nn.Module, logits: Tensor) -> None:
    F.softplus(-logits).mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name
