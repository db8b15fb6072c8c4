"""Training sets of the catalog: found, counted, split, mixed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.data.opening import is_present, open_dataset, open_training
from sr_toolkit.errors import DataError


def fill(folder: Path, count: int, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for value in range(first, first + count):
        Image.new("RGB", (8, 8), (value % 256,) * 3).save(folder / f"{value:04d}.png")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """All sets of the catalog have 10 images a folder."""
    for name, entry in CATALOG.items():
        pieces = tuple(
            dataclasses.replace(piece, count=None if piece.count is None else 10)
            for piece in entry.pieces
        )
        monkeypatch.setitem(CATALOG, name, dataclasses.replace(entry, pieces=pieces))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("flickr2k", "Flickr2K/Flickr2K_HR"),
        ("flickr2k", "flickr2k"),
        ("dogs", "StanfordDogs/Images/n02085620-Chihuahua"),
        ("celeba", "CelebA/img_align_celeba"),
        ("celeba", "CELEBA"),
        ("flickr8k", "Flickr8k/Images"),
        ("manga109", "Manga109"),
    ],
)
def test_a_set_without_parts_is_found_and_split(tmp_path: Path, name: str, folder: str) -> None:
    fill(tmp_path / folder, 10)
    train, val = open_training([name], (), [tmp_path], 0)
    assert (len(train), len(val)) == (9, 1)
    assert open_training([name], (), [tmp_path], 0)[1].label(0) == val.label(0)
    dataset = open_dataset(name, [tmp_path])
    assert (dataset.name, len(dataset)) == (name, 10)
    fill(tmp_path / folder, 1, first=10)
    if name != "flickr8k":  # its collections differ
        with pytest.raises(DataError, match=r"has 10 images.*holds 11"):
            open_dataset(name, [tmp_path])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "train", "valid"),
    [
        ("coco", "COCO/train2017", "COCO/val2017"),
        ("coco", "coco/images/train2017", "coco/images/val2017"),
        ("imagenet", "ImageNet/train/n01440764", "ImageNet/val"),
    ],
)
def test_a_set_with_parts_has_its_own_validation(
    tmp_path: Path, name: str, train: str, valid: str
) -> None:
    fill(tmp_path / train, 10)
    fill(tmp_path / valid, 10, first=100)
    parts = open_training([name], (), [tmp_path], 0)
    assert [part.name for part in parts] == [f"{name}:train", f"{name}:valid"]
    assert [int(part.image(0)[0, 0, 0]) for part in parts] == [0, 100]
    assert len(open_dataset(name, [tmp_path])) == 10
    fill(tmp_path / valid, 1, first=200)
    with pytest.raises(DataError, match=r"has 10 images.*holds 11"):
        open_dataset(f"{name}:valid", [tmp_path])


@pytest.mark.usefixtures("small")
def test_df2k_is_both(tmp_path: Path) -> None:
    fill(tmp_path / "DIV2K" / "DIV2K_train_HR", 10)
    with pytest.raises(DataError, match=r"'flickr2k' was not found.*srtk data pull flickr2k"):
        open_dataset("df2k", [tmp_path])
    fill(tmp_path / "Flickr2K" / "Flickr2K_HR", 10, first=50)
    dataset = open_dataset("df2k", [tmp_path])
    assert (dataset.name, len(dataset)) == ("df2k", 20)
    assert [dataset.label(i) for i in (0, 10)] == ["div2k:train/0000", "flickr2k/0050"]
    assert [int(dataset.image(i)[0, 0, 0]) for i in (9, 19)] == [9, 59]
    train, val = open_training(["df2k"], (), [tmp_path], 0)
    assert (len(train), len(val)) == (18, 2)
    fill(tmp_path / "DIV2K" / "DIV2K_valid_HR", 10, first=100)
    train, val = open_training(["df2k"], (), [tmp_path], 0)
    assert (len(train), len(val), val.name) == (20, 10, "div2k:valid")


def test_lr_of_its_own_beside_the_hr(tmp_path: Path) -> None:
    fill(tmp_path / "DIV2K" / "DIV2K_train_HR", 3)
    fill(tmp_path / "DIV2K" / "DIV2K_valid_HR", 2, first=100)
    for part, first, count in (("train", 0, 3), ("valid", 100, 2)):
        folder = tmp_path / "DIV2K" / f"DIV2K_{part}_LR_bicubic" / "X2"
        folder.mkdir(parents=True)
        for value in range(first, first + count):
            Image.new("RGB", (4, 4), (value + 50,) * 3).save(folder / f"{value:04d}x2.png")
    dataset = open_dataset("div2k", [tmp_path])
    assert [int(dataset.lr(i, 2)[0, 0, 0]) for i in range(2)] == [150, 151]
    train = dataset.training_part()
    assert [int(train.lr(i, 2)[0, 0, 0]) for i in range(3)] == [50, 51, 52]
    with pytest.raises(DataError, match=r"srtk data pull div2k:train --scales 3"):
        train.lr(0, 3)
    with pytest.raises(DataError, match=r"at ×8 here; leave --lr at 'made'"):
        train.lr(0, 8)


@pytest.mark.parametrize("name", CATALOG)
def test_an_absent_set_says_what_to_do(tmp_path: Path, name: str) -> None:
    assert not is_present(name, [tmp_path])
    with pytest.raises(DataError, match="was not found; looked for a folder") as error:
        open_dataset(name, [tmp_path])
    assert str(tmp_path) in str(error.value)
    assert "--data-root" in str(error.value)
    entry = CATALOG[name]
    if entry.refusal:
        assert entry.refusal in str(error.value)
        assert "srtk data pull" not in str(error.value)
    else:
        pulled = "div2k:train" if name == "df2k" else name
        assert f"'srtk data pull {pulled}'" in str(error.value)
