"""Losses on feature networks: Gram and LPIPS against other code, and the effect of each setting."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from sr_toolkit.errors import ImageError, WeightsError
from sr_toolkit.losses.gram import gram_matrix
from sr_toolkit.registry import build

BACKBONES = {
    "alex": ("alexnet", torchvision.models.alexnet),
    "vgg": ("vgg16", torchvision.models.vgg16),
    "squeeze": ("squeezenet1_1", torchvision.models.squeezenet1_1),
}


def vgg19_layers() -> torch.nn.Sequential:
    """VGG19's features without its 120 million weights of dense layers."""
    vgg = torchvision.models.vgg
    return vgg.make_layers(vgg.cfgs["E"])


def images(side: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    sr, hr = torch.rand((2, 2, 3, side, side), generator=generator)
    return sr.requires_grad_(), hr


@pytest.fixture
def random_vgg(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    features = vgg19_layers()[:8].state_dict()
    save_file(
        {f"features.{key}": value * 3 for key, value in features.items()},
        tmp_path / "vgg19_features.safetensors",
    )
    return tmp_path


def vgg_part(last: int) -> torch.nn.Sequential:
    torch.manual_seed(0)
    network = vgg19_layers()[: last + 1]
    for parameter in network.parameters():
        parameter.data *= 3
    for module in network:
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    return torch.nn.Sequential(
        torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), *network
    )


@pytest.mark.parametrize("activation", ["before", "after"])
@pytest.mark.parametrize("criterion", ["l1", "mse"])
def test_gram_is_the_sum_over_places(random_vgg: Path, activation: str, criterion: str) -> None:
    sr, hr = images(20)
    config = {
        "layers": {"conv1_2": 2.0, "conv2_1": 0.5},
        "activation": activation,
        "criterion": criterion,
        "weights_root": str(random_vgg),
    }
    expected = 0.0
    for place, weight in ((2, 2.0), (5, 0.5)):
        part = vgg_part(place + (activation == "after"))
        grams = []
        for image in (sr, hr):
            maps = part(image).detach().numpy().astype(np.float64)
            grams.append(np.einsum("nchw,ndhw->ncd", maps, maps) / maps[0].size)
        power = 1 if criterion == "l1" else 2
        expected += weight * (np.abs(grams[0] - grams[1]) ** power).mean()
    loss = build("loss", "gram", config)
    assert loss(sr, hr).item() == pytest.approx(expected, rel=1e-4)


def test_gram_matrix_is_made_in_float32_whatever_comes_in() -> None:
    maps = torch.rand((2, 8, 16, 16), generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        gram = gram_matrix(maps)
    torch.testing.assert_close(gram, gram_matrix(maps))
    assert gram_matrix(maps.bfloat16()).dtype == torch.float32


def test_gram_looks_at_style_alone(random_vgg: Path) -> None:
    layers = {"layers": {"conv1_1": 1.0}, "weights_root": str(random_vgg)}
    _, hr = images(32)
    mirrored = torch.zeros_like(hr)
    mirrored[..., 8:-8, 8:-8] = hr[..., 8:-8, 8:-8]
    moved = mirrored.roll((3, -2), (-2, -1))
    assert build("loss", "gram", layers)(moved, mirrored).item() < 1e-9
    assert build("loss", "vgg", layers)(moved, mirrored).item() > 1e-2


def vgg_loss(root: Path, **settings: Any) -> float:
    sr, hr = images(20)
    config = {"layers": {"conv1_2": 1.0}, "weights_root": str(root), **settings}
    return float(build("loss", "vgg", config)(sr.detach(), hr))


def test_every_setting_of_vgg_has_its_effect(random_vgg: Path) -> None:
    plain = vgg_loss(random_vgg)
    assert vgg_loss(random_vgg, rescale="1/12.75") == pytest.approx(plain / 12.75, rel=1e-5)
    squared = vgg_loss(random_vgg, criterion="mse")
    both = vgg_loss(random_vgg, criterion="mse", rescale="1/12.75")
    assert both == pytest.approx(squared / 12.75**2, rel=1e-5)
    assert vgg_loss(random_vgg, activation="after") < plain  # a ReLU brings values together
    assert vgg_loss(random_vgg, layers={"conv1_2": 2.5}) == pytest.approx(2.5 * plain, rel=1e-5)
    other = vgg_loss(random_vgg, layers={"conv2_1": 1.0})
    summed = vgg_loss(random_vgg, layers={"conv1_2": 1.0, "conv2_1": 3.0})
    assert summed == pytest.approx(plain + 3 * other, rel=1e-5)


def test_features_of_the_target_are_not_recorded(random_vgg: Path) -> None:
    sr, hr = images(20)
    hr.requires_grad_()
    for name in ("vgg", "gram"):
        config = {"layers": {"conv2_1": 1.0}, "weights_root": str(random_vgg)}
        build("loss", name, config)(sr, hr).backward()
    assert hr.grad is None


def test_too_small_for_the_poolings(random_vgg: Path) -> None:
    config = {"layers": {"conv2_1": 1.0}, "weights_root": str(random_vgg)}
    tiny = torch.zeros(1, 3, 1, 8)
    with pytest.raises(ImageError, match=r"conv2_1 need at least 2 pixels a side, received 8×1"):
        build("loss", "gram", config)(tiny, tiny)
    wrong = torch.zeros(1, 4, 8, 8)
    with pytest.raises(ImageError, match="RGB or gray images, received 4 channels"):
        build("loss", "vgg", config)(wrong, wrong)


def save_backbone(net: str, folder: Path) -> None:
    name, factory = BACKBONES[net]
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features = factory(weights=None).features.state_dict()
    tensors = {f"features.{key}": value for key, value in features.items()}
    save_file(tensors, folder / f"{name}_features.safetensors")


def package_network(net: str, root: Path) -> torch.nn.Module:
    """The package's own network, given the same backbone by hand."""
    from safetensors.torch import load_file

    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import lpips

        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    tensors = load_file(root / f"{BACKBONES[net][0]}_features.safetensors")
    by_tail = {key.removeprefix("features."): value for key, value in tensors.items()}
    state = {key: by_tail[key.split(".", 1)[1]] for key in network.net.state_dict()}
    network.net.load_state_dict(state)
    return network.eval()


@pytest.mark.parametrize("net", BACKBONES)
def test_lpips_is_the_packages(net: str, tmp_path: Path) -> None:
    save_backbone(net, tmp_path)
    loss = build("loss", "lpips", {"net": net, "weights_root": str(tmp_path)})
    assert f"LPIPS ({net})" in loss.remark
    assert not [p for p in loss.parameters() if p.requires_grad]
    network = package_network(net, tmp_path)
    sr, hr = images()
    expected = network(sr, hr, normalize=True).mean()
    loss.train()  # a trainer may; the package's heads would then drop features
    value = loss(sr, hr)
    torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-7)
    (slope,) = torch.autograd.grad(value, sr)
    (reference,) = torch.autograd.grad(expected, sr)
    torch.testing.assert_close(slope, reference, rtol=1e-3, atol=1e-7)


def test_lpips_has_a_slope_where_all_features_are_zero(tmp_path: Path) -> None:
    save_backbone("alex", tmp_path)
    loss = build("loss", "lpips", {"net": "alex", "weights_root": str(tmp_path)})
    first = next(m for m in loss.modules() if isinstance(m, torch.nn.Conv2d))
    first.bias.data.fill_(-100)  # no filter of the first layer answers to anything
    sr, hr = images()
    loss(sr, hr).backward()
    assert sr.grad is not None
    assert sr.grad.isfinite().all()


def test_lpips_with_real_weights(srtk_weights: Path) -> None:
    sr, hr = images()
    loss = build("loss", "lpips", {"net": "alex", "weights_root": str(srtk_weights)})
    network = package_network("alex", srtk_weights)
    with torch.no_grad():
        expected = network(sr, hr, normalize=True).mean()
        torch.testing.assert_close(loss(sr, hr), expected, rtol=1e-4, atol=1e-7)
    slightly = (hr + 0.02 * torch.randn(hr.shape, generator=torch.Generator())).clamp(0, 1)
    assert 0 < loss(slightly, hr) < loss(sr, hr)


def test_gram_with_real_weights(srtk_weights: Path) -> None:
    sr, hr = images()
    loss = build("loss", "gram", {"weights_root": str(srtk_weights)})
    smooth = torch.nn.functional.avg_pool2d(hr, 5, 1, 2)
    assert loss(smooth, hr) > loss(sr, hr) > 0  # another noise has the style, a blur has not


def test_lpips_without_its_backbone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", "file:///nothing/")
    with pytest.raises(WeightsError, match=r"vgg16 are not at hand.*Cannot download vgg16"):
        build("loss", "lpips", {"weights_root": str(tmp_path)})
