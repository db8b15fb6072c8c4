"""RRDBNet against its papers' figures, and against another library's network."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path
from typing import Any

import pytest
import torch
from spandrel.architectures.ESRGAN import ESRGANArch

import srtk_esrgan
from sr_toolkit.api import ImageError
from srtk_esrgan.config import GeneratorConfig
from srtk_esrgan.generator import RRDBNet, build, plan

SCALES = (1, 2, 3, 4, 8)


def tiny(scale: int, **settings: Any) -> RRDBNet:
    torch.manual_seed(scale)
    config = GeneratorConfig(**{"blocks": 1, "features": 8, "growth": 4, **settings})
    network = build(config, (scale,))
    for name, parameter in network.named_parameters():
        if name.startswith("body") and name.endswith("weight"):
            parameter.data *= 10  # else a fault in the blocks would hardly show
    return network.eval()


def on_meta(scale: int, **settings: Any) -> RRDBNet:
    with torch.device("meta"):
        return build(GeneratorConfig(**settings), (scale,))


def convolution(inputs: int, outputs: int) -> int:
    return (inputs * 9 + 1) * outputs


def test_parameters_at_x4_are_the_published_ones() -> None:
    assert sum(p.numel() for p in on_meta(4).parameters()) == 16_697_987
    light = on_meta(4, blocks=6)
    assert sum(p.numel() for p in light.parameters()) == 4_467_779


@pytest.mark.parametrize("blocks", [6, 23])
@pytest.mark.parametrize(
    ("scale", "inputs", "steps"), [(1, 48, 2), (2, 12, 2), (3, 3, 1), (8, 3, 3)]
)
def test_parameters_per_scale(blocks: int, scale: int, inputs: int, steps: int) -> None:
    """Counted from the description: folded pixels in front, a convolution for each step."""
    dense = sum(convolution(64 + 32 * n, 32) for n in range(4)) + convolution(64 + 32 * 4, 64)
    expected = convolution(inputs, 64) + 3 * blocks * dense + (steps + 2) * convolution(64, 64)
    expected += convolution(64, 3)
    found = sum(p.numel() for p in on_meta(scale, blocks=blocks).parameters())
    assert found == expected


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("unshuffle", [True, False])
def test_equal_to_spandrels_network(scale: int, unshuffle: bool) -> None:
    """Growth is 32 in spandrel whatever the file says."""
    network = tiny(scale, blocks=2, features=16, growth=32, unshuffle=unshuffle)
    theirs = ESRGANArch().load(dict(network.state_dict()))
    assert theirs.scale == scale
    lr = torch.rand(2, 3, 12, 20)
    with torch.inference_mode():
        expected, sr = theirs.model.eval()(lr), network(lr)
    assert expected.shape == (2, 3, 12 * scale, 20 * scale)
    assert expected.std() > 0.01
    assert (sr - expected).abs().max() <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_equal_to_spandrels_network_in_full_size(scale: int) -> None:
    network = tiny(scale, blocks=23, features=64, growth=32)
    theirs = ESRGANArch().load(dict(network.state_dict()))
    lr = torch.rand(1, 3, 16, 12)
    with torch.inference_mode():
        expected, sr = theirs.model.eval()(lr), network(lr)
    assert (sr - expected).abs().max() <= 1e-5 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("unshuffle", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (13, 7)])
def test_output_sizes(scale: int, unshuffle: bool, size: tuple[int, int]) -> None:
    network = tiny(scale, unshuffle=unshuffle)
    height, width = (side * network.size_multiple for side in size)
    sr = network(torch.rand(2, 3, height, width))
    assert sr.shape == (2, 3, height * scale, width * scale)


def test_a_size_that_does_not_fold_is_refused_in_a_sentence() -> None:
    with pytest.raises(ImageError, match=r"×2 takes LR sides that are a multiple of 2, .* 4×5"):
        tiny(2)(torch.rand(1, 3, 5, 4))


def reach(network: RRDBNet, scale: int, side: int, place: int) -> int:
    """Return how far, in LR pixels, the SR of the LR pixel at (place, place) sees."""
    drawn = torch.Generator().manual_seed(0)
    lr = torch.rand(1, 3, side, side, generator=drawn).double().requires_grad_()
    block = network.double()(lr)[
        ..., place * scale : (place + 1) * scale, place * scale : (place + 1) * scale
    ]
    weights = torch.rand(block.shape, generator=drawn).double() - 0.3
    (gradient,) = torch.autograd.grad((block * weights).sum(), lr)
    rows, columns = gradient.abs().sum((0, 1)).nonzero(as_tuple=True)
    return int(max((rows - place).abs().max(), (columns - place).abs().max()))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("unshuffle", [True, False])
def test_the_declared_receptive_field_is_exact(scale: int, unshuffle: bool) -> None:
    """The farthest that any place in a folded square sees."""
    network = tiny(scale, features=2, growth=2, unshuffle=unshuffle)
    declared, fold = network.receptive_field(scale), network.size_multiple
    middle = declared // fold * fold + 2 * fold
    side = 2 * middle + 2 * fold
    found = {reach(network, scale, side, middle + place) for place in range(fold)}
    assert max(found) == declared


@pytest.mark.slow
def test_the_receptive_field_of_six_blocks_is_seen() -> None:
    network = tiny(4, blocks=6, features=2, growth=2)
    assert reach(network, 4, 201, 100) == network.receptive_field(4) == 94


def test_the_receptive_fields_of_the_full_sizes() -> None:
    fields = {
        blocks: [on_meta(scale, blocks=blocks).receptive_field(scale) for scale in SCALES]
        for blocks in (6, 23)
    }
    assert fields == {6: [376, 188, 93, 94, 94], 23: [1396, 698, 348, 349, 349]}


def test_every_parameter_gets_a_gradient() -> None:
    network = tiny(2).train()
    network(torch.rand(1, 3, 8, 8)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_gradients_are_right_although_activations_are_in_place() -> None:
    network = tiny(4, features=2, growth=1).double()
    lr = torch.rand(1, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(network, (lr,))


@pytest.mark.parametrize("scale", SCALES)
def test_finite_and_near_in_bf16(scale: int) -> None:
    network = tiny(scale)
    lr = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        sr = network(lr)
        half = network.bfloat16()(lr.bfloat16()).float()
    assert torch.isfinite(half).all()
    assert (half - sr).abs().max() < 0.05 * sr.abs().max()


def test_initialization_is_a_tenth_of_kaimings() -> None:
    torch.manual_seed(0)
    block = build(GeneratorConfig(blocks=1), (4,)).body[0].rdb1
    for number, inputs in enumerate((64, 96, 128, 160, 192), start=1):
        layer = block.get_submodule(f"conv{number}")
        assert float(layer.weight.detach().std()) == pytest.approx(
            0.1 * (2 / (9 * inputs)) ** 0.5, rel=0.03
        )
        assert not layer.bias.any()


@pytest.mark.parametrize("channels", [1, 4])
def test_other_channels(channels: int) -> None:
    assert tiny(2, channels=channels)(torch.rand(1, channels, 6, 4)).shape == (1, channels, 12, 8)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="growth must be at least 1, received 0"):
        GeneratorConfig(growth=0)
    with pytest.raises(ValueError, match="1, 2, 3, 4 or 8, received 6"):
        plan(6, True)
    with pytest.raises(ValueError, match="serves one scale"):
        build(GeneratorConfig(), (2, 4))


def test_stages_name_every_parameter_once() -> None:
    import fnmatch

    network = tiny(8)
    for key, _ in network.named_parameters():
        stages = [
            name
            for name, patterns in network.stages.items()
            if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)
        ]
        assert len(stages) == 1, key


def test_plugin_imports_the_public_face_alone() -> None:
    for path in Path(srtk_esrgan.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", ())]
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            ours = {name for name in names if name.partition(".")[0] == "sr_toolkit"}
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert ours <= {"sr_toolkit.api"}, path.name


def test_the_wheel_carries_its_licence() -> None:
    folder = Path(__file__).parents[1]
    declared = configparser.ConfigParser()
    declared.read(folder / "setup.cfg", encoding="utf-8")
    carried = folder / declared.get("metadata", "license_files")
    assert carried.read_bytes() == (folder.parents[1] / "LICENSE").read_bytes()


@pytest.mark.parametrize("scale", SCALES)
def test_features_are_what_the_last_convolution_sees(scale: int) -> None:
    network = tiny(scale)
    seen: list[torch.Tensor] = []
    network.conv_last.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    lr = torch.rand(1, 3, 8, 4)
    with torch.inference_mode():
        features, sr = network.features(lr)
        assert torch.equal(features, seen[0])
        assert features.shape == (1, 8, 8 * scale, 4 * scale)
        assert torch.equal(sr, network(lr))
