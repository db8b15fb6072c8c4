"""Which sets, parts and scales a verb fetches for what it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.data.pulling import pull_missing
from sr_toolkit.errors import DataError
from sr_toolkit.supply.pulling import Pull, Wish
from sr_toolkit.training.plan import Request, wanted_sets

Wanted = list[tuple[str, str, tuple[int, ...]]]


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Wanted:
    """What would be fetched: (set, part, scales)."""
    found: Wanted = []

    def run(pull: Pull, wishes: Iterable[Wish]) -> list[Path]:
        found.extend((wish.entry.name, wish.part, wish.scales) for wish in wishes)
        return []

    monkeypatch.setattr(Pull, "run", run)
    return found


def place(root: Path, folder: str) -> None:
    (root / folder).mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(root / folder / "a.png")


def test_a_benchmark_needs_the_validation_part(tmp_path: Path, wanted: Wanted) -> None:
    pull_missing(["div2k", "coco", "flickr2k", "set5"], [tmp_path], tmp_path, True, scales=(2, 8))
    assert wanted == [
        ("div2k", "valid", (2,)),
        ("coco", "valid", ()),
        ("flickr2k", "", (2,)),
        ("set5", "", (2,)),
    ]


def test_a_training_needs_both_parts(tmp_path: Path, wanted: Wanted) -> None:
    pull_missing(["div2k", "coco:train"], [tmp_path], tmp_path, True, for_training=True)
    assert wanted == [("div2k", "train", ()), ("div2k", "valid", ()), ("coco", "train", ())]


def test_what_is_here_is_left_alone(tmp_path: Path, wanted: Wanted) -> None:
    """A folder of one's own with other images too: opening it has the say."""
    place(tmp_path, "DIV2K/DIV2K_train_HR")
    pull_missing(["div2k"], [tmp_path], tmp_path, True, for_training=True)
    assert wanted == [("div2k", "valid", ())]
    wanted.clear()
    pull_missing(["div2k:train"], [tmp_path], tmp_path, True, scales=(2,))
    assert wanted == [("div2k", "train", (2,))]  # its LR is not here


@pytest.mark.parametrize(
    "reference", ["sample", "folder:x", "other::set5", "set5:x", "df2k:train", "no"]
)
def test_what_the_catalog_does_not_know_is_left_alone(
    tmp_path: Path, wanted: Wanted, reference: str
) -> None:
    assert pull_missing([reference], [tmp_path], tmp_path, True) == []
    assert wanted == []


def test_a_gated_set_is_refused_unless_it_is_here(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"never fetched.*may not be redistributed.*'Manga109/HR'"):
        pull_missing(["manga109"], [tmp_path], tmp_path, True)
    place(tmp_path, "Manga109")
    assert pull_missing(["manga109"], [tmp_path], tmp_path, True) == []


@pytest.mark.parametrize(
    ("words", "sets"),
    [
        ({}, ("div2k",)),
        ({"preset": "paper", "val": ("set5",)}, ("div2k", "set5")),
        ({"preset": "quick"}, ()),
        ({"data": ("df2k", "sample"), "lr_data": ("coco",)}, ("df2k", "sample", "coco")),
        ({"recipe": Path("a.yaml")}, ()),
    ],
)
def test_the_sets_of_a_training(words: dict[str, object], sets: tuple[str, ...]) -> None:
    assert wanted_sets(Request(model="srgan", **words)) == sets  # type: ignore[arg-type]


def test_a_mixed_set_is_fetched_as_its_members(tmp_path: Path, wanted: Wanted) -> None:
    pull_missing(["df2k"], [tmp_path], tmp_path, True, for_training=True)
    assert wanted == [("df2k", "", ())]
    homes = {piece.home for piece in CATALOG["df2k"].hr}
    assert homes == {
        "DIV2K/DIV2K_train_HR",
        "DIV2K/DIV2K_valid_HR",
        "Flickr2K/Flickr2K_HR",
    }
