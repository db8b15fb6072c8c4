"""The networks against their papers' descriptions, written another way."""

from __future__ import annotations

import ast
import configparser
import itertools
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

import srtk_srgan
from srtk_srgan.config import DiscriminatorConfig, GeneratorConfig
from srtk_srgan.discriminator import SRGANDiscriminator
from srtk_srgan.generator import MSRResNet, SRResNet, build, upsampling_factors


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def convolution(inputs: int, outputs: int, side: int, bias: bool = True) -> int:
    return inputs * outputs * side**2 + (outputs if bias else 0)


def test_parameters_of_msrresnet() -> None:
    assert count(build(GeneratorConfig(), (4,))) == 1_517_571  # as BasicSR's


@pytest.mark.parametrize(("scale", "steps"), [(2, [2]), (3, [3]), (4, [2, 2]), (8, [2, 2, 2])])
def test_parameters_of_srresnet(scale: int, steps: list[int]) -> None:
    """Counted from the paper's figure 4; a convolution before batch norm has no bias."""
    norm, prelu = 2 * 64, 1
    expected = convolution(3, 64, 9) + prelu
    expected += 16 * (2 * convolution(64, 64, 3, bias=False) + 2 * norm + prelu)
    expected += convolution(64, 64, 3, bias=False) + norm
    expected += sum(convolution(64, 64 * step**2, 3) + prelu for step in steps)
    expected += convolution(64, 3, 9)
    assert count(build(GeneratorConfig(variant="srresnet"), (scale,))) == expected


@pytest.mark.parametrize("variant", ["msrresnet", "srresnet"])
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (16, 16)])
def test_output_sizes(variant: str, scale: int, size: tuple[int, int]) -> None:
    config = GeneratorConfig(variant=variant, blocks=1, features=8)  # type: ignore[arg-type]
    generator = build(config, (scale,)).eval()
    sr = generator(torch.rand(2, 3, *size))
    assert sr.shape == (2, 3, size[0] * scale, size[1] * scale)


def test_msrresnet_is_basicsrs_network() -> None:
    """The forward pass re-written from its description, with functions and BasicSR's keys."""
    torch.manual_seed(0)
    network = MSRResNet(GeneratorConfig(blocks=3, features=16), (4,)).eval()
    weights = network.state_dict()
    lr = torch.rand(1, 3, 9, 11)

    def conv(x: torch.Tensor, key: str) -> torch.Tensor:
        return F.conv2d(x, weights[f"{key}.weight"], weights[f"{key}.bias"], padding=1)

    x = F.leaky_relu(conv(lr, "conv_first"), 0.1)
    for block in range(3):
        x = x + conv(torch.relu(conv(x, f"body.{block}.conv1")), f"body.{block}.conv2")
    for step in ("upconv1", "upconv2"):
        x = F.leaky_relu(torch.nn.PixelShuffle(2)(conv(x, step)), 0.1)
    x = conv(F.leaky_relu(conv(x, "conv_hr"), 0.1), "conv_last")
    base = F.interpolate(lr, scale_factor=4, mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(lr), x + base)


def test_srresnet_is_the_papers_network() -> None:
    torch.manual_seed(0)
    network = SRResNet(GeneratorConfig(variant="srresnet", blocks=2, features=16), (2,)).eval()
    for buffer in network.buffers():  # running statistics that a forgotten norm would show in
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    lr = torch.rand(1, 3, 9, 11)
    shallow = network.head(lr)
    x = shallow
    for block in network.body:
        first, norm1, prelu, second, norm2 = block.layers
        x = x + norm2(second(prelu(norm1(first(x)))))
    convolution_, norm = network.merge
    x = shallow + norm(convolution_(x))
    grow, shuffle, prelu = network.upsample
    expected = network.tail(prelu(shuffle(grow(x))))
    assert (first.kernel_size, network.tail.kernel_size) == ((3, 3), (9, 9))
    torch.testing.assert_close(network(lr), expected)


