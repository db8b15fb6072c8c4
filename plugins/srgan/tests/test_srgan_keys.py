"""Weights of other programs: their networks, written from their descriptions, against ours."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import sr_toolkit as sr
from sr_toolkit.api import CheckpointError, ConfigError, Generator, build_generator
from srtk_srgan.config import GeneratorConfig
from srtk_srgan.generator import build
from srtk_srgan.keys import read_keys, write_keys


class PlainBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(64, 64, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = nn.PReLU()
        self.conv2 = nn.Conv2d(64, 64, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(64)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bn2(self.conv2(self.prelu(self.bn1(self.conv1(x)))))


class PlainStep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(64, 64 * 4, kernel_size=3, padding=1)
        self.pixel_shuffle = nn.PixelShuffle(2)
        self.prelu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.prelu(self.pixel_shuffle(self.conv(x)))


class PlainGenerator(nn.Module):
    """SRResNet as plain PyTorch implementations of SRGAN have it."""

    def __init__(self, scale: int, blocks: int, normed: bool = True) -> None:
        super().__init__()
        self.blocks = blocks
        self.block1 = nn.Sequential(nn.Conv2d(3, 64, kernel_size=9, padding=4), nn.PReLU())
        for number in range(2, blocks + 2):
            self.add_module(f"block{number}", PlainBlock())
        merge = nn.Sequential(
            nn.Conv2d(64, 64, kernel_size=3, padding=1),
            nn.BatchNorm2d(64) if normed else nn.PReLU(),
        )
        steps = [PlainStep() for _ in range(int(math.log2(scale)))]
        last = nn.Sequential(*steps, nn.Conv2d(64, 3, kernel_size=9, padding=4))
        self.add_module(f"block{blocks + 2}", merge)
        self.add_module(f"block{blocks + 3}", last)

    def forward(self, x: Tensor) -> Tensor:
        first = x = self.block1(x)
        for number in range(2, self.blocks + 3):
            x = self.get_submodule(f"block{number}")(x)
        out = self.get_submodule(f"block{self.blocks + 3}")(first + x)
        return (torch.tanh(out) + 1) / 2


def plain(scale: int = 4, blocks: int = 5, normed: bool = True) -> PlainGenerator:
    """Return the network in evaluation, every tensor random, the statistics too."""
    torch.manual_seed(scale + blocks)
    network = PlainGenerator(scale, blocks, normed).eval()
    for name, tensor in network.state_dict().items():
        if "running_var" in name or (tensor.ndim == 1 and "weight" in name):
            tensor.uniform_(0.5, 1.5)
        elif tensor.ndim == 1:
            tensor.uniform_(-0.5, 0.5)
    return network


def rebuilt(tensors: dict[str, Tensor], **options: Any) -> Generator:
    config, scales, state = read_keys(tensors, **options)
    network = build_generator("srgan", config, scales)
    network.load_state_dict(state, strict=True)
    return network.eval()


@torch.inference_mode()
def assert_equal(ours: nn.Module, theirs: nn.Module, tolerance: float) -> None:
    lr = torch.rand(2, 3, 9, 12)
    expected = theirs(lr)
    assert expected.std() > 0.02, "a flat image would hide every fault"
    torch.testing.assert_close(ours(lr), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("blocks", [5, 16])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_the_plain_implementation(scale: int, blocks: int, normed: bool) -> None:
    network = plain(scale, blocks, normed)
    ours = rebuilt(network.state_dict())
    assert ours.scales == (scale,)
    assert (ours.config.variant, ours.config.blocks) == ("srresnet", blocks)
    assert_equal(ours, network, 1e-5)


def test_its_size() -> None:
    assert sum(tensor.numel() for tensor in plain().parameters()) == 734_219
    # Published as 735,372, which counts the running means and variances of ten norms.
    tensors = plain(normed=False).state_dict()
    counted = [value.numel() for key, value in tensors.items() if "num_batches" not in key]
    assert sum(counted) == 735_372


def test_biases_before_batch_norm_matter() -> None:
    """The test above would not see their loss if they were small."""
    network = plain()
    ours, lr = rebuilt(network.state_dict()), torch.rand(1, 3, 8, 8)
    for name, tensor in network.state_dict().items():
        if name.endswith((".conv1.bias", ".conv2.bias", "block7.0.bias")):
            tensor.zero_()
    with torch.inference_mode():
        assert (ours(lr) - network(lr)).abs().max() > 1e-2


def test_files_of_before_batches_were_counted() -> None:
    tensors = {k: v for k, v in plain().state_dict().items() if "num_batches" not in k}
    assert_equal(rebuilt(tensors), plain(), 1e-5)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_is_a_model(tmp_path: Path, wrapped: bool) -> None:
    network, path = plain(blocks=2), tmp_path / "netG_epoch_4_100.pth"
    state: dict[str, Any] = dict(network.state_dict())
    if wrapped:
        state = {"epoch": 9, "model": {f"module.{key}": value for key, value in state.items()}}
    torch.save(state, path)
    for word in (path, f"srgan@{path}"):
        upscaler = sr.load(word, device="cpu")
        assert upscaler.source == f"foreign file {path}, recognized by srgan"
        assert_equal(upscaler.generator, network, 1e-5)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("scale", [2, 4])
def test_there_and_back(scale: int, normed: bool) -> None:
    ours = rebuilt(plain(scale, 2, normed).state_dict())
    written = write_keys(ours.state_dict(), ours.config)
    network = PlainGenerator(scale, 2, normed).eval()
    network.load_state_dict(written, strict=True)
    assert_equal(ours, network, 1e-5)
    state = rebuilt(written).state_dict()
    assert all(torch.equal(state[key], value) for key, value in ours.state_dict().items())


class PlainResidual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, 1, 1)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(torch.relu(self.conv1(x)))


class BasicSRNetwork(nn.Module):
    """BasicSR's MSRResNet: activation .1 after every step, a bilinear base."""

    def __init__(self, scale: int, width: int = 16, blocks: int = 3) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first = nn.Conv2d(3, width, 3, 1, 1)
        self.body = nn.Sequential(*(PlainResidual(width) for _ in range(blocks)))
        factors = {2: [2], 3: [3], 4: [2, 2], 8: [2, 2, 2]}[scale]
        self.shuffles = [nn.PixelShuffle(factor) for factor in factors]
        for number, factor in enumerate(factors, start=1):
            self.add_module(f"upconv{number}", nn.Conv2d(width, width * factor**2, 3, 1, 1))
        self.conv_hr = nn.Conv2d(width, width, 3, 1, 1)
        self.conv_last = nn.Conv2d(width, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        lrelu = nn.LeakyReLU(0.1)
        out = self.body(lrelu(self.conv_first(x)))
        for number, shuffle in enumerate(self.shuffles, start=1):
            out = lrelu(shuffle(self.get_submodule(f"upconv{number}")(out)))
        base = F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)
        return self.conv_last(lrelu(self.conv_hr(out))) + base


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("old", [False, True])
def test_basicsr(scale: int, old: bool) -> None:
    torch.manual_seed(scale)
    network = BasicSRNetwork(scale).eval()
    state = dict(network.state_dict())
    if old:
        words = (("body.", "recon_trunk."), ("conv_hr", "HRconv"))
        for new, word in words:
            state = {key.replace(new, word): value for key, value in state.items()}
    ours = rebuilt(state, scale=scale)
    config = GeneratorConfig(variant="msrresnet", blocks=3, features=16)
    assert (ours.config, ours.scales) == (config, (scale,))
    assert_equal(ours, network, 1e-6)
    written = write_keys(ours.state_dict(), ours.config)
    network.load_state_dict(written["params_ema"], strict=True)


