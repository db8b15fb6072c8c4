"""Feature networks: what is found, what is unfit, and what is said before and after a download."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sr_toolkit.config.places import weights_roots
from sr_toolkit.errors import WeightsError
from sr_toolkit.pretrained import load_features

SHAPES = {"features.0.weight": (2, 3, 1, 1)}
FULL = "alexnet-owt-7be5be79.pth"


@pytest.fixture
def no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"file://{tmp_path}/nothing/"
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", address)
    return address


def test_a_failed_download_says_what_was_found_and_where(
    tmp_path: Path, no_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"features.1.weight": torch.zeros(1)}, tmp_path / FULL)
    with pytest.raises(WeightsError) as caught:
        load_features("alexnet", SHAPES, root=tmp_path, download=True)
    message = str(caught.value)
    assert f"looked in '{tmp_path}'" in message
    assert f"Found, but unfit: '{tmp_path / FULL}' has no 'features.0.weight'." in message
    assert f"Cannot download {FULL} (233 MB) from {no_address}{FULL}: " in message
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[0] == f"Downloading {FULL} (233 MB) from {no_address}{FULL}"


def test_without_a_download_nothing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WeightsError, match=r"are not at hand; looked in .* SRTK_WEIGHTS"):
        load_features("alexnet", SHAPES, root=tmp_path)
    assert capsys.readouterr().err == ""


def test_a_named_file_that_is_unfit_is_the_only_place(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"looked at '.*a\.pth'.*of shape \(1,\) instead of"):
        load_features("alexnet", SHAPES, path=tmp_path / "a.pth")


@pytest.mark.parametrize("content", [torch.zeros(3), [torch.zeros(1)], {"a": 1}, 7])
def test_a_file_without_named_tensors(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / FULL)
    with pytest.raises(WeightsError, match="and no mapping of names to tensors"):
        load_features("alexnet", SHAPES, root=tmp_path)


def test_other_values_beside_the_tensors_do_no_harm(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "features.0.weight": torch.ones(2, 3, 1, 1)}, tmp_path / FULL)
    assert load_features("alexnet", SHAPES, root=tmp_path)["features.0.weight"].sum() == 6
    with pytest.raises(WeightsError, match="has no 'epoch'"):
        load_features("alexnet", {"epoch": ()}, root=tmp_path)


def test_a_weights_root_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for given in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(WeightsError, match="is no folder; give --weights-root"):
            weights_roots(given)
        with pytest.raises(WeightsError, match="is no folder; give --weights-root"):
            load_features("alexnet", SHAPES, root=given)
