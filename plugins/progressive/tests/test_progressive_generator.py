"""The growing network: what each scale costs, sees, and keeps of the one below."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from srtk_progressive.config import GeneratorConfig
from srtk_progressive.generator import Progressive, build

TINY = GeneratorConfig(features=8, blocks=(2, 1, 1))
ALL = (2, 4, 8)


def lively(scales: tuple[int, ...] = ALL, config: GeneratorConfig = TINY) -> Progressive:
    """Return a network whose residuals are as large as its images."""
    torch.manual_seed(0)
    network = build(config, scales)
    assert isinstance(network, Progressive)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            nn.init.kaiming_normal_(parameter)
    return network.eval()


@pytest.fixture
def lr() -> Tensor:
    return torch.rand(2, 3, 9, 7, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("scales", "parameters"), [((2,), 1_369_859), ((2, 4), 1_851_654), (ALL, 2_185_737)]
)
def test_parameters_as_counted_by_hand(scales: tuple[int, ...], parameters: int) -> None:
    def convolution(inputs: int, outputs: int) -> int:
        return 9 * inputs * outputs + outputs

    total = convolution(3, 64)
    for blocks in (16, 4, 2)[: len(scales)]:
        total += 2 * blocks * convolution(64, 64) + convolution(64, 256)
        total += convolution(64, 64) + convolution(64, 3)
    with torch.device("meta"):
        built = build(GeneratorConfig(), scales)
    assert sum(p.numel() for p in built.parameters()) == total == parameters


def test_a_larger_network_has_all_of_the_smaller_one_under_the_same_keys() -> None:
    states = [build(TINY, ALL[:count]).state_dict() for count in (1, 2, 3)]
    for smaller, larger in itertools.pairwise(states):
        assert smaller.keys() < larger.keys()
        assert all(larger[key].shape == value.shape for key, value in smaller.items())


@pytest.mark.parametrize("scale", ALL)
def test_the_sr_has_the_scale(lr: Tensor, scale: int) -> None:
    assert lively()(lr, scale).shape == (2, 3, 9 * scale, 7 * scale)


@pytest.mark.parametrize("scale", [4, 8])
def test_faded_out_a_stage_gives_the_enlarged_one_below(lr: Tensor, scale: int) -> None:
    network = lively()
    below = network(lr, scale // 2)
    enlarged = F.interpolate(below, scale_factor=2, mode="bilinear", align_corners=False)
    whole = network(lr, scale)
    network.fade_in(scale, 0.0)
    assert torch.equal(network(lr, scale), enlarged)
    network.fade_in(scale, 0.25)
    torch.testing.assert_close(network(lr, scale), enlarged + 0.25 * (whole - enlarged))
    network.fade_in(scale, 1.0)
    assert torch.equal(network(lr, scale), whole)
    assert not torch.allclose(whole, enlarged, atol=0.1)


def test_a_half_faded_network_survives_its_checkpoint(lr: Tensor) -> None:
    network, other = lively(), build(TINY, ALL)
    network.fade_in(8, 0.5)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.eval()(lr), network(lr))


def test_all_scales_in_one_pass(lr: Tensor) -> None:
    network = lively()
    images = network.all_scales(lr)
    assert list(images) == [2, 4, 8]
    for scale, image in images.items():
        assert torch.equal(image, network(lr, scale))


def test_all_scales_cost_what_the_largest_costs(lr: Tensor) -> None:
    network = lively()

    def cost(scale: int | None) -> int:
        with FlopCounterMode(display=False) as counter:
            network.all_scales(lr) if scale is None else network(lr, scale)
        return int(counter.get_total_flops())

    assert cost(None) == cost(8)
    assert cost(8) > 2 * cost(4) > 4 * cost(2) > 0


@pytest.mark.parametrize(("scale", "run"), [(2, [2]), (4, [2, 4]), (8, [2, 4, 8])])
def test_each_stage_is_computed_once_and_none_in_vain(
    lr: Tensor, scale: int, run: list[int]
) -> None:
    network, ran = lively(), []
    for size in ALL:
        network.get_submodule(f"x{size}").register_forward_hook(
            lambda *_, size=size: ran.append(size)
        )
    network(lr, scale)
    assert ran == run


@pytest.mark.parametrize("blocks", [(2, 1, 1), (1, 3, 0), (0, 0, 2), (3, 0, 1)])
@pytest.mark.parametrize("scale", ALL)
def test_the_receptive_field_is_what_the_gradient_reaches(
    blocks: tuple[int, ...], scale: int
) -> None:
    network = lively(config=GeneratorConfig(features=4, blocks=blocks)).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()  # nothing cancels, no unit is off
    radius, side = network.receptive_field(scale), 51
    lr = torch.rand(1, 3, side, side, dtype=torch.double, requires_grad=True)
    middle = side // 2
    pixels = slice(middle * scale, (middle + 1) * scale)
    network(lr, scale)[..., pixels, pixels].sum().backward()
    assert lr.grad is not None
    reached = lr.grad.abs().sum((0, 1)).nonzero()
    assert int((reached - middle).abs().max()) == radius


def test_one_network_may_serve_a_single_scale(lr: Tensor) -> None:
    network = build(TINY, (4,))
    assert network.scales == (4,)
    assert network(lr).shape[-1] == 28
    assert list(network.all_scales(lr)) == [4]
    assert build(TINY, (2, 4)).state_dict().keys() == network.state_dict().keys()


def test_the_features_are_what_the_last_convolution_sees(lr: Tensor) -> None:
    network = lively()
    x, sr = network.features(lr)
    below = F.interpolate(network(lr, 4), scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(below + network.x8.head.last(x), sr)
    assert torch.equal(sr, network(lr))


def test_what_cannot_be_built_or_asked(lr: Tensor) -> None:
    for scales in ((), (3,), (2, 16)):
        with pytest.raises(ValueError, match="scales must be among"):
            build(TINY, scales)
    with pytest.raises(ValueError, match=r"scale must be one of \(2, 4\), received 8"):
        build(TINY, (2, 4))(lr, 8)
    with pytest.raises(ValueError, match="blocks takes three numbers"):
        GeneratorConfig(blocks=(1, 2))
    with pytest.raises(ValueError, match="--grow-from"):
        GeneratorConfig(form="head")
