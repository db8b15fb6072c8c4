"""Round trips, checked against readers that share no code with ours where there is one."""

import io
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, ImageOps
from skimage.color import lab2rgb

from sr_toolkit.errors import ImageError, OutputError
from sr_toolkit.images.io import (
    READABLE_SUFFIXES,
    Picture,
    as_rgb,
    read_image,
    to_uint8,
    writable_suffixes,
    write_image,
)
from sr_toolkit.images.quiet import quiet

H, W = 9, 13
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def values(channels: int, dtype=np.uint8, seed=0) -> np.ndarray:
    top = np.iinfo(dtype).max
    rng = np.random.default_rng(seed)
    return rng.integers(0, top, (H, W, channels), dtype, endpoint=True)


def picture(channels: int, alpha: bool, dtype, **metadata) -> Picture:
    return Picture(values(channels, dtype), values(1, dtype, 1) if alpha else None, **metadata)


def exif_block(orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 400
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    return exif.tobytes()


def tags(block: bytes | None) -> Image.Exif:
    assert block is not None
    exif = Image.Exif()
    exif.load(block)
    return exif


def independent(path, dtype) -> np.ndarray:
    """(H, W, C) with alpha last, by cv2 for 16-bit PNG, tifffile for TIFF, Pillow for the rest."""
    if path.suffix in (".tif", ".tiff"):
        array = tifffile.imread(path)
    elif dtype == np.uint16:
        array = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if array.ndim == 3:
            array = cv2.cvtColor(
                array, cv2.COLOR_BGRA2RGBA if array.shape[2] == 4 else cv2.COLOR_BGR2RGB
            )
    else:
        array = np.asarray(Image.open(path))
    return array.reshape(H, W, -1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
def test_png_and_tiff_lose_nothing(tmp_path, suffix, channels, alpha, dtype):
    path = tmp_path / f"a{suffix}"
    source = picture(channels, alpha, dtype, icc_profile=PROFILE, exif=exif_block())
    write_image(path, source)
    stored = independent(path, dtype)
    if suffix == ".png" and dtype == np.uint16 and channels == 1 and alpha:
        # OpenCV has no gray with alpha: it gives B, G, R equal.
        stored = stored[..., [0, 3]]
    np.testing.assert_array_equal(stored[..., :channels], source.pixels)
    back = read_image(path)
    assert back.pixels.dtype == dtype
    np.testing.assert_array_equal(back.pixels, source.pixels)
    if alpha:
        np.testing.assert_array_equal(stored[..., -1:], source.alpha)
        np.testing.assert_array_equal(back.alpha, source.alpha)
    else:
        assert back.alpha is None
    assert back.icc_profile == PROFILE
    if suffix != ".png" and dtype == np.uint16:
        assert back.exif is None or ExifTags.Base.Artist not in tags(back.exif)
    else:
        exif = tags(back.exif)
        assert exif[ExifTags.Base.Artist] == "Ada"
        assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 400


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG", ".webp"])
def test_jpeg_and_webp_stay_near_and_keep_metadata(tmp_path, suffix, channels):
    path = tmp_path / f"a{suffix}"
    y, x = np.mgrid[:64, :64]
    pixels = np.stack([x * 2, y * 2, x + y][:channels], axis=2).astype(np.uint8)
    write_image(path, Picture(pixels, exif=exif_block(), icc_profile=PROFILE))
    with Image.open(path) as image:
        assert image.format == ("WEBP" if suffix == ".webp" else "JPEG")
        assert image.info["icc_profile"] == PROFILE
        assert image.getexif()[ExifTags.Base.Artist] == "Ada"
    back = read_image(path)
    assert tags(back.exif)[ExifTags.Base.Artist] == "Ada"
    assert back.icc_profile == PROFILE
    error = np.abs(as_rgb(back.pixels).astype(int) - as_rgb(pixels))
    assert error.mean() < 2


def test_webp_keeps_alpha(tmp_path):
    write_image(tmp_path / "a.webp", picture(3, True, np.uint8))
    alpha = read_image(tmp_path / "a.webp").alpha
    np.testing.assert_array_equal(alpha, picture(3, True, np.uint8).alpha)


def test_pngs_pass_a_strict_reader_with_their_chunks(tmp_path):
    for dtype in (np.uint8, np.uint16):
        path = tmp_path / f"{dtype.__name__}.png"
        write_image(path, picture(3, False, dtype, exif=exif_block(), icc_profile=PROFILE))
        with Image.open(path) as image:
            image.verify()  # checks every CRC
        with Image.open(path) as image:
            assert image.info["icc_profile"] == PROFILE
            assert image.getexif()[ExifTags.Base.Artist] == "Ada"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_orientation_is_applied_and_dropped(tmp_path, suffix, orientation):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(values(3)).save(path, exif=exif_block(orientation), quality=100)
    with Image.open(path) as image:
        want = np.asarray(ImageOps.exif_transpose(image))
    back = read_image(path)
    np.testing.assert_array_equal(back.pixels, want)
    assert ExifTags.Base.Orientation not in tags(back.exif)
    assert tags(back.exif)[ExifTags.Base.Artist] == "Ada"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_at_16_bits(tmp_path, orientation):
    eight = Image.fromarray(values(3))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    eight.getexif()[ExifTags.Base.Orientation] = orientation
    want = np.asarray(ImageOps.exif_transpose(eight)).astype(np.uint16) * 257
    deep = values(3).astype(np.uint16) * 257
    write_image(tmp_path / "a.png", Picture(deep, exif=exif.tobytes()))
    tifffile.imwrite(
        tmp_path / "a.tif", deep, photometric="rgb", extratags=[(274, "H", 1, orientation)]
    )
    for name in ("a.png", "a.tif"):
        np.testing.assert_array_equal(read_image(tmp_path / name).pixels, want)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_layouts(tmp_path, byteorder, planar, dtype):
    pixels = values(3, dtype)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels if planar == "contig" else np.moveaxis(pixels, 2, 0),
        photometric="rgb",
        planarconfig=planar,
        byteorder=byteorder,
    )
    back = read_image(tmp_path / "a.tif")
    assert back.pixels.dtype == dtype
    assert back.pixels.dtype.isnative
    np.testing.assert_array_equal(back.pixels, pixels)


def test_tiff_with_white_at_zero_and_with_premultiplied_alpha(tmp_path):
    gray = values(1, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", 65535 - gray[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").pixels, gray)
    rgba = np.full((H, W, 4), 1000, np.uint16)
    rgba[..., 3] = 65535 // 2
    tifffile.imwrite(tmp_path / "b.tif", rgba, photometric="rgb", extrasamples=["assocalpha"])
    back = read_image(tmp_path / "b.tif")
    assert (back.pixels == round(1000 * 65535 / (65535 // 2))).all()
    assert (back.alpha == 65535 // 2).all()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_one_bit_is_gray(tmp_path, suffix):
    bits = values(1)[..., 0] > 127
    Image.fromarray(bits).save(tmp_path / f"a{suffix}")
    back = read_image(tmp_path / f"a{suffix}").pixels
    np.testing.assert_array_equal(back[..., 0], bits * 255)


@pytest.mark.parametrize("suffix", [".png", ".gif", ".tif", ".bmp"])
def test_palettes_are_expanded(tmp_path, suffix):
    image = Image.fromarray(values(3)).quantize(16)
    image.save(tmp_path / f"a{suffix}")
    back = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back.pixels, np.asarray(image.convert("RGB")))
    assert back.alpha is None


def test_transparent_palette_and_color_keys_become_alpha(tmp_path):
    image = Image.fromarray(values(3)).quantize(16)
    image.save(tmp_path / "p.png", transparency=3)
    want = np.where(np.asarray(image) == 3, 0, 255)
    np.testing.assert_array_equal(read_image(tmp_path / "p.png").alpha[..., 0], want)
    for dtype in (np.uint8, np.uint16):
        for channels in (1, 3):
            pixels = values(channels, dtype)
            pixels[2, 3] = pixels[4, 5]
            write_image(tmp_path / "k.png", Picture(pixels), overwrite=True)
            data = (tmp_path / "k.png").read_bytes()
            key = b"tRNS" + struct.pack(f">{channels}H", *pixels[4, 5].tolist())
            chunk = struct.pack(">I", len(key) - 4) + key + struct.pack(">I", zlib.crc32(key))
            (tmp_path / "k.png").write_bytes(data[:33] + chunk + data[33:])
            back = read_image(tmp_path / "k.png")
            np.testing.assert_array_equal(back.pixels, pixels)
            hidden = (pixels == pixels[4, 5]).all(axis=2)
            np.testing.assert_array_equal(back.alpha[..., 0] == 0, hidden)


def test_other_color_spaces_become_rgb_and_lose_their_profile(tmp_path):
    for mode in ("CMYK", "YCbCr"):
        image = Image.fromarray(values(3)).convert(mode)
        image.save(tmp_path / "a.tif", icc_profile=PROFILE)
        back = read_image(tmp_path / "a.tif")
        np.testing.assert_array_equal(back.pixels, np.asarray(image.convert("RGB")))
        assert back.icc_profile is None
    lab = np.stack([np.full((8, 8), v) for v in (150, 20, 246)], axis=2).astype(np.uint8)
    Image.frombytes("LAB", (8, 8), lab.tobytes()).save(tmp_path / "lab.tif")
    # sRGB's own white: skimage does not adapt from D50, a color-managed conversion does.
    want = lab2rgb([[[150 / 2.55, 20, -10]]], illuminant="D65")[0, 0] * 255
    with Image.open(tmp_path / "lab.tif") as image:
        assert image.mode == "LAB"
    np.testing.assert_allclose(read_image(tmp_path / "lab.tif").pixels[0, 0], want, atol=3)


def test_a_phones_multi_picture_jpeg_gives_its_main_picture(tmp_path):
    first, second = Image.fromarray(values(3)), Image.fromarray(values(3, seed=5))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], quality=100)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.n_frames == 2
        want = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg").pixels, want)


def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    for depth in (np.uint8, np.uint16):
        block = b"Exif\x00\x00II*\x00\xff\xff\xff\x7f"
        write_image(tmp_path / "a.png", picture(3, False, depth, exif=block), overwrite=True)
        back = read_image(tmp_path / "a.png")
        np.testing.assert_array_equal(back.pixels, values(3, depth))


def test_overwriting_is_asked_for(tmp_path):
    path = tmp_path / "sub" / "a.png"
    write_image(path, picture(1, False, np.uint8))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_image(path, picture(3, False, np.uint8))
    assert path.read_bytes() == before
    write_image(path, picture(3, False, np.uint8), overwrite=True)
    assert path.read_bytes() != before
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("a.jpg", picture(3, True, np.uint8), r"use \.png or \.webp"),
        ("a.jpg", picture(3, False, np.uint16), r"16.*use \.png or \.tiff"),
        ("a.webp", picture(3, False, np.uint16), r"16.*use \.png or \.tiff"),
        ("a.xyz", picture(3, False, np.uint8), r"'\.xyz'.*\.png, \.jpg"),
        ("a", picture(3, False, np.uint8), "names no format"),
        ("a.webp", Picture(np.zeros((1, 16384, 3), np.uint8)), "16383"),
        ("a.jpg", Picture(np.zeros((4, 4, 3), np.uint8), exif=b"x" * 70_000), "EXIF"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, name, source, words):
    with pytest.raises(ImageError, match=words) as caught:
        write_image(tmp_path / name, source)
    assert f"'{tmp_path / name}'" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_quality_is_1_to_100(tmp_path):
    with pytest.raises(ImageError, match="not 101"):
        write_image(tmp_path / "a.jpg", picture(3, False, np.uint8), quality=101)


@pytest.mark.parametrize(
    "fields",
    [
        {"pixels": np.zeros((4, 4), np.uint8)},
        {"pixels": np.zeros((4, 4, 2), np.uint8)},
        {"pixels": np.zeros((4, 4, 3))},
        {"pixels": np.zeros((4, 4, 3), np.uint8), "alpha": np.zeros((4, 4, 1), np.uint16)},
        {"pixels": np.zeros((4, 4, 3), np.uint8), "alpha": np.zeros((4, 4), np.uint8)},
    ],
)
def test_a_picture_of_other_shape_or_type_is_refused(fields):
    with pytest.raises(ImageError):
        Picture(**fields)


def test_to_uint8_rounds_and_as_rgb_repeats():
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    np.testing.assert_array_equal(to_uint8(every), np.rint(every / 257))
    np.testing.assert_array_equal(to_uint8(values(3)), values(3))
    rgb = as_rgb(values(1))
    assert rgb.shape == (H, W, 3)
    assert (rgb == values(1)).all()


def test_suffixes():
    assert set(writable_suffixes()) < set(READABLE_SUFFIXES)


def test_the_package_imports_nothing_heavy():
    code = (
        "import sys, sr_toolkit.images; a = set(sys.modules); import sr_toolkit.images.io;"
        "import sr_toolkit.images.resize, sr_toolkit.images.color;"
        "assert not a & {'numpy', 'PIL', 'torch'};"
        "assert not set(sys.modules) & {'torch', 'cv2', 'tifffile', 'imagecodecs', 'scipy'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_overlapping_threads_leave_the_warning_filters_alone():
    before = list(warnings.filters)
    entered, leave = threading.Event(), threading.Event()

    def other():
        with quiet():
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with quiet():
        thread.start()
        entered.wait()
    leave.set()
    thread.join()
    assert warnings.filters == before


def test_the_content_decides_whatever_the_suffix(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(values(3)).save(stream, "PNG")
    (tmp_path / "wrong-suffix.jpg").write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_image(tmp_path / "wrong-suffix.jpg").pixels, values(3))
