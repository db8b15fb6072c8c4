"""Whatever a file holds: a picture, or one ImageError that quotes the path and says what to do."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sr_toolkit.errors import ImageError
from sr_toolkit.images.io import Picture, read_image, write_image

NOISE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def encoded(kind: str) -> bytes:
    stream = io.BytesIO()
    name, _, depth = kind.partition("16")
    deep = depth is not None and "16" in kind
    if kind == "PNG16":
        import imagecodecs

        return bytes(imagecodecs.png_encode(NOISE.astype(np.uint16) * 257))
    if name == "TIFF" and deep:
        tifffile.imwrite(stream, NOISE.astype(np.uint16) * 257, photometric="rgb")
    elif kind == "TIFFCMYK":
        Image.fromarray(NOISE).convert("CMYK").save(stream, "TIFF")
    else:
        Image.fromarray(NOISE).save(stream, kind)
    return stream.getvalue()


KINDS = ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PNG16", "TIFF16", "TIFFCMYK"]
WHOLE = {kind: encoded(kind) for kind in KINDS}


def refusal(path, **arguments) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(path, **arguments)
    sentence = str(caught.value)
    assert f"'{path}'" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_no_such_file(tmp_path):
    assert "no such file" in refusal(tmp_path / "a.png")


def test_a_folder(tmp_path):
    assert "it is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "a.png").touch()
    assert "is empty" in refusal(tmp_path / "a.png")


def test_a_text_file(tmp_path):
    (tmp_path / "a.png").write_text("not a picture")
    assert "its content is not PNG, JPEG" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_short(tmp_path, kind, part):
    data = WHOLE[kind]
    (tmp_path / "a").write_bytes(data[: max(9, int(len(data) * part))])
    assert "damaged or cut short" in refusal(tmp_path / "a")


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(KINDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    header=st.booleans(),
)
def test_damage_anywhere_gives_a_picture_or_a_sentence(tmp_path, kind, changes, header):
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[int(place * (min(len(data), 200) - 1 if header else len(data) - 1))] = value
    path = tmp_path / "a"
    path.write_bytes(data)
    try:
        assert isinstance(read_image(path, max_pixels=10**6), Picture)
    except ImageError as error:
        assert f"'{path}'" in str(error)


def bomb(depth: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    header = struct.pack(">IIBBBBB", 60_000, 60_000, depth, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**5)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("depth", [8, 16])
def test_a_tiny_file_that_declares_a_huge_picture(tmp_path, depth):
    (tmp_path / "a.png").write_bytes(bomb(depth))
    assert "60000×60000 pixels and the limit is 500000000" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_holds_for_every_format(tmp_path, kind):
    (tmp_path / "a").write_bytes(WHOLE[kind])
    sentence = refusal(tmp_path / "a", max_pixels=1999)
    assert "50×40 pixels and the limit is 1999" in sentence
    assert "scale it down or cut it into parts first" in sentence  # which needs no Python
    assert read_image(tmp_path / "a", max_pixels=2000).pixels.shape[:2] == (40, 50)


def test_our_limit_stands_in_for_pillows_and_nothing_warns(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", Picture(NOISE))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Image.open would now raise
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_image(tmp_path / "a.png")
    assert caught == []
    assert Image.MAX_IMAGE_PIXELS == 10


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_more_frames_than_one(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(NOISE).save(path, save_all=True, append_images=[Image.fromarray(255 - NOISE)])
    assert "2 " in refusal(path)
    assert "extract one first" in refusal(path)


def test_an_animated_16_bit_png(tmp_path):
    control = b"acTL" + struct.pack(">II", 2, 0)
    chunk = struct.pack(">I", 8) + control + struct.pack(">I", zlib.crc32(control))
    data = WHOLE["PNG16"]
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    assert "animated" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint32])
def test_tiff_of_other_numbers(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", NOISE[..., 0].astype(dtype))
    sentence = refusal(tmp_path / "a.tif")
    assert np.dtype(dtype).name in sentence
    assert "convert it to 8 or 16 bits" in sentence


def test_16_bit_tiff_of_other_colors(tmp_path):
    cmyk = np.zeros((8, 8, 4), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", cmyk, photometric="separated")
    assert "neither gray nor RGB" in refusal(tmp_path / "a.tif")


def retagged(tag: int, kind: int, count: int, value: int) -> bytes:
    """The 16-bit TIFF with one directory entry rewritten."""
    data = bytearray(WHOLE["TIFF16"])
    assert data[:2] == b"II"
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    for place in range(start + 2, start + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", data, place) == (tag,):
            struct.pack_into("<HHII", data, place, tag, kind, count, value)
            return bytes(data)
    raise AssertionError(f"no tag {tag}")


def test_tiff_tags_that_would_fill_the_memory(tmp_path, capfd):
    (tmp_path / "a.tif").write_bytes(retagged(256, 3, 20, 8))  # a width of 20 numbers
    assert "its size tags hold lists" in refusal(tmp_path / "a.tif")
    (tmp_path / "a.tif").write_bytes(retagged(277, 3, 1, 60_000))
    assert "60000 channels" in refusal(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""  # nor do the decoders' logs reach people


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_files_are_read(tmp_path, kind):
    (tmp_path / "a").write_bytes(WHOLE[kind])
    back = read_image(tmp_path / "a").pixels
    assert back.dtype == (np.uint16 if kind.endswith("16") else np.uint8)
    if kind in ("PNG", "TIFF", "BMP", "TIFFCMYK"):
        np.testing.assert_array_equal(back, NOISE)
    if kind.endswith("16"):
        np.testing.assert_array_equal(back, NOISE.astype(np.uint16) * 257)
