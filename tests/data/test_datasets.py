"""Datasets: parts, layouts, order, and what is said when they are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_toolkit.data.files import seeded_split
from sr_toolkit.data.opening import is_present, open_dataset, open_training
from sr_toolkit.errors import ConfigError, DataError, UnknownNameError


def write(path: Path, size: tuple[int, int] = (32, 32), value: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)


def make_set5(folder: Path, inside: str = "") -> None:
    for index, name in enumerate(["baby", "bird", "butterfly", "head", "woman"]):
        write(folder / inside / f"{name}.png", value=index)


def test_sample_parts_are_disjoint_photographs() -> None:
    test = open_dataset("sample", ())
    train = test.training_part()
    names = [{part.label(i) for i in range(len(part))} for part in (train, test)]
    assert not names[0] & names[1]
    assert {"motorcycle_left", "motorcycle_right"} <= names[0]
    assert names[1] == {"astronaut", "chelsea", "coffee"}
    assert test.image(0).shape == (512, 512, 3)
    assert open_dataset("sample:train", ()).fingerprint() == train.fingerprint()


def test_sample_names_what_the_wheel_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        __import__("sr_toolkit.data.sample", fromlist=["PARTS"]).PARTS, "test", ("nothing.png",)
    )
    with pytest.raises(DataError, match=r"lacks 'nothing\.png'"):
        open_dataset("sample", ())


@pytest.mark.parametrize(("folder", "inside"), [("Set5", "HR"), ("Set5", ""), ("set5", "hr")])
def test_either_layout_and_any_case(tmp_path: Path, folder: str, inside: str) -> None:
    make_set5(tmp_path / folder, inside)
    dataset = open_dataset("set5", [tmp_path])
    assert len(dataset) == 5
    assert [dataset.label(i) for i in range(2)] == ["baby", "bird"]


@pytest.mark.parametrize("name", ["B100", "BSD100", "bsds100"])
def test_b100_goes_by_several_names(tmp_path: Path, name: str) -> None:
    for index in range(100):
        write(tmp_path / name / f"{index:03d}.png", (8, 8))
    assert len(open_dataset("b100", [tmp_path])) == 100


def test_roots_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sr_toolkit.config.places import cache_dir, data_roots

    monkeypatch.setenv("SRTK_DATA", str(tmp_path / "variable"))
    make_set5(cache_dir() / "data" / "Set5")
    assert open_dataset("set5", data_roots()).root == cache_dir() / "data" / "Set5"
    make_set5(tmp_path / "variable" / "benchmark" / "Set5", "HR")
    found = open_dataset("set5", data_roots()).root
    assert found == tmp_path / "variable" / "benchmark" / "Set5" / "HR"
    make_set5(tmp_path / "given" / "test" / "Set5")
    found = open_dataset("set5", data_roots(tmp_path / "given")).root
    assert found == tmp_path / "given" / "test" / "Set5"


def test_absent_set_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Urban100.*--data-root") as error:
        open_dataset("urban100", [tmp_path])
    assert str(tmp_path) in str(error.value)


def test_an_incomplete_set_is_refused(tmp_path: Path) -> None:
    make_set5(tmp_path / "Set5")
    (tmp_path / "Set5" / "woman.png").unlink()
    with pytest.raises(DataError, match=r"has 5 images.*holds 4"):
        open_dataset("set5", [tmp_path])


def test_own_lr_in_either_spelling(tmp_path: Path) -> None:
    make_set5(tmp_path / "Set5", "HR")
    for index, name in enumerate(["babyx4", "birdx4", "butterfly", "head", "woman"]):
        write(tmp_path / "Set5" / "LR_bicubic" / "X4" / f"{name}.png", (8, 8), 50 + index)
    dataset = open_dataset("set5", [tmp_path])
    assert [int(dataset.lr(i, 4)[0, 0, 0]) for i in range(5)] == [50, 51, 52, 53, 54]
    with pytest.raises(DataError, match=r"no LR of its own.*×2"):
        dataset.lr(0, 2)


def test_folder_is_recursive_sorted_and_skips_hidden(tmp_path: Path) -> None:
    for name in ("b.png", "a/z.jpg", "a/y.PNG", ".hidden/x.png", "notes.txt"):
        write(tmp_path / name) if not name.endswith("txt") else (tmp_path / name).touch()
    dataset = open_dataset(f"folder:{tmp_path}", ())
    assert [dataset.label(i) for i in range(len(dataset))] == ["a/y", "a/z", "b"]


def test_wrong_references(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no image"):
        open_dataset(f"folder:{tmp_path}", ())
    with pytest.raises(DataError, match="does not exist"):
        open_dataset(f"folder:{tmp_path / 'none'}", ())
    with pytest.raises(DataError, match="needs a path"):
        open_dataset("folder", ())
    with pytest.raises(UnknownNameError, match="write folder:"):
        open_dataset(str(tmp_path), ())
    with pytest.raises(ConfigError, match="takes no argument"):
        open_dataset("set5:half", [tmp_path])
    with pytest.raises(ConfigError, match="'train'"):
        open_dataset("sample:middle", ())


def test_fingerprint_follows_the_content(tmp_path: Path) -> None:
    make_set5(tmp_path / "one" / "Set5")
    make_set5(tmp_path / "two" / "Set5", "HR")
    one, two = (open_dataset("set5", [tmp_path / n]) for n in ("one", "two"))
    assert one.fingerprint() == two.fingerprint()
    write(tmp_path / "two" / "Set5" / "HR" / "baby.png", value=200)
    assert one.fingerprint() != two.fingerprint()


def test_seeded_split_is_disjoint_and_repeatable(tmp_path: Path) -> None:
    for index in range(20):
        write(tmp_path / f"{index:02d}.png", (8, 8), index)
    parts = [open_training([f"folder:{tmp_path}"], (), (), seed) for seed in (0, 0, 1)]
    labels = [[{part.label(i) for i in range(len(part))} for part in pair] for pair in parts]
    assert labels[0] == labels[1] != labels[2]
    assert not labels[0][0] & labels[0][1]
    assert [len(part) for part in labels[0]] == [18, 2]
    lonely = tmp_path / "lonely"
    write(lonely / "one.png")
    with pytest.raises(DataError, match="too few"):
        seeded_split(open_dataset(f"folder:{lonely}", ()), 0.1, 0)


def test_several_sets_are_joined(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.png", value=1)
    write(tmp_path / "b" / "y.png", value=2)
    train, val = open_training(
        [f"folder:{tmp_path / 'a'}", f"folder:{tmp_path / 'b'}"], ["sample:test"], (), 0
    )
    assert [int(train.image(i)[0, 0, 0]) for i in range(len(train))] == [1, 2]
    assert len(val) == 3


def test_sixteen_bits_and_gray_are_read(tmp_path: Path) -> None:
    import cv2

    gray16 = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    assert cv2.imwrite(str(tmp_path / "gray16.png"), gray16)
    dataset = open_dataset(f"folder:{tmp_path}", ())
    assert dataset.image(0).dtype == np.uint16
    np.testing.assert_array_equal(dataset.image(0)[..., 0], gray16)


def make_div2k(root: Path, part: str, first: int) -> None:
    for index in range(first, first + 10):
        write(root / f"DIV2K_{part}_HR" / f"{index:04d}.png", (8, 8), index % 256)


def test_div2k_of_both_parts(tmp_path: Path) -> None:
    make_div2k(tmp_path / "DIV2K", "train", 1)
    make_div2k(tmp_path, "valid", 801)
    train, val = open_training(["div2k"], (), [tmp_path], 0)
    assert (train.name, train.label(0), len(train)) == ("div2k:train", "0001", 10)
    assert (val.name, val.label(0), len(val)) == ("div2k:valid", "0801", 10)
    assert open_dataset("div2k", [tmp_path]).label(0) == "0801"


def test_div2k_without_its_validation_part(tmp_path: Path) -> None:
    make_div2k(tmp_path, "train", 1)
    train, val = open_training(["div2k"], (), [tmp_path], 0)
    assert (len(train), len(val)) == (9, 1)
    assert train.name == "div2k:train (training split)"
    train, val = open_training(["div2k"], ["sample:test"], [tmp_path], 0)
    assert (len(train), len(val)) == (10, 3)
    assert is_present("div2k", [tmp_path])
    # As a test set it stands for the validation part, and other images must not pass for that.
    with pytest.raises(DataError, match="looked for a folder DIV2K_valid_HR"):
        len(open_dataset("div2k", [tmp_path]))
    with pytest.raises(DataError, match="looked for a folder DIV2K_valid_HR"):
        open_dataset("div2k:valid", [tmp_path])


def test_div2k_without_its_training_part(tmp_path: Path) -> None:
    make_div2k(tmp_path, "valid", 801)
    assert len(open_dataset("div2k", [tmp_path])) == 10
    assert not is_present("div2k", [tmp_path])
    for val in ((), ("sample:test",)):
        with pytest.raises(DataError, match="looked for a folder DIV2K_train_HR"):
            open_training(["div2k"], val, [tmp_path], 0)
    with pytest.raises(DataError, match="looked for a folder DIV2K_valid_HR"):
        open_dataset("div2k", [tmp_path / "none"])
