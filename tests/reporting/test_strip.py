"""`srtk strip`: panels, captions, crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import Outcome, picture, save_checkpoint, size_of, srtk
from PIL import Image

from sr_toolkit import bench
from sr_toolkit.reporting.cropping import Crop, most_detailed
from sr_toolkit.reporting.strip import Asked, make_strip


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photo.png", 64, 80)


def strip(photo: Path, *words: object, models: str = "nearest") -> Outcome:
    out = photo.with_name("strip.png")
    return srtk("strip", photo, "--models", models, "-o", out, "--device", "cpu", *words)


def panels(path: Path, number: int, height: int) -> list[np.ndarray]:
    """Return the panels of a written strip: below the captions, above the words at the foot."""
    whole = np.asarray(Image.open(path))
    top = next(row for row in range(10, 80) if (whole[row] < 250).all(axis=1).mean() > 0.5)
    return np.split(whole[top : top + height], number, axis=1)


def test_it_shows_lr_bicubic_models_and_hr(photo: Path) -> None:
    ended = strip(photo, "--crop", "8,12,32,20", "--zoom", "4")
    assert (ended.code, ended.out) == (0, f"{photo.with_name('strip.png')}\n")
    lr, bicubic, nearest, hr = panels(photo.with_name("strip.png"), 4, 80)
    image = np.asarray(Image.open(photo))[12:32, 8:40].repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(hr, image)
    np.testing.assert_array_equal(lr, nearest)
    assert not np.array_equal(bicubic, nearest)


def test_without_hr_the_image_is_the_lr(photo: Path) -> None:
    assert strip(photo, "--no-reference", "--crop", "0,0,64,64", "--zoom", "2").code == 0
    lr, _, _ = panels(photo.with_name("strip.png"), 3, 128)
    image = np.asarray(Image.open(photo))[:16, :16].repeat(8, axis=0).repeat(8, axis=1)
    np.testing.assert_array_equal(lr, image)


def test_a_checkpoint_says_its_scale(photo: Path, tmp_path: Path) -> None:
    weights = save_checkpoint(tmp_path / "w" / "tiny.safetensors", scale=2)
    assert strip(photo, "--crop", "0,0,32,32", "--zoom", "1", models=str(weights)).code == 0
    assert size_of(photo.with_name("strip.png"))[0] == 4 * 32


def test_the_default_crop_has_the_detail(rng: np.random.Generator) -> None:
    image = np.full((300, 400, 3), 128, np.uint8)
    image[100:228, 200:328] = rng.integers(0, 256, (128, 128, 3))
    crop = most_detailed(image)
    assert (crop.width, crop.height) == (128, 128)
    assert abs(crop.left - 200) <= 8
    assert abs(crop.top - 100) <= 8
    assert most_detailed(image[:50, :60]) == Crop(0, 0, 60, 50)


def test_the_figures_are_those_of_bench(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    monkeypatch.setattr(
        "sr_toolkit.reporting.strip.captioned",
        lambda panels, captions: seen.update(captions) or next(iter(panels.values())),
    )
    make_strip(photo, Asked(("nearest",), device="cpu"))
    data = f"folder:{photo.parent}"
    found = bench(models=["nearest"], dataset=data, metrics=["psnr", "ssim"], device="cpu")
    for row in found[0].rows:
        means = [found[0].mean(row, name) for name in ("psnr", "ssim")]
        assert seen[row.model] == f"{means[0]:.2f} / {means[1]:.4f}"
    assert (seen["LR"], seen["HR"]) == ("20x16", "80x64")


@pytest.mark.parametrize(
    ("crop", "said"),
    [
        ("1,2,3", "four whole numbers"),
        ("1,2,3.5,4", "four whole numbers"),
        ("-1,2,3,4", "four whole numbers"),
        ("a,b,c,d", "four whole numbers"),
        ("0,0,0,5", "four whole numbers"),
        ("", "four whole numbers"),
        ("70,0,11,5", "reaches outside the image of 80×64"),
        ("0,60,5,5", "y + h at most 64"),
    ],
)
def test_crops_that_do_not_exist(photo: Path, crop: str, said: str) -> None:
    assert said in strip(photo, "--crop", crop).sentence()
    assert not photo.with_name("strip.png").exists()


def test_what_is_refused(photo: Path, tmp_path: Path) -> None:
    assert "no such file" in strip(tmp_path / "none.png").sentence()
    assert "Unknown model" in strip(photo, models="nearst").sentence()
    assert "end its name in .png" in strip(photo, "-o", tmp_path / "x.jpg").sentence()
    photo.with_name("strip.png").write_bytes(b"mine")
    assert "exists already" in strip(photo).sentence()
    assert photo.with_name("strip.png").read_bytes() == b"mine"
    assert strip(photo, "--overwrite", "--quiet") == Outcome(0, "", "")
    assert srtk("strip", photo).code == 2
