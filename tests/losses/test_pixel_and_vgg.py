"""Losses against their formulas, written another way."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from sr_toolkit.errors import ConfigError, WeightsError
from sr_toolkit.features.vgg import layer_indices
from sr_toolkit.registry import build


@pytest.fixture
def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    sr, hr = torch.rand((2, 2, 3, 32, 32), generator=generator)
    return sr.requires_grad_(), hr


@pytest.fixture
def random_vgg(tmp_path: Path) -> Path:
    """A folder with VGG19 of random weights up to conv3_4, as torchvision makes it."""
    torch.manual_seed(0)
    features = torchvision.models.vgg19(weights=None).features[:17].state_dict()
    tensors = {f"features.{key}": value * 3 for key, value in features.items()}
    save_file(tensors, tmp_path / "vgg19_features.safetensors")
    return tmp_path


def test_pixel_losses(images: tuple[torch.Tensor, torch.Tensor]) -> None:
    sr, hr = images
    torch.testing.assert_close(build("loss", "l1")(sr, hr), (sr - hr).abs().mean())
    torch.testing.assert_close(build("loss", "mse")(sr, hr), (sr - hr).pow(2).mean())


def test_layer_indices_are_torchvisions() -> None:
    indices = layer_indices()
    network = torchvision.models.vgg19(weights=None).features
    assert len(indices) == 16
    assert indices["conv1_1"] == 0
    assert indices["conv3_4"] == 16
    assert indices["conv5_4"] == 34
    assert all(isinstance(network[place], torch.nn.Conv2d) for place in indices.values())


@pytest.mark.parametrize("activation", ["before", "after"])
@pytest.mark.parametrize("criterion", ["l1", "mse"])
def test_vgg_equals_torchvisions_network(
    images: tuple[torch.Tensor, torch.Tensor], random_vgg: Path, activation: str, criterion: str
) -> None:
    sr, hr = images
    config = {
        "layers": {"conv1_2": 0.1, "conv3_4": 1.0},
        "activation": activation,
        "criterion": criterion,
        "rescale": "1/12.75",
        "weights_root": str(random_vgg),
    }
    loss = build("loss", "vgg", config)
    torch.manual_seed(0)
    network = torchvision.models.vgg19(weights=None).features
    for parameter in network.parameters():
        parameter.data *= 3
    for module in network:  # an in-place ReLU would change the features before it
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    normalize = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    last = 1 if activation == "after" else 0
    distance = torch.nn.L1Loss() if criterion == "l1" else torch.nn.MSELoss()
    expected = torch.zeros(())
    for place, weight in ((2, 0.1), (16, 1.0)):
        part = network[: place + last + 1]
        a, b = (part(normalize(image)) / 12.75 for image in (sr, hr))
        expected = expected + weight * distance(a, b)
    torch.testing.assert_close(loss(sr, hr), expected)
    assert loss(hr, hr).item() == 0


def test_vgg_passes_gradients_but_learns_nothing(
    images: tuple[torch.Tensor, torch.Tensor], random_vgg: Path
) -> None:
    sr, hr = images
    loss = build("loss", "vgg", {"layers": {"conv3_4": 1.0}, "weights_root": str(random_vgg)})
    loss(sr, hr).backward()
    assert sr.grad is not None
    assert sr.grad.abs().sum() > 0
    assert not [p for p in loss.parameters() if p.requires_grad]


def test_vgg_says_what_is_missing(random_vgg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", "file:///nothing/")
    with pytest.raises(ConfigError, match=r"no layer 'conv3_5'.*'conv3_4'"):
        build("loss", "vgg", {"layers": {"conv3_5": 1.0}})
    config = {"layers": {"conv5_4": 1.0}, "weights_root": str(random_vgg)}
    with pytest.raises(WeightsError, match=r"Cannot download vgg19-dcbb9e9d\.pth"):
        build("loss", "vgg", config)
    config = {"layers": {"conv1_1": 1.0}, "weights": str(random_vgg / "none.pth")}
    with pytest.raises(WeightsError, match=r"none\.pth' for vgg19 does not exist"):
        build("loss", "vgg", config)


def test_real_vgg_file_is_accepted(srtk_weights: Path) -> None:
    loss = build("loss", "vgg", {"layers": {"conv3_4": 1.0}, "weights_root": str(srtk_weights)})
    image = torch.full((1, 3, 32, 32), 0.5)
    checks = (torch.arange(32) % 2).float().expand(1, 3, 32, 32)
    # Caffe-scaled features run in the tens, so an obvious difference is no small number.
    assert loss(checks, image).item() > 1
