"""LPIPS: what it says when it cannot be had, and that it is built once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

import sr_toolkit as sr
from sr_toolkit.errors import WeightsError
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.metrics.lpips import LPIPS


@pytest.fixture
def random_alexnet(tmp_path: Path) -> Path:
    """A folder with AlexNet's features of random weights under torchvision's keys."""
    torch.manual_seed(0)
    features = torchvision.models.alexnet(weights=None).features.state_dict()
    tensors = {f"features.{key}": value for key, value in features.items()}
    save_file(tensors, tmp_path / "alexnet_features.safetensors")
    return tmp_path


def test_missing_backbone_is_a_dash_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SRTK_WEIGHTS", raising=False)
    results = sr.bench("bicubic", dataset="sample", scale=8, quiet=True)
    result = results[0]
    assert result.mean("bicubic", "lpips") is None
    assert result.mean("bicubic", "psnr") is not None
    assert "alexnet" in results.table()


def test_asked_for_by_name_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SRTK_WEIGHTS", raising=False)
    # No address answers: the download must end in a sentence, not in a traceback.
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", f"file://{tmp_path}/nothing/")
    with pytest.raises(WeightsError, match=r"lpips.*cannot be computed"):
        sr.bench("bicubic", dataset="sample", metrics="lpips", quiet=True)


def test_equals_the_package_by_hand(random_alexnet: Path, rng: np.random.Generator) -> None:
    metric = LPIPS(LPIPSConfig(weights_root=str(random_alexnet)))
    first, second = (rng.integers(0, 256, (64, 80, 3), dtype=np.uint8) for _ in range(2))
    network = metric._network
    assert network is not None
    tensors = [torch.from_numpy(i).permute(2, 0, 1)[None].float() / 255 for i in (first, second)]
    with torch.inference_mode():
        expected = network(*tensors, normalize=True).item()
    assert metric.score(first, second) == pytest.approx(expected, rel=1e-5)
    assert metric.score(first, first) == 0
    assert expected > 0.01


def test_full_torchvision_file_is_accepted(tmp_path: Path, random_alexnet: Path) -> None:
    part = LPIPS(LPIPSConfig(weights_root=str(random_alexnet)))
    torch.manual_seed(0)
    full = tmp_path / "full"
    full.mkdir()
    state = torchvision.models.alexnet(weights=None).state_dict()
    torch.save(state, full / "alexnet-owt-7be5be79.pth")
    whole = LPIPS(LPIPSConfig(weights_root=str(full)))
    image = np.zeros((64, 64, 3), np.uint8)
    other = np.full((64, 64, 3), 90, np.uint8)
    assert whole.score(image, other) == pytest.approx(part.score(image, other))


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    torch.save({"features.0.weight": Trap()}, tmp_path / "alexnet-owt-7be5be79.pth")
    metric = LPIPS(LPIPSConfig(weights=str(tmp_path / "alexnet-owt-7be5be79.pth")))
    assert "was not loaded" in metric.unavailable()
    assert not (tmp_path / "ran").exists()


def test_wrong_shapes_are_named(tmp_path: Path) -> None:
    tensors = {"features.0.weight": torch.zeros(64, 3, 3, 3)}
    save_file(tensors, tmp_path / "alexnet_features.safetensors")
    metric = LPIPS(LPIPSConfig(weights=str(tmp_path / "alexnet_features.safetensors")))
    assert "features.0.weight" in metric.unavailable()


def test_too_small_images_are_refused(random_alexnet: Path) -> None:
    metric = LPIPS(LPIPSConfig(weights_root=str(random_alexnet)))
    tiny = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 32 pixels"):
        metric.score(tiny, tiny)