def without(state: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if part not in key}


SMALL = BasicSRNetwork(4).state_dict()


@pytest.mark.parametrize(
    ("state", "options", "sentence"),
    [
        ({}, {}, "begins with 'nothing'"),
        ({"fc.weight": torch.zeros(1)}, {}, "This is neither MSRResNet nor SRResNet"),
        (without(SMALL, "conv_hr"), {}, r"missing 'conv_hr.weight' and 1 more\."),
        (without(SMALL, "body"), {}, "missing 'body.0.conv1.weight' and 3 more"),
        (without(SMALL, "upconv"), {}, "enlarges in 0 steps"),
        ({**SMALL, "extra": torch.zeros(1)}, {}, "unexpected 'extra'"),
        ({**SMALL, "conv_first.weight": torch.zeros(3)}, {}, r"has the shape \(3,\)"),
        ({**SMALL, "upconv1.weight": torch.zeros(48, 16, 3, 3)}, {}, r"\[3.0, 4.0\] times"),
        ({**SMALL, "conv_hr.bias": torch.zeros(3)}, {}, r"shape \(3,\) where \(16,\)"),
        (SMALL, {"scale": 2}, "This msrresnet is of ×4, not of ×2"),
        (without(plain().state_dict(), "block7.1.r"), {}, "missing 'block7.1.running_mean'"),
        (without(plain().state_dict(), "block4"), {}, "enlarges in 0 steps"),
    ],
)
def test_what_is_neither(state: Any, options: Any, sentence: str) -> None:
    with pytest.raises(CheckpointError, match=sentence) as raised:
        read_keys(state, **options)
    assert str(raised.value).endswith(".")


def test_srresnet_without_tanh_is_not_written() -> None:
    network = build(GeneratorConfig(variant="srresnet", blocks=1, features=8), (4,))
    with pytest.raises(CheckpointError, match="train with generator"):
        write_keys(network.state_dict(), network.config)


def test_tanh_is_for_srresnet() -> None:
    with pytest.raises(ConfigError, match="output tanh is for the variant srresnet"):
        build_generator("srgan", {"output": "tanh"}, (4,))
