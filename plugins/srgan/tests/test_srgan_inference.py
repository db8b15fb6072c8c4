"""What inference and other plugins ask of the networks: fused norms, features, stages."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest
import torch
from torch import nn

from sr_toolkit.api import Generator
from srtk_srgan.config import GeneratorConfig
from srtk_srgan.generator import MSRResNet, SRResNet, build

VARIANTS = ("msrresnet", "srresnet")
SCALES = (2, 3, 4, 8)


def lively(variant: str, scale: int) -> Generator:
    """Return a small network whose norms have random weights and statistics."""
    torch.manual_seed(scale)
    settings: dict[str, Any] = {"variant": variant, "blocks": 2, "features": 8}
    network = build(GeneratorConfig(**settings), (scale,)).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                assert tensor is not None
                tensor.uniform_(0.5, 2)
            for tensor in (module.bias.data, module.running_mean):
                assert tensor is not None
                tensor.uniform_(-0.5, 0.5)
    return network


@pytest.mark.parametrize("scale", SCALES)
def test_fused_srresnet_is_equal_and_has_no_norm(scale: int) -> None:
    network = lively("srresnet", scale)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    fused = network.train().fused()
    assert network.training
    assert not any(module.training for module in fused.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
    assert "running_mean" in " ".join(before)
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key
    lr = torch.rand(2, 3, 13, 9)
    with torch.inference_mode():
        expected, sr = network.eval()(lr), fused(lr)
    assert expected.std() > 0.01
    torch.testing.assert_close(sr, expected, rtol=1e-5, atol=1e-5)
    # Without its statistics a fold would be just another network: they do count here.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    with torch.inference_mode():
        assert (network(lr) - expected).abs().max() > 1e-2


def test_fusing_twice_changes_nothing_more() -> None:
    once = lively("srresnet", 2).fused()
    lr = torch.rand(1, 3, 6, 7)
    assert torch.equal(once.fused()(lr), once(lr))


def test_the_receptive_field_and_scales_stay_those_of_the_network() -> None:
    network = lively("srresnet", 4)
    fused = network.fused()
    assert (fused.scales, fused.config) == (network.scales, network.config)
    assert fused.receptive_field(4) == network.receptive_field(4)


def test_msrresnet_has_nothing_to_fuse() -> None:
    network = lively("msrresnet", 4)
    assert network.fused() is network


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", SCALES)
def test_features_are_what_the_last_convolution_sees(variant: str, scale: int) -> None:
    network = lively(variant, scale)
    seen: list[torch.Tensor] = []
    assert isinstance(network, MSRResNet | SRResNet)
    last = network.conv_last if isinstance(network, MSRResNet) else network.tail
    last.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    lr = torch.rand(1, 3, 7, 5)
    with torch.inference_mode():
        features, sr = network.features(lr)
        assert torch.equal(features, seen[0])
        assert features.shape == (1, 8, 7 * scale, 5 * scale)
        assert torch.equal(sr, network(lr))


@pytest.mark.parametrize("variant", VARIANTS)
def test_stages_name_every_parameter_once(variant: str) -> None:
    network = lively(variant, 8)
    named: dict[str, list[str]] = {
        key: [
            stage
            for stage, patterns in network.stages.items()
            if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)
        ]
        for key, _ in network.named_parameters()
    }
    assert all(len(stages) == 1 for stages in named.values()), named
    at_sr = [key for key, stages in named.items() if stages == ["upsampling"]]
    assert {key.partition(".")[0] for key in at_sr} == (
        {"upconv1", "upconv2", "upconv3", "conv_hr", "conv_last"}
        if variant == "msrresnet"
        else {"upsample", "tail"}
    )
