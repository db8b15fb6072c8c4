"""`srtk upscale` on files: alpha, 16 bits, EXIF and the places of a folder are kept."""

import numpy as np
import pytest
from made import picture, pixels, save_checkpoint, size_of, srtk, tree
from PIL import Image

from sr_toolkit.images.io import Picture, read_image, write_image
from sr_toolkit.images.resize import resize
from sr_toolkit.upscaling.upscaler import Upscaler, load


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def upscale(source, out, weights, *more) -> None:
    outcome = srtk("upscale", source, "-o", out, "--model", weights, "--device", "cpu", *more)
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_depth_and_alpha_of_a_png(tmp_path, weights, dtype, channels, with_alpha):
    colors = pixels(9, 13, channels, dtype)
    alpha = pixels(13, 9, 1, dtype).transpose(1, 0, 2) if with_alpha else None
    write_image(tmp_path / "a.png", Picture(pixels=colors, alpha=alpha))
    upscale(tmp_path / "a.png", tmp_path / "b.png", weights)
    sr = read_image(tmp_path / "b.png")
    assert sr.pixels.dtype == dtype
    np.testing.assert_array_equal(sr.pixels, load(weights).upscale(colors), strict=True)
    if alpha is None:
        assert sr.alpha is None
    else:
        np.testing.assert_array_equal(sr.alpha, resize(alpha, scale=4.0), strict=True)


def test_exif_and_profile_of_a_jpeg(tmp_path, weights):
    tags = Image.Exif()
    tags[0x010F] = "A maker"
    tags[0x0112] = 6  # turned by 90°
    Image.fromarray(pixels(9, 13)).save(tmp_path / "a.jpg", exif=tags, icc_profile=b"profile")
    upscale(tmp_path / "a.jpg", tmp_path / "b.jpg", weights)
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.size == (36, 52)  # upright now
        assert image.getexif()[0x010F] == "A maker"
        assert image.getexif().get(0x0112, 1) == 1
        assert image.info["icc_profile"] == b"profile"


def test_a_folder_keeps_its_places(tmp_path, weights):
    source, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.png", "deep/er/b.jpg", "deep/c.webp", "d.bmp"):
        picture(source / name)
    (source / "notes.txt").write_text("no picture")
    (source / ".hidden").mkdir()
    picture(source / ".hidden" / "e.png")
    upscale(source, out, weights)
    assert sorted(tree(out)) == ["a.png", "d.png", "deep/c.webp", "deep/er/b.jpg"]
    assert all(size_of(out / name) == (64, 48) for name in tree(out))


def test_two_sources_of_one_target_are_refused(tmp_path, weights):
    picture(tmp_path / "photos" / "a.png")
    picture(tmp_path / "photos" / "a.bmp")
    command = ("upscale", tmp_path / "photos", "-o", tmp_path / "out", "--model", weights)
    assert "would both become" in srtk(*command).sentence()
    assert not (tmp_path / "out").exists()


def test_results_inside_the_source_folder_are_not_upscaled_again(tmp_path, weights):
    picture(tmp_path / "a.png")
    upscale(tmp_path, tmp_path / "large", weights)
    upscale(tmp_path, tmp_path / "large", weights, "--overwrite")
    assert sorted(tree(tmp_path)) == ["a.png", "large/a.png"]
    assert size_of(tmp_path / "large" / "a.png") == (64, 48)


def test_a_file_into_a_folder(tmp_path, weights):
    picture(tmp_path / "a.png")
    (tmp_path / "there").mkdir()
    upscale(tmp_path / "a.png", tmp_path / "there", weights)
    assert sorted(tree(tmp_path)) == ["a.png", "there/a.png"]


@pytest.mark.parametrize("out", ["b.gif", "b"])
def test_a_suffix_that_cannot_be_written(tmp_path, weights, out):
    source = picture(tmp_path / "a.png")
    sentence = srtk("upscale", source, "-o", tmp_path / out, "--model", weights).sentence()
    assert sentence.startswith(f"Cannot write '{tmp_path / out}': its suffix must be one of .png")


@pytest.mark.parametrize("tile", [0, 5])
def test_tiles_do_not_show(tmp_path, weights, tile):
    picture(tmp_path / "a.png", 33, 21)
    upscale(tmp_path / "a.png", tmp_path / "b.png", weights)
    upscale(tmp_path / "a.png", tmp_path / "c.png", weights, "--tile", tile)
    difference = read_image(tmp_path / "b.png").pixels.astype(int)
    difference -= read_image(tmp_path / "c.png").pixels
    assert np.abs(difference).max() <= 1


def test_quiet_says_nothing_but_the_result(tmp_path, weights):
    source = picture(tmp_path / "a.png")
    outcome = srtk("upscale", source, "-o", tmp_path / "b.png", "--model", weights, "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{tmp_path / 'b.png'}\n", "")


UNFIT = {
    "transparency": (pixels(9, 13), pixels(9, 13, 1), ".jpg", "JPEG has no transparency"),
    "16 bits": (pixels(9, 13, 3, np.uint16), None, ".webp", "WebP holds 8 bits"),
    "too long": (pixels(1, 4100), None, ".webp", "this picture is 16400×4"),
}


@pytest.mark.parametrize(("colors", "alpha", "suffix", "message"), UNFIT.values(), ids=UNFIT)
def test_what_the_format_cannot_hold_is_refused_before_the_work(
    tmp_path, weights, monkeypatch, colors, alpha, suffix, message
):
    write_image(tmp_path / "a.png", Picture(pixels=colors, alpha=alpha))
    monkeypatch.setattr(Upscaler, "array", lambda *_, **__: pytest.fail("it was upscaled"))
    out = tmp_path / f"b{suffix}"
    sentence = srtk("upscale", tmp_path / "a.png", "-o", out, "--model", weights).sentence()
    assert sentence.startswith(f"Cannot write '{out}': ")
    assert message in sentence
    assert not out.exists()
