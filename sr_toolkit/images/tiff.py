"""TIFF of plain gray and RGB, 8 and 16 bits, through tifffile; Pillow has no 16-bit RGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, TiffImagePlugin

from sr_toolkit.images.decoded import RefusalError, check_size, upright
from sr_toolkit.images.picture import Picture, Pixels

if TYPE_CHECKING:
    from tifffile import TiffPage

SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MOST_SAMPLES = 8
# A TIFF keeps its layout among its EXIF; only these describe the picture rather than the file.
_DESCRIPTIVE = frozenset(
    {
        *(0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298),  # description to copyright
        *(0x011A, 0x011B, 0x0128),  # resolution
        *(0x8769, 0x8825),  # the EXIF and GPS blocks
    }
)


def decode_plain_tiff(data: bytes, max_pixels: int) -> Picture | None:
    """Decode gray and RGB of 8 and 16 bits; return None for kinds that are Pillow's."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        if len(tiff.pages) > 1:
            raise RefusalError(f"it has {len(tiff.pages)} pages; extract one first")
        page = tiff.pages.first
        numbers = (page.imagewidth, page.imagelength, page.samplesperpixel, page.imagedepth)
        if not all(isinstance(number, int) for number in numbers):
            raise ValueError("its size tags hold lists")  # whose product would fill the memory
        check_size(page.imagewidth, page.imagelength, max_pixels)
        # Every sample costs memory: a damaged count must not get as far as decoding.
        if page.samplesperpixel > _MOST_SAMPLES or page.imagedepth != 1:
            raise RefusalError(
                f"it has {page.samplesperpixel} channels and {page.imagedepth} layers; "
                "export it as a plain picture"
            )
        bits = page.bitspersample
        # Sample format 1 is unsigned; 2 is signed, 3 float.
        if page.sampleformat != 1 or bits not in (1, 2, 4, 8, 16):
            raise RefusalError(
                f"its values are {bits}-bit {page.dtype}; convert it to 8 or 16 bits"
            )
        if page.photometric not in (0, 1, 2) or bits < 8:
            if bits == 16:
                raise RefusalError(
                    "it is 16-bit but neither gray nor RGB; convert it to one of them"
                )
            return None
        pixels, alpha = _tiff_channels(page)
        orientation = page.tags.valueof(0x0112, 1)
        profile = page.tags.valueof(34675)

    def exif() -> Image.Exif:
        return descriptive(TiffImagePlugin.TiffImageFile(io.BytesIO(data)).getexif())

    return upright(pixels, alpha, bytes(profile) if profile else None, exif, orientation)


def _tiff_channels(page: TiffPage) -> tuple[Pixels, Pixels | None]:
    array = page.asarray()
    if page.axes == "SYX":
        array = np.moveaxis(array, 0, 2)
    elif page.axes == "YX":
        array = array[..., None]
    elif page.axes != "YXS":
        raise RefusalError(f"its axes are {page.axes}; export it as a plain picture")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    colors = 3 if page.photometric == 2 else 1
    if array.shape[2] < colors or array.size == 0:
        raise ValueError("its channels do not fit its colors")
    pixels, extra = array[..., :colors], array[..., colors:]
    peak = np.iinfo(array.dtype).max
    if page.photometric == 0:  # white is zero
        pixels = peak - pixels
    kind = int(page.extrasamples[0]) if page.extrasamples else 0
    if kind == 0:  # unspecified: not a transparency
        return pixels, None
    alpha = extra[..., :1]
    if kind == 1:  # colors are premultiplied
        whole = pixels * (peak / np.maximum(alpha, 1))
        pixels = np.minimum(np.floor(whole + 0.5), peak).astype(array.dtype)
    return pixels, alpha


def descriptive(exif: Image.Exif) -> Image.Exif:
    """Drop the tags that describe the file's layout."""
    for tag in set(exif) - _DESCRIPTIVE:
        del exif[tag]
    return exif
