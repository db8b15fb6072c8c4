"""Reading pictures: every file gives an upright gray or RGB array, or one sentence that says why.

Pillow decodes 8-bit files. It has no 16-bit RGB, so imagecodecs decodes 16-bit PNG and tifffile
the plain kinds of TIFF.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from sr_toolkit.errors import ImageError
from sr_toolkit.images import png, tiff
from sr_toolkit.images.decoded import RefusalError, check_size, split, upright
from sr_toolkit.images.picture import Picture
from sr_toolkit.images.quiet import quiet

_KNOWN = "PNG, JPEG, WebP, TIFF, BMP or a still GIF"
_EXPANDED = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}


def read_image(path: str | Path, *, max_pixels: int = 500_000_000) -> Picture:
    """Read a still picture, turned upright, by its content whatever its suffix.

    Palettes are expanded, 1 bit becomes 0 and 255, transparency becomes alpha; CMYK, YCbCr and
    CIELAB become RGB and lose their color profile. 16-bit PNG and TIFF stay uint16.

    Args:
        path: a file of PNG, JPEG, WebP, TIFF, BMP or GIF.
        max_pixels: refuse larger pictures before decoding, by the size that the header declares.

    Raises:
        ImageError: no such file, or one that is no picture, damaged, animated, too large, or of
            a kind without 8- or 16-bit gray or RGB.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would wait forever
            what = "a folder" if path.is_dir() else "not a regular file"
            raise RefusalError(f"it is {what}; give the path of one picture")
        data = path.read_bytes()
        if not data:
            raise RefusalError("the file is empty; fetch or export it again")
        with quiet():
            return _decode(data, max_pixels)
    except FileNotFoundError as error:
        raise ImageError(f"Cannot read '{path}': there is no such file; check the path.") from error
    except PermissionError as error:
        raise ImageError(
            f"Cannot read '{path}': permission denied; change the file's permissions."
        ) from error
    except RefusalError as refusal:
        raise ImageError(f"Cannot read '{path}': {refusal}.") from refusal
    except MemoryError as error:
        raise ImageError(
            f"Cannot read '{path}': it does not fit into memory; cut it into parts first."
        ) from error
    except Exception as error:  # decoders raise of every kind on damaged files, none worth a trace
        cause = " ".join(str(error).split()).rstrip(".")
        cause = cause if " " in cause else type(error).__name__  # a bare key tells nobody anything
        raise ImageError(
            f"Cannot read '{path}': the file is damaged or cut short ({cause}); "
            "fetch or export it again."
        ) from error


def _decode(data: bytes, max_pixels: int) -> Picture:
    if data.startswith(png.SIGNATURE):
        header = png.read_header(data)
        check_size(header.width, header.height, max_pixels)
        if header.depth == 16:
            return _decode_png16(data)
    if data.startswith(tiff.SIGNATURES):
        picture = tiff.decode_plain_tiff(data, max_pixels)
        if picture is not None:
            return picture
    return _decode_pillow(data, max_pixels)


def _decode_png16(data: bytes) -> Picture:
    import imagecodecs

    block, profile, animated = png.read_metadata(data)
    if animated:
        raise RefusalError("it is animated; extract one frame first")
    array = imagecodecs.png_decode(data)  # transparency by color key comes back as alpha
    pixels, alpha = split(array)

    def exif() -> Image.Exif:
        tags = Image.Exif()
        if block is not None:
            tags.load(block)
        return tags

    return upright(pixels, alpha, profile, exif)


def _decode_pillow(data: bytes, max_pixels: int) -> Picture:
    image = _open(data)
    check_size(image.width, image.height, max_pixels)
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise RefusalError(f"it holds {frames} frames; extract one first")
    image.load()
    profile = image.info.get("icc_profile") or None
    flat, converted = _flatten(image)
    pixels, alpha = split(np.asarray(flat))

    def exif() -> Image.Exif:
        # After load, which turns a TIFF itself and then drops its orientation.
        tags = image.getexif()
        is_tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
        return tiff.descriptive(tags) if is_tiff else tags

    return upright(pixels, alpha, None if converted else profile, exif)


def _open(data: bytes) -> ImageFile.ImageFile:
    """Read the header only.

    The plugin classes are called directly: Image.open would try every format it knows, some of
    which run other programs, and holds a global pixel limit in place of ours. JPEG's class also
    takes the main picture of a phone's multi-picture file.
    """
    stream = io.BytesIO(data)
    if data.startswith(png.SIGNATURE):
        return PngImagePlugin.PngImageFile(stream)
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile(stream)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile(stream)
    if data.startswith(tiff.SIGNATURES):
        return TiffImagePlugin.TiffImageFile(stream)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImagePlugin.GifImageFile(stream)
    if data.startswith(b"BM"):
        return BmpImagePlugin.BmpImageFile(stream)
    raise RefusalError(f"its content is not {_KNOWN}; convert it to one of them")


def _flatten(image: Image.Image) -> tuple[Image.Image, bool]:
    """Return the picture in L, LA, RGB or RGBA, and whether its color space was converted."""
    mode = image.mode
    if "transparency" in image.info and mode in ("1", "L", "RGB", "P"):
        return image.convert("LA" if mode in ("1", "L") else "RGBA"), False
    if mode in ("L", "LA", "RGB", "RGBA"):
        return image, False
    if mode in _EXPANDED:
        return image.convert(_EXPANDED[mode]), False
    if mode in ("CMYK", "YCbCr"):
        return image.convert("RGB"), True
    if mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None  # it is only when converting in place
        return converted, True
    raise RefusalError(f"its pixels are of Pillow's mode {mode}; convert it to 8- or 16-bit RGB")