def test_a_fresh_msrresnet_is_near_its_bilinear_skip() -> None:
    torch.manual_seed(0)
    generator = build(GeneratorConfig(), (4,)).eval()
    lr = torch.rand(1, 3, 12, 12)
    skip = F.interpolate(lr, scale_factor=4, mode="bilinear")
    assert (generator(lr) - skip).abs().mean() < 0.05


@pytest.mark.parametrize("scale", [0, 1, 5, 6])
def test_scales_that_are_no_sub_pixel_steps(scale: int) -> None:
    with pytest.raises(ValueError, match=f"received {scale}"):
        upsampling_factors(scale)


def test_config_refuses_nothingness() -> None:
    with pytest.raises(ValueError, match="blocks must be at least 1"):
        GeneratorConfig(blocks=0)


def test_discriminator_is_the_papers() -> None:
    discriminator = SRGANDiscriminator(DiscriminatorConfig())
    layers = [m for m in discriminator.features if isinstance(m, torch.nn.Conv2d)]
    assert [m.out_channels for m in layers] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [m.stride[0] for m in layers] == [1, 2, 1, 2, 1, 2, 1, 2]
    assert len([m for m in discriminator.features if isinstance(m, torch.nn.BatchNorm2d)]) == 7
    expected = convolution(3, 64, 3)
    widths = [64, 64, 128, 128, 256, 256, 512, 512]
    for inputs, outputs in itertools.pairwise(widths):
        expected += convolution(inputs, outputs, 3, bias=False) + 2 * outputs
    expected += (512 * 6 * 6 + 1) * 1024 + 1024 + 1
    assert count(discriminator) == expected


def test_pooling_changes_nothing_at_the_papers_crop() -> None:
    discriminator = SRGANDiscriminator(DiscriminatorConfig(features=4, hidden=8)).eval()
    maps = discriminator.features(torch.rand(2, 3, 96, 96))
    torch.testing.assert_close(discriminator.pool(maps), maps)


@pytest.mark.parametrize("crop", [16, 33, 96, 128])
def test_discriminator_takes_any_crop(crop: int) -> None:
    discriminator = SRGANDiscriminator(DiscriminatorConfig(features=4, hidden=8))
    assert discriminator(torch.rand(3, 3, crop, crop)).shape == (3, 1)


def core_imports(source: str) -> set[str]:
    """Return the modules of the core that a source imports, in whichever form."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = node.module == "sr_toolkit"  # what follows are modules, or may be
            names = [f".{alias.name}" for alias in node.names] if whole else [""]
            found |= {f"{node.module}{name}" for name in names}
    return {name for name in found if name.partition(".")[0] == "sr_toolkit"}


def test_plugin_imports_the_public_face_alone() -> None:
    for path in Path(srtk_srgan.__file__).parent.rglob("*.py"):
        assert core_imports(path.read_text(encoding="utf-8")) <= {"sr_toolkit.api"}, path.name


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import sr_toolkit.registry", "sr_toolkit.registry"),
        ("import os, sr_toolkit.data.files as f", "sr_toolkit.data.files"),
        ("import sr_toolkit", "sr_toolkit"),
        ("from sr_toolkit.spec import ModelSpec", "sr_toolkit.spec"),
        ("from sr_toolkit import registry", "sr_toolkit.registry"),
        ("from sr_toolkit import api", "sr_toolkit.api"),
        ("def f():\n    from sr_toolkit.api import Loss", "sr_toolkit.api"),
    ],
)
def test_every_form_of_import_is_seen(source: str, module: str) -> None:
    assert core_imports(source) == {module}


def test_the_wheel_carries_its_licence() -> None:
    """A plugin is a distribution of its own: the core's file does not reach its wheel."""
    folder = Path(__file__).parents[1]
    declared = configparser.ConfigParser()
    declared.read(folder / "setup.cfg", encoding="utf-8")
    carried = folder / declared.get("metadata", "license_files")
    assert carried.read_bytes() == (folder.parents[1] / "LICENSE").read_bytes()
