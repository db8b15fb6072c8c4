"""What holds for every loss on images, whatever its formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from sr_toolkit.errors import ConfigError, ImageError
from sr_toolkit.interfaces import Loss
from sr_toolkit.registry import build, registry

CONFIGS: dict[str, dict[str, Any]] = {
    "l1": {},
    "mse": {},
    "charbonnier": {},
    "huber": {},
    "tv": {},
    "gradient": {},
    "ssim": {},
    "ms-ssim": {"scales": 2},
    "focal-frequency": {},
    "wavelet": {"approximation": 1.0},
    "vgg": {"layers": {"conv2_1": 1.0}},
    "gram": {"layers": {"conv1_1": 1.0, "conv2_1": 0.5}},
    "lpips": {"net": "alex"},
}
NEEDS_WEIGHTS = ("vgg", "gram", "lpips")
SMALLEST = {"ssim": 11, "ms-ssim": 22, "tv": 2, "gradient": 3, "wavelet": 4, "lpips": 32}


def vgg19_layers() -> torch.nn.Sequential:
    """VGG19's features without its 120 million weights of dense layers."""
    vgg = torchvision.models.vgg
    return vgg.make_layers(vgg.cfgs["E"])


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with VGG19's first layers and AlexNet's features, of random weights."""
    folder = tmp_path_factory.mktemp("features")
    torch.manual_seed(0)
    networks = {
        "vgg19": vgg19_layers()[:8],
        "alexnet": torchvision.models.alexnet(weights=None).features,
    }
    for name, network in networks.items():
        tensors = {f"features.{key}": value * 2 for key, value in network.state_dict().items()}
        save_file(tensors, folder / f"{name}_features.safetensors")
    return folder


@pytest.fixture(params=CONFIGS)
def named_loss(request: pytest.FixtureRequest, features: Path) -> tuple[str, Loss]:
    name = request.param
    config = CONFIGS[name]
    if name in NEEDS_WEIGHTS:
        config = {**config, "weights_root": str(features)}
    return name, build("loss", name, config)


def pair(side: int = 36, count: int = 3, channels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """An image and a disturbed copy of it."""
    generator = torch.Generator().manual_seed(7)
    hr = torch.rand((count, channels, side, side), generator=generator)
    noise = torch.randn(hr.shape, generator=generator)
    return (hr + 0.1 * noise).requires_grad_(), hr


def test_the_list_above_is_complete() -> None:
    ours = {e.name for e in registry().entries("loss") if e.distribution == "sr-toolkit"}
    games = {"vanilla", "relativistic", "lsgan", "hinge", "wasserstein"}
    assert ours == set(CONFIGS) | games


def test_scalar_with_finite_gradient(named_loss: tuple[str, Loss]) -> None:
    _, loss = named_loss
    sr, hr = pair()
    value = loss(sr, hr)
    assert value.shape == ()
    assert value.item() > 0
    value.backward()
    assert sr.grad is not None
    assert sr.grad.isfinite().all()
    assert sr.grad.abs().sum() > 0


def test_least_where_the_images_are_equal(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    sr, hr = pair()
    same = hr.clone().requires_grad_()
    least = loss(same, hr)
    if name == "tv":  # looks at the SR alone: least where it is flat
        assert loss.reference == "none"
        assert loss(torch.full_like(sr, 0.3), hr).item() == 0
        return
    assert loss.reference == "target"
    assert least.item() == pytest.approx(1e-3 if name == "charbonnier" else 0, abs=1e-6)
    assert loss(sr, hr) > least
    least.backward()
    assert same.grad is not None
    assert same.grad.abs().max() < 1e-6


def test_flat_images_give_finite_gradients(named_loss: tuple[str, Loss]) -> None:
    _, loss = named_loss
    for level in (0.0, 0.5):
        sr = torch.full((1, 3, 36, 36), level, requires_grad=True)
        loss(sr, torch.zeros(1, 3, 36, 36)).backward()
        assert sr.grad is not None
        assert sr.grad.isfinite().all()


def test_order_of_the_batch_does_not_matter(named_loss: tuple[str, Loss]) -> None:
    _, loss = named_loss
    sr, hr = pair()
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(loss(sr[order], hr[order]), loss(sr, hr))


def test_descent_lowers_it(named_loss: tuple[str, Loss]) -> None:
    _, loss = named_loss
    sr, hr = pair()
    start = loss(sr, hr).item()
    optimizer = torch.optim.Adam([sr], lr=3e-3)
    for _ in range(10):
        optimizer.zero_grad()
        loss(sr, hr).backward()
        optimizer.step()
    assert loss(sr, hr).item() < start


def test_half_precision_around_it_changes_little(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    sr, hr = pair()
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(sr, hr)
    assert value.dtype == torch.float32
    # Only a feature network itself may run in half precision.
    tolerance = 5e-2 if name in NEEDS_WEIGHTS else 1e-6
    torch.testing.assert_close(value, loss(sr, hr), rtol=tolerance, atol=0)


def test_gray_images(named_loss: tuple[str, Loss]) -> None:
    _, loss = named_loss
    sr, hr = pair(channels=1)
    assert loss(sr, hr).isfinite()


def test_small_images_pass_or_are_refused_in_a_sentence(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    smallest = SMALLEST.get(name, 2)
    sr, hr = pair(side=smallest)
    assert loss(sr, hr).isfinite()
    if smallest > 2 or name == "tv":
        sr, hr = pair(side=smallest - 1)
        with pytest.raises(ImageError, match=f"needs at least {smallest} pixels a side.*crop"):
            loss(sr, hr)


def test_other_shapes_are_refused(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    if loss.reference == "none":
        return
    sr, _ = pair()
    with pytest.raises(ImageError, match=rf"'{name}' compares images of one shape"):
        loss(sr, sr[..., 1:])


@pytest.mark.parametrize("name", [n for n in CONFIGS if n not in NEEDS_WEIGHTS])
def test_slope_equals_finite_differences(name: str) -> None:
    config = {"alpha": 0.0} if name == "focal-frequency" else CONFIGS[name]  # else w is held fixed
    loss = build("loss", name, config)
    generator = torch.Generator().manual_seed(3)
    side = 24 if name == "ms-ssim" else 12
    hr = torch.rand((1, 1, side, side), generator=generator, dtype=torch.float64)
    noise = torch.randn(hr.shape, generator=generator, dtype=torch.float64)
    sr = (hr + 0.2 * noise).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, hr), (sr,), fast_mode=True)


def test_only_lpips_has_a_remark(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    assert bool(loss.remark) == (name == "lpips")
    if loss.remark:
        assert "LPIPS (alex)" in loss.remark


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("charbonnier", {"eps": 0.0}, "eps must be above 0, received 0"),
        ("huber", {"delta": -1.0}, "delta must be above 0"),
        ("ms-ssim", {"scales": 6}, "scales must be 1 to 5, received 6"),
        ("focal-frequency", {"patch_factor": 0}, "patch_factor must be above 0"),
        ("focal-frequency", {"alpha": -1.0}, "alpha must not be negative"),
        ("wavelet", {"levels": 0}, "levels must be above 0"),
        ("wavelet", {"horizontal": -1.0}, "horizontal must not be negative"),
        ("wavelet", dict.fromkeys(("horizontal", "vertical", "diagonal"), 0.0), "at least one"),
        ("tv", {"norm": "l3"}, "norm"),
        ("gram", {"layers": {}}, "at least one layer"),
        ("vanilla", {"real_label": 1.2}, r"real_label must be in \[0, 1\], received 1.2"),
        ("lsgan", {"fake_label": 1.0}, "fake_label must be below real_label"),
        ("vanilla", {"flip": 0.5}, r"flip must be in \[0, 0.5\)"),
        ("relativistic", {"label_noise": -0.1}, "label_noise must not be negative"),
        ("hinge", {"real_label": 0.9}, "real_label"),
        ("hinge", {"margin": 0.0}, "margin must be above 0"),
        ("wasserstein", {"drift": -1.0}, "drift must not be negative"),
    ],
)
def test_settings_that_make_no_sense(name: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build("loss", name, config)
