"""DISTS against torchmetrics' network with the same random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from sr_toolkit.metrics.config import DISTSConfig
from sr_toolkit.metrics.dists import DISTS


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder with VGG16 and the channels' weights, random, as their authors name them."""
    torch.manual_seed(0)
    vgg = torchvision.models.vgg
    features = vgg.make_layers(vgg.cfgs["D"]).state_dict()
    state = {f"features.{key}": value * 2 for key, value in features.items()}
    torch.save(state, tmp_path / "vgg16-397923af.pth")
    channels = {key: torch.rand(1, 1475, 1, 1) for key in ("alpha", "beta")}
    torch.save(channels, tmp_path / "weights.pt")
    return tmp_path


def reference(folder: Path, monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    from torchmetrics.functional.image import dists

    class Backbone:
        def __init__(self, **_: Any) -> None:
            vgg = torchvision.models.vgg
            self.features = vgg.make_layers(vgg.cfgs["D"])
            state = torch.load(folder / "vgg16-397923af.pth", weights_only=True)
            self.features.load_state_dict(
                {key.removeprefix("features."): value for key, value in state.items()}
            )

    monkeypatch.setattr(dists, "vgg16", Backbone)
    network = dists.DISTSNetwork(load_weights=False)
    channels = torch.load(folder / "weights.pt", weights_only=True)
    network.alpha.data, network.beta.data = channels["alpha"], channels["beta"]
    return network


@pytest.mark.parametrize("shape", [(64, 80), (49, 37)])
def test_equals_torchmetrics(
    shape: tuple[int, int],
    weights: Path,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coarse = rng.integers(0, 256, (shape[0] // 8 + 1, shape[1] // 8 + 1, 3))
    hr = np.kron(coarse, np.ones((8, 8, 1)))[: shape[0], : shape[1]].astype(np.uint8)
    sr = np.clip(hr + rng.normal(0, 30, hr.shape), 0, 255).astype(np.uint8)
    metric = DISTS(DISTSConfig(weights_root=str(weights)))
    assert metric.unavailable() == ""
    tensors = [torch.from_numpy(i).permute(2, 0, 1)[None].float() / 255 for i in (sr, hr)]
    expected = reference(weights, monkeypatch)(*tensors).item()
    assert 0.01 < expected < 0.99
    assert metric.score(sr, hr) == pytest.approx(expected, abs=1e-5)
    assert metric.score(hr, hr) == pytest.approx(0, abs=1e-5)


def test_without_its_weights(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SRTK_WEIGHTS", raising=False)
    (weights / "weights.pt").unlink()
    reason = DISTS(DISTSConfig(weights_root=str(tmp_path))).unavailable()
    assert "The weights of dists are not at hand" in reason
    assert "Put weights.pt" in reason
    torch.save({"alpha": torch.rand(3)}, weights / "weights.pt")  # another program's file
    reason = DISTS(DISTSConfig(weights_root=str(tmp_path))).unavailable()
    assert "'alpha' of shape (3,) instead of (1, 1475, 1, 1)" in reason


def test_too_small(weights: Path) -> None:
    tiny = np.zeros((15, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 16 pixels a side, received 40×15"):
        DISTS(DISTSConfig(weights_root=str(weights))).score(tiny, tiny)
